#!/usr/bin/env bats
# shellcheck disable=SC2012,SC2016,SC2154 # scripts run in the box; bats sets variables
# Programs of the host that a project, or a box, could get executed or replaced.

load ../bats/helpers
load ../bats/screen

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	mkdir -p "$HOME/.local/bin" p/bin
}

@test "diff, git and others are not taken from the project, whatever PATH says" {
	for program in diff git getent ldconfig patch sh env; do
		printf '#!/bin/sh\ntouch %s/ran\nexit 2\n' "$T" >"p/bin/$program"
		chmod +x "p/bin/$program"
	done
	sandbox enter --accept ./p -- sudo sh -c 'echo changed >>/etc/hostname; echo new >/var/tmp/new'
	cd p
	for path in ".:$PATH" ":$PATH" "bin:$PATH" "$PWD/bin:$PATH" "$PWD/bin:/nowhere"; do
		run env PATH="$path" "$SANDBOX" diff --patch
		[[ $status = 0 && $output == *"+new"* ]]
		PATH="$path" "$SANDBOX" enter -- true
	done
	[ ! -e "$T/ran" ]
}

@test "sudo, ssh, gpg and kin cannot be exported: a shim would give the box what is typed" {
	for program in sudo ssh gpg su ssh-add pass; do
		fails 125 "*'$program' is trusted with your keys and passwords*--force*" sandbox export ./p $program
		[ ! -e "$HOME/.local/bin/$program" ]
	done
	sandbox export --force ./p ssh 2>/dev/null
	sandbox export --remove ./p ssh
	[ ! -e "$HOME/.local/bin/ssh" ]
	# exports that a project's file asks for are not even offered: activate leaves them out
	printf '[sandbox]\nexport = ssh gcc\n' >p/sandbox.ini
	sandbox enter --accept ./p -- true
	cd p
	eval "$(sandbox activate --now bash)"
	[ -x "$SANDBOX_ACTIVE_BIN/gcc" ]
	[ ! -e "$SANDBOX_ACTIVE_BIN/ssh" ]
}

@test "an export that was withdrawn is gone, also for shells that had it" {
	local bin
	printf '[sandbox]\nexport = gcc make\n' >p/sandbox.ini
	sandbox enter --accept ./p -- true
	cd p
	bin=$(eval "$(sandbox activate --now bash)"; echo "$SANDBOX_ACTIVE_BIN")
	[ "$(ls "$bin" | tr '\n' ' ')" = "gcc make " ]
	printf '[sandbox]\nexport = make\n' >sandbox.ini
	sandbox stop p
	sandbox enter --accept -- true
	sandbox activate --now bash >/dev/null
	[ "$(ls "$bin")" = make ]
	printf '[sandbox]\n' >sandbox.ini
	sandbox stop p
	sandbox enter --accept -- true
	[[ $(sandbox activate --now bash) != *"$bin"* ]]
	says_nothing ls "$bin"
}

@test "a profile is printable on a terminal" {
	mkdir -p p/profiles
	printf '; \033]0;title\007 \033[2J \302\2332J\n[env]\nA = b\n' >p/profiles/x.ini
	cd p
	run on_terminal "sandbox profile show ./profiles/x.ini"
	[[ $output == *"A = b"* ]]
	run ! grep -qP '\x1b\]0|\x1b\[2J|\xc2\x9b' <<<"$output"
}
