#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# sandbox exec --tools: the programs of another image together with a running box's processes and
# files.

load helpers
load images
load oracle
load screen

setup() {
	sandbox_setup
	rootfs
	project p "[sandbox]
image = dir:$T/rootfs
linger = 60s"
	sandbox enter --accept ./p -- true
}

tools() { # COMMAND...
	sandbox exec --tools host p "$@"
}

# Starts a program in the box that exists nowhere else; sets pid.
start_program() {
	cat >p/waits.c <<-'C'
		#include <unistd.h>
		int answer = 42;
		static void wait_here(void) { for (;;) pause(); }
		int main(void) { wait_here(); }
	C
	cc -g -static -o p/waits p/waits.c
	sandbox exec p cp waits /bin/waits
	rm p/waits
	sandbox exec p waits 3>&- &
	wait_until 50 tools pgrep -x waits >/dev/null
	pid=$(tools pgrep -x waits)
}

# Everything that the box consists of: mounts as seen by a session of its own, its files, its image.
state_of_box() {
	sandbox exec p cat /proc/self/mountinfo
	find "$XDG_DATA_HOME"/sandbox/boxes/*/upper "$T/rootfs" -printf '%p %y %m %s %T@ %l\n' | sort
}

@test "strace and gdb of the host work on a process of a box that has neither" {
	run ! sandbox exec p sh -c 'command -v gdb strace'
	start_program
	tools sh -c 'strace -p "$0" 2>trace & until grep -q "pause(" trace; do sleep 0.1; done; kill -INT $!; wait' "$pid"
	output=$(cat p/trace)
	[[ $output = *"Process $pid attached"*'pause('* ]]
	run tools gdb -batch -iex 'set sysroot /box' -p "$pid" -ex 'print answer' -ex backtrace
	[[ $output = *'= 42'*'wait_here ('*'waits.c:3'* ]]
	[[ $(tools ps -o args= -p "$pid") = waits ]]
	tools kill "$pid"
	wait_for $!
	[ "$status" = 143 ]
}

@test "the project, the home and /tmp are the box's, at the same paths; an editor's change is visible" {
	mkdir p/sub
	echo 'one two' >p/sub/file
	cd p/sub
	[ "$(tools pwd)" = "$T/p/sub" ]
	tools sed -i s/two/three/ file
	[ "$(sandbox exec p cat file)" = 'one three' ]
	[ "$(stat -c %u file)" = "$(id -u)" ]
	sandbox exec p sh -c 'echo home >~/file; echo tmp >/tmp/file; echo run >/run/user/$(id -u)/file'
	[ "$(tools sh -c 'cat ~/file /tmp/file /run/user/$(id -u)/file')" = $'home\ntmp\nrun' ]
	tools sh -c 'echo changed >~/file'
	[ "$(sandbox exec p sh -c 'cat ~/file')" = changed ]
}

@test "the whole box is at /box, readable and writable as the user" {
	sandbox exec p sh -c 'echo box >/etc/mark'
	[ "$(tools cat /box/etc/mark)" = box ]
	tools sh -c 'echo tools >/box/etc/mark; [ ! -e /etc/mark ]'
	[ "$(sandbox exec p cat /etc/mark)" = tools ]
	tools test "/box$T/p" -ef "$T/p"
	tools cmp /box/proc/1/stat /proc/1/stat
}

@test "the session sees the host's tools, and is known to them by name" {
	tools test -x /usr/bin/cc
	[ "$(tools id -un)" = "$(id -un)" ]
	[ "$(tools sh -c 'echo $HOME')" = "$(sandbox exec p sh -c 'echo $HOME')" ]
	[ "$(tools hostname)" = "$(sandbox exec p hostname)" ]
	[ "$(tools readlink /proc/self/ns/{pid,user,ipc,net,uts})" = \
		"$(sandbox exec p sh -c 'for n in pid user ipc net uts; do readlink /proc/self/ns/$n; done')" ]
	[ "$(tools readlink /proc/self/ns/mnt)" != "$(sandbox exec p readlink /proc/self/ns/mnt)" ]
}

@test "without a command it runs the shell of the tools' image, on a terminal too" {
	[ "$(echo 'command -v gdb' | tools)" = /usr/bin/gdb ]
	run on_terminal "sandbox exec --tools host p sh -c 'test -t 0 && tty && ls /box/bin/busybox'"
	[ "$status" = 0 ]
	[[ $output = /dev/pts/*/box/bin/busybox* ]]
}

@test "writes to the tools are discarded with the session; box, image and mounts are unchanged" {
	before=$(state_of_box)
	tools sh -c 'echo x >/etc/new; mkdir /new; echo x >/new/file; rm /etc/passwd; cat /new/file'
	run tools sh -c 'ls /new /etc/new'
	[ "$status" != 0 ]
	tools test -e /etc/passwd
	run tools sh -c 'echo x >/usr/new'
	[ "$status" != 0 ]
	[ "$(state_of_box)" = "$before" ]
	[ "$(sandbox exec p sh -c 'ls -d /proc/[0-9]* | wc -l')" -le 4 ]
}

