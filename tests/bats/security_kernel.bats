#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Privileges and kernel attack surface inside a box: capabilities, set-id programs, namespaces,
# mounts, system calls. The whole table of the filter is in seccomp.bats; here are the steps of an
# attacker.

load helpers
load screen
load oracle

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	cp "$PROBE" p/probe
}

# Runs a command in every kind of session as the user, or as root, and asserts its output.
as_you() { # EXPECTED COMMAND...
	local expected=$1 got kind
	shift
	for kind in "enter ./p --" "exec p" "run --mount $PROBE:/p/probe:ro --workdir /p host"; do
		# shellcheck disable=SC2086 # words
		got=$(sandbox $kind "$@" 2>/dev/null) || true
		[ "$got" = "$expected" ] || { echo "$kind: $got"; return 1; }
	done
}

as_root() { # EXPECTED COMMAND...
	local expected=$1 got kind
	shift
	for kind in "enter --root ./p --" "exec --root p" "exec p sudo" \
		"run --root --mount $PROBE:/p/probe:ro --workdir /p host"; do
		# shellcheck disable=SC2086 # words
		got=$(sandbox $kind "$@" 2>/dev/null) || true
		[ "$got" = "$expected" ] || { echo "$kind: $got"; return 1; }
	done
}

show_caps='sed -n "s/^Cap\(...\):\t/\1 /p; s/^NoNewPrivs:\t/nnp /p; s/^Seccomp:\t/seccomp /p" /proc/self/status'

@test "the user has no capability in any set, and no way to get one" {
	as_you "$(printf '%s 0000000000000000\n' Inh Prm Eff Bnd Amb)"$'\nnnp 1\nseccomp 2' \
		sh -c "$show_caps"
}

@test "root has a small bounding set, and nothing inheritable or ambient" {
	# chown dac_override fowner fsetid kill setgid setuid setpcap net_bind_service net_raw
	# sys_chroot mknod audit_write setfcap
	local few=00000000a80425fb none=0000000000000000
	# set by the host's root on a file, it would be valid on the host
	! am_root || few=00000000280425fb
	as_root "Inh $none"$'\n'"Prm $few"$'\n'"Eff $few"$'\n'"Bnd $few"$'\n'"Amb $none"$'\nnnp 1\nseccomp 2' \
		sh -c "$show_caps"
}

@test "capabilities of the caller are not passed in: CVE-2022-24769" {
	run unshare --user --map-current-user --keep-caps "$SANDBOX" run host sh -c "$show_caps"
	[ "$status" = 0 ]
	[[ $output == *"Inh 0000000000000000"* && $output == *"Amb 0000000000000000"* ]]
	[[ $output == *"Bnd 0000000000000000"* ]] || [ "$(id -u)" = 0 ]
}

@test "a set-id program inside has no effect" {
	sandbox enter --root ./p -- sh -c 'cp /usr/bin/id /var/tmp/id; chmod 6755 /var/tmp/id
		cp /usr/bin/id id; chmod 6755 id'
	[ "$(sandbox exec p /var/tmp/id -u)" = "$(id -u)" ]
	[ "$(sandbox exec p ./id -u)" = "$(id -u)" ]
	run sandbox exec p su -c id </dev/null
	[ "$status" != 0 ]
	[ "$(sandbox exec p sh -c 'grep -c nosuid /proc/self/mounts; grep -vc nosuid /proc/self/mounts' |
		tail -1)" -le 7 ] # the device nodes
}

@test "new user namespaces and mounts are refused, for the user and root" {
	as_you EPERM ./probe call unshare 0x10000000   # CLONE_NEWUSER
	as_root EPERM ./probe call unshare 0x10000000
	as_root EPERM ./probe call unshare 0x00020000  # CLONE_NEWNS
	as_you EPERM ./probe call unshare 0x110000000  # with a high bit
	as_you ENOSYS ./probe call clone3 0 0
	as_root EPERM ./probe call mount s:none s:/mnt s:tmpfs 0 0
	as_root EPERM ./probe call umount2 s:/usr 2
	as_root EPERM ./probe call pivot_root s:/ s:/
	as_root EPERM ./probe call setns 0 0
	run sandbox exec p unshare --user true
	[ "$status" != 0 ]
}

@test "root can neither make read-only binds writable nor write to /usr" {
	local target
	mkdir ro
	printf '[mounts]\n/ro = ../ro ro\n' >>p/sandbox.ini
	sandbox stop p 2>/dev/null || true
	for target in /usr /sys /run/sandbox/bin/sudo /ro; do
		run sandbox enter --root ./p -- mount -o remount,rw,bind $target
		[ "$status" != 0 ]
		run sandbox exec --root p sh -c "touch $target/new || echo x >>$target"
		[ "$status" != 0 ]
	done
	says_nothing ls ro
}

