#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# What a session gets of the host: its own stdio, and nothing else. Pid 1 is out of reach. After
# CVE-2024-21626 (descriptors, working directories) and CVE-2019-5736 (the runtime's own binary).

load helpers
load screen
load oracle

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	cp "$PROBE" p/probe
	plant
}

teardown() {
	clear_canaries
	sandbox_teardown
}

# Prints the descriptors of a session, without the one that ls has open itself.
list_descriptors='cd /proc/self/fd && for fd in *; do
	[ -e "$fd" ] || continue; echo "$fd"; done'

@test "a session has descriptors 0 to 2 and no other, whatever its caller had open" {
	exec 9</ 8<"$T" 7<"$canary/file"
	[ "$(sandbox enter ./p -- sh -c "$list_descriptors")" = $'0\n1\n2' ]
	[ "$(sandbox enter --root ./p -- sh -c "$list_descriptors")" = $'0\n1\n2' ]
	[ "$(sandbox exec p sh -c "$list_descriptors")" = $'0\n1\n2' ]
	[ "$(sandbox exec p sudo sh -c "$list_descriptors")" = $'0\n1\n2' ]
	[ "$(sandbox run host sh -c "$list_descriptors")" = $'0\n1\n2' ]
	exec 9<&- 8<&- 7<&-
}

@test "an argument that names a descriptor of the user's terminal does not pass it in" {
	printf '#!/bin/bash\nexec 9<>/dev/tty\nsandbox run host sh -c "[ -t 1 ] && [ ! -e \\$0 ] && echo closed" /dev/fd/9\n' >tty9
	[[ $(on_terminal 'bash tty9') = *closed* ]]
}

@test "a lingering box keeps nothing of its caller open: pipes end with the client" {
	mkfifo fifo
	timeout 60 cat fifo >end-of-file &
	exec 9>fifo
	[ "$(sandbox enter ./p -- echo said | timeout 60 cat)" = said ]
	exec 9>&-
	wait $! # cat has seen the end
	[ -n "$(sandbox ps)" ]
}

@test "the working directory cannot be one that was opened before the root was changed" {
	local n
	for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		run sandbox enter --workdir "/proc/self/fd/$n" ./p -- sh -c \
			'pwd -P; ls -a . .. ../.. ../../..; cat ../../../../etc/shadow'
		[[ $output != *canary* ]]
		[[ $output != *root:\$* ]]
		run sandbox enter --workdir "/proc/1/fd/$n" ./p -- true
		[ "$status" = 125 ]
	done
	unharmed
}

@test "a directory as stdin would be a way out to the host: it is refused" {
	run sandbox enter ./p -- cat /proc/self/fd/0/file <"$canary"
	[[ $output != *'a canary'* ]]
	[ "$status" != 0 ]
}

@test "nothing of pid 1 can be read, as you or as root" {
	local as file
	for as in "" --root; do
		for file in environ mem maps auxv stack syscall; do
			run sandbox enter $as ./p -- head -c 1 /proc/1/$file
			[ "$status" != 0 ]
		done
		for file in exe root cwd; do
			run sandbox enter $as ./p -- readlink /proc/1/$file
			[ "$status" != 0 ]
			run sandbox enter $as ./p -- ls /proc/1/$file/
			[ "$status" != 0 ]
		done
		for file in fd fdinfo map_files task/1/fd; do
			run sandbox enter $as ./p -- ls /proc/1/$file
			[ "$status" != 0 ]
		done
		run sandbox enter $as ./p -- sh -c 'echo 1000 >/proc/1/oom_score_adj'
		[ "$status" != 0 ]
	done
}

@test "pid 1's command line shows nothing of the caller" {
	run sandbox enter -e TOKEN=the-canary-sings ./p -- sh -c \
		'cat /proc/1/cmdline /proc/1/comm /proc/1/task/1/comm /proc/1/status; : an-argument'
	[ "$status" = 0 ]
	[[ $output != *an-argument* ]]
	[[ $output != *canary* ]]
	[[ $output != *"$T"* ]]
}

@test "pid 1 cannot be traced, by ptrace and what ptrace guards, as you or as root" {
	local as
	for as in "" --root; do
		run --separate-stderr sandbox enter $as ./p -- ./probe trace 1
		echo "$output"
		[ "$status" = 0 ]
		[ "$output" = $'attach EPERM\nseize EPERM\nreadv EPERM\nwritev EPERM' ]
	done
	run sandbox enter ./p -- gdb -p 1 -batch -ex 'info proc'
	[[ $output == *'Operation not permitted'* || $output == *'ptrace'* ]]
}

@test "the leader of a session with a terminal is protected like pid 1" {
	run on_terminal "sandbox enter ./p -- sh -c '
		./probe trace \$PPID; head -c 1 /proc/\$PPID/environ; ls /proc/\$PPID/fd; true'"
	[[ $output == *'attach EPERM'*'seize EPERM'*'readv EPERM'*'writev EPERM'* ]]
	[[ $output == *'Permission denied'*'Permission denied'* ]]
	[[ $output != *taken* ]]
}

@test "our binaries cannot be overwritten from inside" {
	local sum
	sum=$(cat "$BUILD"/bin/* "$BUILD"/libexec/sandbox/* | sha256sum)
	local attack='
		for exe in /run/sandbox/bin/sudo /usr/bin/sudo /proc/1/exe /proc/$PPID/exe; do
			sh -c "printf x >>$exe" 2>/dev/null
			cp /bin/true $exe; mv /bin/true $exe; rm -f $exe
		done
		sudo sleep 2 &
		sleep 0.3
		for exe in /proc/[0-9]*/exe; do sh -c "printf x >>$exe"; done
		umount /run/sandbox/bin/sudo
		mount -o remount,rw,bind /run/sandbox/bin/sudo
		wait
		true'
	sandbox enter ./p -- sh -c "$attack" >/dev/null 2>&1
	sandbox enter --root ./p -- sh -c "$attack" >/dev/null 2>&1
	[ "$(cat "$BUILD"/bin/* "$BUILD"/libexec/sandbox/* | sha256sum)" = "$sum" ]
	[ "$(sandbox exec p sudo id -u)" = 0 ]
}

@test "a session's descriptors are not another session's" {
	sandbox enter ./p -- sleep 30 3>&- <"$canary/file" &
	wait_until 50 sandbox exec p pgrep sleep
	run sandbox exec p sh -c "$list_descriptors"
	[ "$output" = $'0\n1\n2' ]
	kill $!
	wait $! || true
}