@test "an image from a registry or archive provides its tools and its environment" {
	layout tool <<<"{'layers': [busybox() + [D('etc'), F('etc/who', b'tools\n'), D('work')]],
		'config': {'Env': ['PATH=/bin', 'TOOL=yes'], 'WorkingDir': '/work'}}"
	sandbox image import "$T/tool" tool:1 2>/dev/null
	[ "$(sandbox exec --tools tool:1 p sh -c 'cat /etc/who; echo $TOOL $PATH; ls -d /box/bin/busybox; pwd')" = \
		$'tools\nyes /run/sandbox/bin:/bin\n/box/bin/busybox\n'"$T/p" ]
	# its layers stay while they are used
	mkfifo go
	sandbox exec --tools tool:1 p sh -c 'cat; cat /etc/who' <go >said 3>&- &
	exec 9>go
	wait_until 50 tools pgrep -x cat >/dev/null
	sandbox image rm tool:1 2>/dev/null
	sandbox image prune >/dev/null 2>&1 || true
	exec 9>&-
	wait_for $!
	[ "$(cat said)" = tools ]
}

@test "tools in a throw-away box start in its directory, beneath /box" {
	layout app <<<"{'layers': [busybox() + [D('app'), F('app/file', b'app')]],
		'config': {'WorkingDir': '/app'}}"
	sandbox image import "$T/app" app:1 2>/dev/null
	sandbox run --name r --detach app:1 sleep 60
	[ "$(sandbox exec --tools host r sh -c 'pwd; cat file')" = $'/box/app\napp' ]
	sandbox stop r
}

@test "the session is confined like all others: no rights, no descriptors, no mounts" {
	[ "$(tools grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status)" = \
		"$(sandbox enter --accept ./p -- grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status)" ]
	exec 9</
	[ "$(tools sh -c 'cd /proc/self/fd && for fd in *; do [ ! -e $fd ] || echo $fd; done')" = $'0\n1\n2' ]
	exec 9<&-
	run ! tools mount -t tmpfs tmpfs /mnt
	run ! tools umount /box
	run ! tools unshare -Ur true
	run ! tools nsenter -t 1 -m true
}

@test "what is read-only in the box is read-only for its tools, at /box and at its own path" {
	mkdir -p q/hooks data
	project q $'[sandbox]\nlinger = 60s\nnetwork = none\nprotect = hooks\n[mounts]\n/data = ../data ro'
	sandbox enter --accept ./q -- true
	for path in "$T/q/hooks" "/box$T/q/hooks" /box/data; do
		run sandbox exec --tools host q touch "$path/x"
		[ "$status" = 1 ]
		[[ $output = *'Read-only file system'* ]]
	done
	sandbox exec --tools host q touch "$T/q/x" "/box$T/q/y"
	[ "$(sandbox exec --tools host q ls /sys/class/net)" = lo ]
}

@test "sudo in the session is root of the box, in the box" {
	[ "$(tools /run/sandbox/bin/sudo sh -c 'id -u; test ! -e /box && ls /bin/busybox')" = $'0\n/bin/busybox' ]
}

@test "root of a box with namespaces cannot make the host's directories of the tools writable" {
	local pid
	! am_root || return 0 # refused: tests/attack/kernel_files.bats
	project q $'[sandbox]\nnested = yes\nlinger = 60s'
	sandbox enter --accept ./q -- true
	sandbox exec --tools host q sleep 60 3>&- &
	wait_until 50 sandbox exec q pgrep -x sleep >/dev/null
	pid=$(sandbox exec q pgrep -x sleep)
	cp "$PROBE" q/probe
	inside() { # NAME ARG...
		sandbox exec --root q "$T/q/probe" join "$pid" "$@" || true
	}
	# it can use the rights it has: the mounts deny the rest
	[ "$(inside mount s:tmpfs s:/mnt s:tmpfs 0 0)" = ok ]
	# MS_REMOUNT | MS_BIND without MS_RDONLY
	[ "$(inside mount s:none s:/usr 0 0x1020 0)" = EPERM ]
	[ "$(inside umount2 s:/usr 0)" = EINVAL ]
	sandbox exec q pkill sleep
	wait_for $!
}

