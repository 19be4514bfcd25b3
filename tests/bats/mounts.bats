#!/usr/bin/env bats
# [mounts]: directories of the host, caches, tmpfs; allowed targets.

load helpers

with_mounts() { # LINE...
	project p "[mounts]
$(printf '%s\n' "$@")"
}

in_p() {
	sandbox enter --accept ./p -- "$@"
}

@test "a directory or a file of the host, by absolute, relative and home path" {
	mkdir data
	echo 1 >data/file
	echo 2 >"$HOME/file"
	with_mounts "/abs = $T/data" '/rel = ../data' '/one/file = ../data/file' '/home-file = ~/file'
	[ "$(in_p cat /abs/file /rel/file /one/file /home-file)" = $'1\n1\n1\n2' ]
	in_p sh -c 'echo new >/abs/new && echo 3 >/one/file'
	[ "$(cat data/new data/file)" = $'new\n3' ]
}

@test "ro applies to mounts below it, and to root too" {
	mkdir data
	with_mounts '/data = ../data ro'
	run in_p sh -c 'echo x >/data/new'
	[[ $output = *'Read-only file system'* ]]
	run sandbox enter --accept --root ./p -- sh -c 'echo x >/data/new'
	[[ $output = *'Read-only file system'* ]]
	run ! sandbox enter --accept --root ./p -- mount -o remount,bind,rw /data
	says_nothing ls -A data
}

@test "a path may contain blanks" {
	mkdir 'a b'
	with_mounts '/a = ../a b' '/b = ../a b ro'
	in_p sh -c 'echo 1 >/a/f'
	[ "$(cat 'a b/f')" = 1 ]
	run in_p sh -c 'echo 3 >/b/f'
	[[ $output = *'Read-only file system'* ]]
}

@test "a path that ends with an option's name must be followed by an option" {
	mkdir 'x ro'
	with_mounts '/x = ../x ro rw'
	in_p sh -c 'echo 1 >/x/f'
	[ "$(cat 'x ro/f')" = 1 ]
}

@test "devices and set-id bits in a mounted directory do not work" {
	mkdir data
	with_mounts '/data = ../data' '/mem = tmpfs'
	[ "$(in_p awk '$5 == "/data" || $5 == "/mem" {
		print ($6 ~ /nosuid/ && $6 ~ /nodev/) }' /proc/self/mountinfo)" = $'1\n1' ]
}

@test "cache:NAME is one directory for all projects that name it" {
	local name

	for name in a b c; do
		project $name $'[mounts]\n~/.cache/it = cache:shared'
	done
	printf '[mounts]\n/elsewhere = cache:shared ro\n/other = cache:other\n' >c/sandbox.ini
	sandbox enter --accept ./a -- sh -c 'echo from a >~/.cache/it/x'
	[ "$(sandbox enter --accept ./b -- sh -c 'cat ~/.cache/it/x')" = 'from a' ]
	[ "$(sandbox enter --accept ./c -- sh -c 'cat /elsewhere/x; ls /other')" = 'from a' ]
	run sandbox enter --accept ./c -- sh -c 'echo x >/elsewhere/x'
	[[ $output = *'Read-only file system'* ]]
	sandbox rm -f a b c
	sandbox enter --accept ./a -- sh -c 'cat ~/.cache/it/x'
	[ "$(stat -c %a "$XDG_DATA_HOME/sandbox/caches/shared")" = 700 ]
}

@test "two boxes can use a cache at once" {
	project a $'[mounts]\n/c = cache:shared'
	project b $'[mounts]\n/c = cache:shared'
	sandbox enter --accept ./a -- sh -c 'until [ -e /c/go ]; do sleep 0.05; done; echo back >/c/seen' &
	sandbox enter --accept ./b -- sh -c 'touch /c/go; until [ -s /c/seen ]; do sleep 0.05; done'
	wait_for $!
	[ "$status" = 0 ]
}

@test "tmpfs is memory of the box, limited by size=, and gone when it stops" {
	with_mounts '/m = tmpfs size=1M' '/unlimited = tmpfs'
	[ "$(in_p stat -f -c %T /m /unlimited)" = $'tmpfs\ntmpfs' ]
	[ "$(in_p stat -c %a /m /unlimited)" = $'1777\n1777' ]
	in_p sh -c 'head -c 1000000 /dev/zero >/m/fits && echo x >/unlimited/f && rm /m/fits'
	run in_p sh -c 'head -c 1100000 /dev/zero >/m/large'
	[[ $output = *'No space left on device'* ]]
	sandbox stop p
	says_nothing in_p find /m /unlimited -mindepth 1
}

@test "targets: created with their parents, in the home, over what the image has" {
	mkdir data
	echo 1 >data/file
	# shellcheck disable=SC2088 # the home in the box
	with_mounts '/deep/in/the/box = ../data' '~/in/home = ../data' '/usr/share = ../data' \
		'/etc/passwd.d = ../data' '/tmp/t = ../data' '/dev/shm/s = ../data'
	[ "$(in_p sh -c 'cat /deep/in/the/box/file ~/in/home/file /usr/share/file \
		/etc/passwd.d/file /tmp/t/file /dev/shm/s/file')" = $'1\n1\n1\n1\n1\n1' ]
	[ "$(in_p stat -c %U /deep ~/in)" ]
}