@test "the same with nested = yes, in any namespace made in the box" {
	! am_root || return 0 # refused: tests/attack/kernel_files.bats
	local target
	mkdir ro
	echo file >ro/file
	project n $'[sandbox]\nnested = yes\nlinger = 60s\n[mounts]\n/ro = ../ro ro'
	for target in /usr /sys /run/sandbox/bin/sudo /ro; do
		for as in "" --root; do
			# shellcheck disable=SC2086 # nothing or a word
			run sandbox enter $as ./n -- unshare --user --map-root-user --mount sh -c "
				mount -o remount,rw,bind $target
				mount -o remount,rw $target
				mount --bind $target /mnt && mount -o remount,rw,bind /mnt
				touch $target/new /mnt/new 2>/dev/null && echo written
				umount $target 2>/dev/null && echo uncovered; true"
			[[ $output != *written* && $output != *uncovered* ]]
		done
	done
	[ "$(ls ro)" = file ]
	# what hides something cannot be removed to see it
	run sandbox enter ./n -- unshare --user --map-root-user --mount sh -c \
		'umount -l /tmp; umount -l /run; umount -l /proc; umount -l /dev; ls /tmp /run /dev'
	[[ $output != *sandbox-test* && $output != *kmsg* ]]
}

@test "with nested = yes pid 1 and its sessions stay out of reach" {
	! am_root || return 0 # refused: tests/attack/kernel_files.bats
	project n $'[sandbox]\nnested = yes\nlinger = 60s'
	cp "$PROBE" n/probe
	run --separate-stderr sandbox enter --accept ./n -- unshare --user ./probe trace 1
	[ "$output" = $'attach EPERM\nseize EPERM\nreadv EPERM\nwritev EPERM' ]
	run --separate-stderr sandbox enter --accept --root ./n -- ./probe trace 1
	[ "$output" = $'attach EPERM\nseize EPERM\nreadv EPERM\nwritev EPERM' ]
	run sandbox enter --accept --root ./n -- nsenter --target 1 --mount --user true
	[ "$status" != 0 ]
}

@test "unneeded kernel interfaces are closed" {
	as_you EPERM ./probe call bpf 0 0 0
	as_you EPERM ./probe call add_key s:user s:x s:x 1 -3
	as_you EPERM ./probe call keyctl 0 -3 0
	as_you EPERM ./probe call request_key s:user s:x 0 0
	as_you EPERM ./probe call userfaultfd 0
	as_you EPERM ./probe call io_uring_setup 1 0
	as_you EPERM ./probe call perf_event_open 0 0 0 0 0
	as_root EPERM ./probe call open_by_handle_at 0 0 0
	as_you EAFNOSUPPORT ./probe call socket 38 5 0  # AF_ALG
	as_you EAFNOSUPPORT ./probe call socket 40 1 0  # AF_VSOCK
	as_root EAFNOSUPPORT ./probe call socket 17 3 0 # AF_PACKET
	as_you EAFNOSUPPORT ./probe call socket 0x100000026 5 0
	as_root EPROTONOSUPPORT ./probe call socket 16 3 12 # netlink, netfilter
}

@test "no input can be injected into a terminal: TIOCSTI, TIOCLINUX, with high bits set" {
	local call
	for call in "0x5412 s:x" "0x541c s:x" "0x100005412 s:x" "0xffffffff0000541c s:x"; do
		# shellcheck disable=SC2086 # words
		as_you EPERM ./probe call ioctl 0 $call
		# shellcheck disable=SC2086 # words
		as_root EPERM ./probe call ioctl 0 $call
		run on_terminal "sandbox exec p ./probe call ioctl 0 $call"
		[[ $output == *EPERM* ]]
		run on_terminal "sandbox exec p sh -c './probe call ioctl 0 $call <>/dev/tty'"
		[[ $output == *EPERM* ]]
	done
}

@test "chroot does not let root out" {
	run sandbox run --root host sh -c 'mkdir /tmp/jail && cp /bin/busybox /tmp/jail 2>/dev/null
		cd / && chroot /tmp/jail /busybox sh -c "cd ../../../..; ls" ; ls -A /home /root'
	[[ $output != *"${HOME##*/}"*canary* ]]
}

@test "the box's cgroup, host name and System V objects are its own" {
	[ "$(sandbox run --hostname inside host sh -c 'hostname; cat /proc/sys/kernel/hostname')" = \
		$'inside\ninside' ]
	[ "$(hostname)" != inside ]
	run sandbox run host sh -c 'cat /proc/self/cgroup'
	[[ $output != *..* ]]
	[ "$(sandbox run host sh -c 'tail -n +2 /proc/sysvipc/shm | wc -l')" = 0 ]
}

@test "/dev has only harmless nodes, and no device can be made or opened" {
	[ "$(sandbox enter --root ./p -- sh -c 'for f in /dev/* /dev/pts/*; do
		[ -h $f ] || [ -d $f ] || echo $f; done' | tr '\n' ' ')" = \
		"/dev/full /dev/null /dev/random /dev/tty /dev/urandom /dev/zero /dev/pts/ptmx " ]
	run -0 sandbox enter --root ./p -- sh -c 'mknod /tmp/m c 1 1; mknod m b 254 0; cat /tmp/m m; [ ! -c /tmp/m ]'
	[ "$output" = '' ]
	[ -f p/m ]
}

@test "/proc and /sys change nothing on the host" {
	local file
	for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname /proc/sysrq-trigger \
		/proc/sys/vm/drop_caches /sys/kernel/uevent_helper /proc/sys/kernel/modprobe; do
		[ $file != /proc/sys/kernel/hostname ] || continue
		run sandbox enter --root ./p -- sh -c "echo canary >$file"
		[ "$status" != 0 ]
	done
	run sandbox enter --root ./p -- sh -c 'find /sys -writable -type f | head -1; head -c 1 /proc/kcore'
	[[ $output != /sys* ]]
}
