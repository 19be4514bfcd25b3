#!/usr/bin/env bats
# sandbox run: one command in a throw-away box.

load helpers

@test "run leaves no box" {
	run --separate-stderr sandbox run host echo hello
	[ "$status" = 0 ]
	[ "$output" = hello ]
	says_nothing words_on_stderr
	says_nothing sandbox ls --names
}

@test "what the box writes is discarded, and a dir: image is never written to" {
	rootfs
	sandbox run "dir:$T/rootfs" sh -c 'echo x >/new; rm /etc/group; test -e /new'
	[ ! -e rootfs/new ]
	[ -e rootfs/etc/group ]
	run sandbox run "dir:$T/rootfs" test -e /new
	[ "$status" = 1 ]
}

@test "everything after the image is the command" {
	[ "$(sandbox run host echo --network -n x)" = '--network -n x' ]
	[ "$(sandbox run host -- echo y)" = y ]
}

@test "without a command it is a shell" {
	rootfs
	[ "$(sandbox run "dir:$T/rootfs" <<<'echo from a shell')" = 'from a shell' ]
}

@test "the exit status is the command's own" {
	run sandbox run host sh -c 'exit 42'
	[ "$status" = 42 ]
	run sandbox run host sh -c 'kill -USR1 $$'
	[ "$status" = $((128 + 10)) ]
}

@test "a relative dir: is relative to the current directory" {
	rootfs
	[ "$(sandbox run dir:rootfs echo found)" = found ]
	mkdir below
	cd below
	[ "$(sandbox run dir:../rootfs echo found)" = found ]
}

@test "a dir: that is a symlink, with or without a trailing slash" {
	rootfs
	ln -s rootfs link
	[ "$(sandbox run dir:link echo found)" = found ]
	[ "$(sandbox run dir:link/ echo found)" = found ]
}

@test "the current directory is not visible" {
	project p
	cd p
	run sandbox run host test -e "$T/p/sandbox.ini"
	[ "$status" = 1 ]
}

@test "--mount shows a file or directory of the host" {
	mkdir data
	echo 1 >data/file
	[ "$(sandbox run --mount "$T/data:/data" host cat /data/file)" = 1 ]
	[ "$(sandbox run --mount data/file:/one host cat /one)" = 1 ]
	sandbox run -m data:/data host sh -c 'echo 2 >/data/file'
	[ "$(cat data/file)" = 2 ]
}

@test "--mount with :ro cannot be written to" {
	mkdir data
	run sandbox run --mount data:/data:ro host sh -c 'echo 2 >/data/file'
	[ "$status" != 0 ]
	[ ! -e data/file ]
}

@test "--root, --workdir, --env, --hostname and --network" {
	[ "$(sandbox run --root host id -u)" = 0 ]
	[ "$(sandbox run --workdir /usr host pwd)" = /usr ]
	[ "$(sandbox run --env A=1 --env B= host sh -c 'echo $A,${B-unset}')" = 1, ]
	[ "$(PASSED=on sandbox run --env PASSED host sh -c 'echo $PASSED')" = on ]
	[ "$(sandbox run --hostname there host hostname)" = there ]
	[ "$(sandbox run --network none host ls /sys/class/net)" = lo ]
}

@test "--name names the box while it runs" {
	sandbox run --name mine host sleep 20 &
	wait_until 50 sandbox exec mine true
	[ "$(sandbox ls --names)" = mine ]
	sandbox stop -t 0 mine
	wait_for $!
	[ "$status" != 0 ]
	wait_until 50 says_nothing sandbox ls --names
}

@test "--detach leaves it running and prints its name" {
	name=$(sandbox run --detach host sleep 20)
	[ "$(sandbox ls --names)" = "$name" ]
	[ "$(sandbox exec "$name" echo there)" = there ]
	sandbox ps | grep -q 'sleep 20'
	sandbox stop -t 0 "$name"
}

@test "a detached box is gone once its command has ended" {
	sandbox run --detach host true
	gone() { says_nothing sandbox ls --names; }
	wait_until 50 gone
}

@test "--detach reports what cannot be started, and leaves nothing" {
	fails 127 "*" sandbox run --detach host no-such-command
	wait_until 30 no_processes
}

@test "--disk keeps writes on disk while it runs" {
	[ "$(sandbox run --disk host sh -c 'echo x >/var/x; cat /var/x')" = x ]
	says_nothing sandbox ls --names
}

@test "boxes that run at the same time do not see each other" {
	sandbox run --detach --name one host sleep 20
	sandbox run --detach --name two host sleep 20
	sandbox exec one sh -c 'echo x >/tmp/mark; echo x >/var/mark'
	run sandbox exec two sh -c 'ls /tmp/mark /var/mark'
	[ "$status" != 0 ]
	[ "$(sandbox exec two sh -c 'ls -d /proc/[0-9]* | wc -l')" -le 6 ]
}

@test "unknown images and drivers are errors that list those that exist" {
	fails 125 "*'Debian:12'*not the name of an image*" sandbox run Debian:12 true
	run ! --separate-stderr sandbox run localhost:1/no:1 true
	[ "$status" = 125 ]
	[[ $stderr = *"cannot pull 'localhost:1/no:1': "* ]]
	fails 125 "*'--network'*" sandbox run --network nat host true
	fails 125 "*missing argument*" sandbox run
}
