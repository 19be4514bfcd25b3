#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# The identity inside: yourself in enter and exec, box-root with --root and sudo; and the owner of
# files outside: always you.

load helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	me=$(id -un)
	uid=$(id -u)
	gid=$(id -g)
	home=$HOME
}

# Both with sudo and with --root.
as_root() {
	sandbox exec p sudo "$@"
	sandbox exec --root p "$@"
}

@test "enter, exec and run are the user: uid, gid, names, groups" {
	local kind
	for kind in "enter ./p --" "exec p" "run host"; do
		# shellcheck disable=SC2086 # words
		sandbox $kind id | sed 's/,65534(nogroup)//' >out # for each group that you have on the host
		[ "$(cat out)" = "uid=$uid($me) gid=$gid($(id -gn)) groups=$gid($(id -gn))" ]
		# shellcheck disable=SC2086 # words
		[ "$(sandbox $kind whoami)" = "$me" ]
		# shellcheck disable=SC2086 # words
		[ "$(sandbox $kind sh -c 'echo $USER $LOGNAME $HOME')" = "$me $me $home" ]
	done
}

@test "an image that does not know the user gets lines in passwd and group" {
	rootfs
	[ "$(sandbox run dir:rootfs id -un)" = "$me" ] || [ "$uid" = 0 ]
	sandbox run dir:rootfs sh -c 'tail -n 1 /etc/passwd; tail -n 1 /etc/group' >lines
	if [ "$uid" != 0 ]; then
		grep -q "^$me:[*]:$uid:$gid::$home:/" lines
		grep -q "^[^:]*:x:$gid:" lines
	fi
	[ "$(sandbox run dir:rootfs grep -c '' /etc/passwd)" -le 2 ]
}

@test "--root and sudo are root, with root's environment" {
	sandbox enter ./p -- true
	[ "$(as_root id -u)" = $'0\n0' ]
	[ "$(as_root id -un)" = $'root\nroot' ]
	[ "$(as_root sh -c 'echo $USER $LOGNAME $HOME')" = $'root root /root\nroot root /root' ]
}

@test "the home inside belongs to the box, and to the user" {
	run --separate-stderr sandbox enter ./p -- \
		sh -c 'cd && pwd && ls -A && touch new-in-the-box && stat -c %u:%a .'
	[ "$output" = "$home"$'\n'"$uid:700" ]
	[ ! -e "$home/new-in-the-box" ]
	[ "$(sandbox exec p sh -c 'ls ~')" = new-in-the-box ]
}

@test "files made in the project belong to the user outside, whoever made them inside" {
	sandbox enter ./p -- touch by-you
	sandbox exec p sudo touch by-sudo
	sandbox exec --root p sh -c 'mkdir by-root && touch by-root/file'
	[ "$(stat -c %u:%g p/by-you p/by-sudo p/by-root p/by-root/file | sort -u)" = "$uid:$gid" ]
	rm -r p/by-root p/by-sudo
}

@test "files are made with the usual umask" {
	sandbox enter ./p -- touch file
	[ "$(stat -c %a p/file)" = 644 ]
}

@test "chown, chgrp and mknod report success to root, and files stay root's" {
	sandbox enter --root ./p -- sh -ec '
		touch file
		chown 33:33 file; chown -R games:games .; chgrp tty file; chown -h 5 file
		[ "$(stat -c %u:%g file)" = 0:0 ]
		mknod device c 1 3; mknod -m 600 block b 8 0
		[ ! -c device ]
		[ ! -b block ]
		# an empty file stands in for it, so that the next call on it works, too
		[ "$(stat -c "%F %a" device block | tr "\n" " ")" = "regular empty file 644 regular empty file 600 " ]
		chmod 666 device; mknod device c 1 3 && exit 1; mknod no/device c 1 3 && exit 1
		mknod fifo p; [ -p fifo ]'
	[ "$(stat -c %u p/file)" = "$uid" ]
}