@test "two spellings of a target are one: the later wins; deeper ones are mounted on top" {
	mkdir -p one two three/sub
	touch one/1 two/2 three/3
	with_mounts '/t = ../one' '/t/ = ../two' '/u = ../three' '/u/./sub = ../one'
	[ "$(in_p ls /t)" = 2 ]
	[ "$(in_p ls -R /u)" = $'/u:\n3\nsub\n\n/u/sub:\n1' ]
}

@test "a target behind symlinks of the image: /var/run is /run" {
	mkdir data
	echo 1 >data/file
	rootfs
	ln -s /run rootfs/var/run
	ln -s ../etc rootfs/var/conf
	with_mounts '/var/run/x = ../data' '/var/conf/y = ../data/file'
	sed -i "1i [sandbox]\nimage = dir:$T/rootfs" p/sandbox.ini
	[ "$(in_p cat /run/x/file /etc/y)" = $'1\n1' ]
	[ ! -e rootfs/etc/y ]
	project q $'[mounts]\n/var/run/x = ../data'
	[ "$(sandbox enter --accept ./q -- cat /run/x/file)" = 1 ]
}

@test "what the box is made of cannot be a target" {
	local target

	mkdir data
	for target in /proc /proc/sys /sys /sys/fs /dev /dev/null /dev/pts /proc/; do
		with_mounts "$target = ../data"
		fails 125 "*mount target '${target%/}' is reserved for the box" sandbox enter --accept ./p -- true
	done
	for target in / // /. /a/../b ../x relative '~user/x'; do
		with_mounts "$target = ../data"
		fails 125 "p/sandbox.ini:2: *" sandbox enter --accept ./p -- true
	done
	fails 125 "*mount target '/proc' is reserved for the box" \
		sandbox run --mount "$T/data:/proc" host true
}

@test "a reserved target cannot be reached through a symlink of the image" {
	rootfs
	ln -s /proc rootfs/var/p
	ln -s /dev rootfs/var/d
	mkdir data
	touch data/null
	sandbox run --mount "$T/data:/var/p" "dir:$T/rootfs" test -e /proc/self/status
	sandbox run --mount "$T/data/null:/var/d/null" "dir:$T/rootfs" test -c /dev/null
}

@test "a source in the project with a symlink that leads out is refused" {
	mkdir -p outside p/inside
	echo mine >outside/file
	with_mounts '/x = ./link'
	ln -s ../outside p/link
	fails 125 "*p/sandbox.ini:2: *link leads out of it*/outside*" sandbox enter --accept ./p -- true
	ln -sfn "$T/outside" p/link
	fails 125 "*link leads out of it*" sandbox enter --accept ./p -- true
	with_mounts '/x = ./link/below'
	mkdir outside/below
	fails 125 "*link leads out of it*" sandbox enter --accept ./p -- true
	# symlinks inside, and paths named as they are, are fine
	with_mounts '/x = ./link'
	ln -sfn inside p/link
	in_p test -d /x
	sandbox rm -f p
	with_mounts '/x = ../outside'
	[ "$(in_p cat /x/file)" = mine ]
}

@test "errors are reported with their line" {
	with_mounts '/x = ../no-such'
	fails 125 "*p/sandbox.ini:2: cannot mount '$T/no-such': No such file or directory: make it, or name another source for '/x'" \
		sandbox enter ./p -- true
	with_mounts '/x = cache:../up'
	fails 125 "p/sandbox.ini:2: *bad name of a cache '../up'" sandbox enter ./p -- true
	with_mounts '/x = cache:'
	fails 125 "p/sandbox.ini:2: *bad name of a cache ''" sandbox enter ./p -- true
	with_mounts '/x = ../p size=1M'
	fails 125 "p/sandbox.ini:2: *size= is for tmpfs only" sandbox enter ./p -- true
	with_mounts '/x ='
	fails 125 "p/sandbox.ini:2: *" sandbox enter ./p -- true
	mkdir secret
	chmod 0 secret
	with_mounts '/x = ../secret/below'
	am_root || fails 125 "*p/sandbox.ini:2: *Permission denied" sandbox enter ./p -- true
	chmod 0700 secret
	[ "$(sandbox ls --names | wc -l)" -le 1 ]
}

@test "a directory cannot be mounted on a file, nor a file on a directory" {
	mkdir data
	touch data/file
	with_mounts '/etc/passwd = ../data'
	fails 125 "*/etc/passwd*" sandbox enter ./p -- true
	with_mounts '/etc = ../data/file'
	fails 125 "*/etc*" sandbox enter ./p -- true
}

@test "a directory that contains a mount point can be renamed inside; the mount point itself is busy" {
	project p $'[sandbox]\nlinger = 0\n[mounts]\n'"$T"$'/p/sub/in = tmpfs'
	mkdir -p p/sub
	run sandbox enter --accept ./p -- sh -c 'echo x >sub/in/file; mv -T sub moved && cat moved/in/file; rmdir moved/in'
	[[ $output = *x*"Device or resource busy"* ]]
	[ -d p/moved ]
	[ "$(sandbox enter ./p -- sh -c 'ls sub/in | wc -l')" = 0 ]
}
