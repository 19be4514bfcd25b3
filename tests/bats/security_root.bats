#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# A box started by the host's root. Whatever escapes from it is root, so what its uid alone could
# change, without a capability, is read-only: CVE-2022-0492 and the core_pattern escapes. Also tests
# that need a second user: one is the attacker, the other the owner of a box.
# Runs in the root phase; elsewhere there is only one user.

load helpers
load oracle

setup() {
	[ "$TEST_MODE" = root ] || skip "not the host's root"
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	cp "$PROBE" p/probe
	plant
}

teardown() {
	[ "$TEST_MODE" = root ] || return 0
	clear_canaries
	sandbox_teardown
}

as_other() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

@test "root gets a warning on stderr, and a box" {
	run --separate-stderr sandbox run host id -u
	[ "$output" = 0 ]
	[[ $stderr == *"you are root on this machine"* ]]
}

@test "/proc/sys and its like are read-only" {
	local file
	for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/vm/swappiness \
		/proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity; do
		[ -e $file ] || continue
		for as in "" --root; do
			run sandbox enter $as ./p -- sh -c "cat $file >value; cat value >$file"
			[ "$status" != 0 ]
		done
	done
	# opening is enough: nothing is written. /proc/pressure acts on what its reader waits for
	run --separate-stderr sandbox enter --root ./p -- sh -c '
		cd /proc && for f in $(find . -path "./[0-9]*" -prune -o -path ./self -prune -o \
			-path ./thread-self -prune -o -path ./pressure -prune -o -type f -perm /0222 -print); do
			if (: >>"$f") 2>/dev/null; then echo "$f"; fi; done | head -20'
	echo "can be opened for writing: $output"
	[ -z "$output" ]
}

@test "/sys is read-only" {
	run --separate-stderr sandbox enter --root ./p -- sh -c 'find /sys -type f -writable 2>/dev/null | head -3'
	[ -z "$output" ]
	run sandbox enter --root --network none ./p -- sh -c 'echo x >/sys/kernel/uevent_helper'
	[ "$status" != 0 ]
}

@test "the host's device nodes keep their modes, owners and times" {
	sandbox run --root host sh -c 'chmod 0600 /dev/null /dev/zero /dev/tty; touch -d 2001-01-01 /dev/full
		chown 5:5 /dev/null; setfacl -m u:5:r /dev/null; echo kept >/dev/null' 2>/dev/null || true
	local now
	now=$(stat -c %a /dev/null /dev/zero /dev/tty | sort -u)
	chmod 0666 /dev/null /dev/zero /dev/tty # whatever the answer, the machine is to live on
	[ "$now" = 666 ]
	unharmed
}

@test "nothing of the host outside the project can be written" {
	run --separate-stderr sandbox enter --root ./p -- sh -c 'for f in /usr/new /opt/new /lib/new /bin/new; do
		touch $f 2>/dev/null && echo $f; done; for f in /etc/shadow /etc/sudoers; do
		cat $f 2>/dev/null; done; ls -A /root'
	[ -z "$output" ]
	unharmed
}

@test "uid 0 comes without capabilities over the host" {
	sandbox enter --root ./p -- sh -c 'exit 0'
	[ "$(sandbox exec --root p ./probe call mount s:none s:/mnt s:tmpfs 0 0)" = EPERM ]
	run sandbox exec --root p ./probe trace 1
	[ "$output" = $'attach EPERM\nseize EPERM\nreadv EPERM\nwritev EPERM' ]
	run sandbox exec --root p sh -c 'dmesg; date -s 2001-01-01; head -c 16 /proc/kcore /dev/mem /proc/kmsg
		ip link add dummy9 type dummy; hostname changed'
	[ "$(hostname)" != changed ]
	[ "$(date +%Y)" != 2001 ]
}

@test "no process of a box holds a file or a directory of the caller" {
	exec 9<"$canary/file"
	sandbox enter ./p -- true
	exec 9<&-
	local pid
	processes
	for pid in $(processes | awk '{print $1}'); do
		run ls -l "/proc/$pid/fd" "/proc/$pid/cwd" "/proc/$pid/root"
		[[ $output != *canary* ]]
		[[ $output != *"$T/p"* ]]
		# root: what pid 1 has mapped and open besides sockets, its lock and devices
		[[ $output != *" -> /home"* && $output != *" -> /etc"* ]]
	done
}

@test "another user cannot connect to a box's control socket, look into it or end it" {
	sandbox enter ./p -- true
	local socket pid
	socket=$(find "$XDG_RUNTIME_DIR" -name control)
	[ -S "$socket" ]
	chmod 0777 "$T" "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/sandbox" "${socket%/*}" "$socket"
	chmod a+rx "$BATS_RUN_TMPDIR" "${T%/*}"
	cp "$SANDBOX" sandbox-of-theirs # wherever ours lies, they may not reach it
	chmod a+rx sandbox-of-theirs
	# even with the directories opened: the peer is checked
	chmod a+rx p/probe
	[ "$(p/probe session "$socket" 0 3)" != 'no answer' ]
	# the connection has ended before the request is sent, or before it is answered
	[[ $(as_other p/probe session "$socket" 0 3) = @('no answer'|EPIPE|ECONNRESET) ]]
	run as_other env XDG_RUNTIME_DIR="$XDG_RUNTIME_DIR" XDG_DATA_HOME="$XDG_DATA_HOME" \
		HOME="$HOME" "$T/sandbox-of-theirs" exec p id
	[ "$status" = 125 ]
	[ "$(as_other timeout 5 p/probe garble "$socket" 50)" = ok ]
	chmod 0700 "$XDG_RUNTIME_DIR/sandbox"
	[ "$(sandbox exec p echo alive)" = alive ]
	processes
	for pid in $(processes | awk '{print $1}'); do
		run as_other kill -9 "$pid"
		[ "$status" != 0 ]
		run as_other ls "/proc/$pid/fd" "/proc/$pid/root/"
		[ "$status" != 0 ]
	done
}

@test "a runtime directory that another user has put into /tmp is refused" {
	# a separate /tmp: the real one may have running boxes
	cat >script <<-'EOF'
		mount --make-rprivate / && mount -t tmpfs -o mode=1777 tmpfs /tmp || exit 1
		export HOME=/tmp/home XDG_RUNTIME_DIR=/nonexistent
		unset XDG_DATA_HOME
		mkdir /tmp/home
		setpriv --reuid=65534 --regid=65534 --clear-groups mkdir -m 0700 /tmp/sandbox-0
		"$SANDBOX" run host true
	EOF
	run unshare --mount bash <script
	[ "$status" = 125 ]
	[[ $output == *"belongs to uid 65534"* ]]
}

@test "a sandbox.ini that belongs to another user is not used" {
	chown 65534:65534 p p/sandbox.ini
	run sandbox enter ./p -- true
	[ "$status" = 125 ]
}

@test "a project file of another user is refused, even with consent" {
	project p
	chown 12345 p/sandbox.ini
	fails 125 "*'p/sandbox.ini' belongs to uid 12345, not to you*" sandbox enter --accept ./p -- true
}