@test "faked success is only for root: other users get errors" {
	[ "$uid" != 0 ] || return 0
	run sandbox enter ./p -- sh -c 'touch file; chown 33 file'
	[ "$status" != 0 ]
	run sandbox enter ./p -- mknod device c 1 3
	[ "$status" != 0 ]
}

@test "tar and cp -a work as root, and rename what they unpack" {
	sandbox enter --root ./p -- sh -ec '
		mkdir tree && touch tree/a tree/b && chmod 4755 tree/a
		tar --owner=33 --group=33 -cf t.tar tree
		mkdir out
		tar -C out -xpf t.tar
		[ "$(stat -c %a out/tree/a)" = 755 ]
		cp -a tree copy
		rsync --version >/dev/null 2>&1 && rsync -a tree/ synced/ || true'
	[ -f p/copy/b ]
}

@test "useradd and groupadd work" {
	command -v useradd >/dev/null || return 0 # not on this machine
	sandbox enter --root ./p -- sh -ec 'PATH=$PATH:/usr/sbin
		groupadd --system newgroup; useradd --system -g newgroup newuser; getent passwd newuser'
	sandbox exec p getent passwd newuser
}

@test "sudo passes exit status and signals" {
	sandbox enter ./p -- true
	run sandbox exec p sudo sh -c 'exit 7'
	[ "$status" = 7 ]
	run sandbox exec p sudo sh -c 'kill -TERM $$'
	[ "$status" = 143 ]
	run -127 sandbox exec p sudo no-such-command
	run sandbox exec p sudo /etc/passwd
	[ "$status" = 126 ]
	sandbox exec p sh -c 'sudo sh -c "trap \"echo caught; exit 9\" TERM; echo ready >ready
		while :; do sleep 0.1; done" & wait_for() { while [ ! -e ready ]; do sleep 0.1; done; }
		wait_for; kill -TERM $!; wait $!; echo status=$?' >out
	[ "$(cat out)" = $'caught\nstatus=9' ]
}

@test "killing sudo ends its command" {
	sandbox enter ./p -- sh -c 'sudo sleep 61 & sleep 0.5; kill -9 $!; sleep 0.2'
	wait_until 50 sh -c '! sandbox exec p pgrep -x sleep'
}

@test "sudo passes stdin and stdout" {
	[ "$(echo text | sandbox enter ./p -- sudo cat)" = text ]
	[ "$(sandbox exec p sh -c 'seq 100000 | sudo tail -1')" = 100000 ]
	sandbox exec p sh -c 'echo "Defaults x" | sudo tee /etc/new >/dev/null; cat /etc/new'
}

@test "sudo in sudo, and sudo from --root" {
	[ "$(sandbox enter ./p -- sudo sudo id -u)" = 0 ]
	[ "$(sandbox enter --root ./p -- sudo id -u)" = 0 ]
}

@test "sudo = no: there is no sudo" {
	project q $'[sandbox]\nsudo = no'
	run sandbox enter ./q -- sh -c 'sudo id -u; [ ! -e /run/sandbox/sudo.sock ]'
	[[ $output != *$'\n0'* && $output != 0* ]]
	run sandbox enter ./q -- test -e /run/sandbox/sudo.sock
	[ "$status" = 1 ]
}

@test "root = yes in the project makes root the default" {
	project q $'[sandbox]\nroot = yes'
	[ "$(sandbox enter ./q -- id -u)" = 0 ]
}

@test "the user and root see the same files and processes" {
	sandbox enter ./p -- sleep 30 3>&- &
	wait_until 50 sandbox exec p pgrep -x sleep
	sandbox exec p sudo pkill -x sleep
	wait_for $!
	[ "$status" = 143 ]
	sandbox exec p sudo sh -c 'echo by root >/var/lib/file'
	[ "$(sandbox exec p cat /var/lib/file)" = 'by root' ]
}
