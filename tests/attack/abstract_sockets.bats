#!/usr/bin/env bats
# shellcheck disable=SC2154 # bats sets variables
# Abstract sockets of the host belong to its network namespace, so a box with the host's network
# would reach them (CVE-2020-15257). Landlock prevents that since Linux 6.12; on older kernels a
# note says so, and it can be made an error.

load ../bats/helpers
load ../bats/oracle

OLD=$BUILD/tests/programs/old-kernel

setup() {
	sandbox_setup
	name=@sandbox-attack-$$
	listen "$name"
	project p $'[sandbox]\nnetwork = host'
	cp "$PROBE" p/probe
}

teardown() {
	unlisten
	sandbox_teardown
}

@test "they cannot be reached, and there is no note, if the kernel can prevent it" {
	run -1 --separate-stderr sandbox enter --accept ./p -- ./probe connect "$name"
	[[ $output = EPERM && $stderr != *abstract* ]]
	run -1 --separate-stderr sandbox enter --root ./p -- ./probe connect "$name"
	[ "$output" = EPERM ]
}

@test "an older kernel: a note at the first start of a box, of each throw-away box, and by doctor" {
	run --separate-stderr "$OLD" sandbox enter --accept ./p -- true
	[[ $status = 0 && $stderr == *"lets a box with the host's network reach the host's abstract sockets"*"'network = gateway' or 'none'"* ]]
	[ "$(grep -c abstract <<<"$stderr")" = 1 ]
	sandbox stop p
	run --separate-stderr "$OLD" sandbox enter ./p -- true
	[[ $status = 0 && $stderr != *abstract* ]]
	run --separate-stderr "$OLD" sandbox run --network host host true
	[[ $status = 0 && $stderr == *"abstract sockets"* ]]
	for network in gateway none; do
		run --separate-stderr "$OLD" sandbox run --network $network host true
		[[ $status = 0 && $stderr != *abstract* ]]
	done
	run "$OLD" sandbox doctor
	[[ $output == *"reaches the host's abstract sockets"*"deny = abstract-sockets"* ]]
}

@test "[policy] deny = abstract-sockets: no box starts that would reach them" {
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = abstract-sockets\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*sandbox.conf:2 denies the host's abstract sockets*'network = gateway' or 'none'*" \
		"$OLD" sandbox enter --accept ./p -- true
	fails 125 "*denies the host's abstract sockets*" "$OLD" sandbox run --network host host true
	"$OLD" sandbox run --network none host true
	# no effect if the kernel prevents it
	sandbox enter --accept ./p -- true
}