@test "symlinks planted by the box lead only into the box" {
	plant
	project r "[sandbox]
image = dir:$T/rootfs
project = /srv/work/r
linger = 60s"
	sandbox enter --accept ./r -- true
	rtools() {
		sandbox exec --workdir / --tools host r "$@"
	}
	# what belongs to the box may be visible
	sandbox exec --root r sh -c 'mv /srv/work /srv/moved && ln -s /etc /srv/work &&
		mkdir /etc/r && echo box >/etc/r/mark && ln -s / /box'
	[ "$(rtools cat /srv/work/r/mark)" = box ]
	[ "$(rtools cat /box/etc/r/mark)" = box ]
	# what belongs to the host is not
	ln -s . "$T/r/r"
	for target in "$T/home/canary" "../../../../..$T/home/canary" ../../../..; do
		sandbox exec --root --workdir / r sh -c "rm /srv/work && ln -s '$target' /srv/work"
		run rtools sh -c 'ls -A /srv/work/r 2>/dev/null; cat /srv/work/r/file'
		[ "$status" != 0 ]
		[[ $output != *'a canary'* ]]
	done
	for target in /proc/1/root /proc/self/root /proc/self/cwd; do
		sandbox exec --root --workdir / r sh -c "rm /srv/work && ln -s $target /srv/work"
		fails 125 "*box's '/srv/work/r'*" rtools true
	done
	unharmed
	clear_canaries
	sandbox rm -f r
}

@test "a project beneath a symlink of the image, or for which the tools have no place, is found" {
	mkdir -p "$T/rootfs/var/work"
	ln -s var/work "$T/rootfs/work"
	for where in /work/r /usr/src/r; do
		project r "[sandbox]
image = dir:$T/rootfs
project = $where
linger = 60s"
		echo file >r/file
		sandbox enter --accept ./r -- true
		run -0 --separate-stderr sandbox exec --tools host r sh -c 'pwd; cat file'
		case $where in
		/work/r)
			[ "$output" = $'/work/r\nfile' ]
			says_nothing words_on_stderr
			;;
		*)
			[ "$output" = $'/box/usr/src/r\nfile' ]
			[[ $(words_on_stderr) = *"no place for '/usr/src/r': it is at '/box/usr/src/r'" ]]
			;;
		esac
		sandbox rm -f r
	done
}

@test "a tools' image cannot lead the session's mounts out either" {
	plant
	rootfs "$T/hostile"
	rmdir hostile/tmp hostile/run
	ln -s ../../../../../../etc hostile/tmp
	ln -s "$canary" hostile/run
	[ "$(sandbox exec --tools "dir:$T/hostile" p ls /box/bin/busybox)" = /box/bin/busybox ]
	ln -s /etc hostile/box
	fails 125 "*tools*'/box' in the image is not a directory" sandbox exec --tools "dir:$T/hostile" p true
	rm hostile/box
	touch hostile/box
	fails 125 "*tools*'/box' in the image is not a directory" sandbox exec --tools dir:hostile p true
	rm hostile/box
	rmdir hostile/dev
	touch hostile/dev
	fails 125 "*tools*no place for '/dev'" sandbox exec --tools dir:hostile p true
	unharmed
	clear_canaries
}

@test "only a request from outside, as the user, attached, gets tools; every descriptor is closed" {
	local root=0x1 detached=0x4 at_exit=0x8 tools=0x10 control n flags
	cp "$PROBE" p/probe
	for flags in $tools $((tools | root)) $((tools | detached)); do
		[ "$(sandbox exec p ./probe session /run/sandbox/sudo.sock "$flags" 6)" = \
			'cannot start a session with tools: Operation not permitted' ]
	done
	control=$(find "$XDG_RUNTIME_DIR/sandbox" -name control)
	for flags in $((tools | root)) $((tools | detached)) $((tools | at_exit)); do
		[ "$("$PROBE" session "$control" $flags 6)" = \
			'cannot start a session with tools: Operation not permitted' ]
	done
	for n in 0 1 2 3 4 5; do
		[ "$("$PROBE" session "$control" $tools $n)" = 'cannot start a session: Protocol error' ]
		[ "$(sandbox exec p ./probe session /run/sandbox/sudo.sock $tools $n)" = \
			'cannot start a session: Protocol error' ]
	done
	for n in 0 1 2 3 4 6; do
		[ "$("$PROBE" session "$control" 0 $n)" = 'cannot start a session: Protocol error' ]
	done
	# anything but a mount ends its own session
	[ "$("$PROBE" session "$control" $tools 6)" = accepted ]
	[ "$(tools echo fine)" = fine ]
}

@test "errors: not running, no such image, a bad name, a missing program, root, --start" {
	fails 127 "cannot run 'no-such-program': command not found in the tools' image" tools no-such-program
	fails 125 "*cannot use the tools of 'dir:nowhere'*No such file*" \
		sandbox exec --tools dir:nowhere p true
	fails 125 "*'Bad:name:x'*" sandbox exec --tools Bad:name:x p true
	run ! sandbox exec --tools localhost:1/nothing:1 p true
	[ "$status" = 125 ]
	[[ $output = *localhost:1/nothing:1* ]]
	fails 125 '--tools and --root*' sandbox exec --tools host --root p true
	fails 125 '--tools and --start*' sandbox exec --tools host --start p true
	sandbox stop p
	fails 125 "*'p' is not running*enter*" tools true
}
