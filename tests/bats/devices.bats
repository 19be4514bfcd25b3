#!/usr/bin/env bats
# devices =: device nodes of the machine, by name and with consent.

load helpers

setup() {
	sandbox_setup
	[ -w /dev/fuse ] || skip "this machine has no /dev/fuse to lend"
}

numbers() { stat -L -c '%t:%T' "$1"; }

@test "a node is there once it was agreed to, and no other one is" {
	project p $'[sandbox]\nlinger = 0\ndevices = fuse, /dev/net/tun? none-such? none-such*'
	minor=$((16#$(stat -L -c %T /dev/fuse)))
	fails 125 "*asks for these of this machine: devices = /dev/fuse (c 10:$minor)*" sandbox enter ./p -- true
	run -0 sandbox enter --quiet --accept ./p -- sh -c 'stat -L -c %t:%T /dev/fuse; exec 3<>/dev/fuse && echo opened; ls /dev'
	[ "${lines[0]} ${lines[1]}" = "$(numbers /dev/fuse) opened" ]
	[[ $output != *none-such* && $output != *loop* && $output != *kmsg* ]]
	# Agreed to, there is no question; for another one there is.
	sandbox enter --quiet ./p -- test -c /dev/fuse
	project p $'[sandbox]\nlinger = 0\ndevices = fuse kmsg?'
	[ ! -e /dev/kmsg ] || fails 125 "*more than before: devices = /dev/kmsg (c 1:11)*" sandbox enter ./p -- true
}

@test "globs, and directories of nodes" {
	project p $'[sandbox]\nlinger = 0\ndevices = fus*'
	[ "$(sandbox enter --quiet --accept ./p -- stat -L -c %t:%T /dev/fuse)" = "$(numbers /dev/fuse)" ]
	[ -d /dev/net ] || return 0
	project q $'[sandbox]\nlinger = 0\ndevices = net'
	fails 125 "*: devices = /dev/net/: *" sandbox enter ./q -- true
	[ "$(sandbox enter --quiet --accept ./q -- ls /dev/net)" = "$(ls /dev/net)" ]
}

@test "one that is missing, not a device, or the box's own is one clear line" {
	project p
	for line in "none-such:*p/sandbox.ini:2: this machine has no device '/dev/none-such': 'none-such?' is for one that may be missing" \
		"/dev/null:*'/dev/null' is not a device that can be lent" "pts:*'/dev/pts' is not a device that can be lent" \
		"mem:*mem*" "/dev/fd:*/dev/fd*" "../etc/passwd:*bad value*devices*" "/etc/passwd:*bad value*devices*" \
		"shm:*'/dev/shm' is not a device that can be lent"; do
		printf '[sandbox]\ndevices = %s\n' "${line%%:*}" >p/sandbox.ini
		fails 125 "${line#*:}" sandbox enter --accept ./p -- true
	done
}

@test "a policy can deny them" {
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = devices\n' >"$HOME/.config/sandbox/sandbox.conf"
	project p $'[sandbox]\ndevices = fuse'
	fails 125 "*devices*" sandbox enter --accept ./p -- true
}
