#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Hostile images and projects: setting up a box never leaves the box's root, and never shows the box
# what only its maker may see. After CVE-2021-30465, CVE-2025-31133, CVE-2024-9676, CVE-2019-14271.

load helpers
load oracle

setup() {
	sandbox_setup
	plant
}

teardown() {
	clear_canaries
	sandbox_teardown
}

# A new image in which PATH is a symlink to TARGET.
image_with_link() { # PATH TARGET
	rm -rf "$T/image"
	cp -a "$T/rootfs" "$T/image"
	rm -rf "$T/image/${1:?}"
	mkdir -p "$T/image/$(dirname "$1")"
	ln -sT "$2" "$T/image/$1"
}

image_state() {
	(cd "$T/image" && find . -printf '%p %y %m %U %s %T@ %l\n' | sort | sha256sum)
}

# The box starts or is refused with one line; in both cases host and image are unchanged.
harmless() { # PATH TARGET
	local image

	image_with_link "$1" "$2"
	image=$(image_state)
	run --separate-stderr timeout 60 sandbox run dir:image sh -c \
		'echo in; cat /etc/passwd /etc/group /etc/hosts /etc/resolv.conf 2>/dev/null; true'
	echo "$1 -> $2: $status $output $stderr"
	case $status in
	0) [[ $output == in* ]] ;;
	125) [[ $(words_on_stderr) == "sandbox: "* && $(words_on_stderr) != *$'\n'* ]] ;;
	*) return 1 ;;
	esac
	[[ $output != *canary* ]]
	[ "$image" = "$(image_state)" ]
	unharmed
}

@test "a symlink of the image where set-up mounts or writes does not lead outside" {
	local path to
	rootfs
	for path in etc tmp run home dev dev/null dev/pts proc sys usr/bin etc/passwd etc/group \
		etc/hosts etc/resolv.conf run/sandbox root "${home_inside#/}"; do
		for to in "$canary" "../../../../../../../..$canary" "$tmp_canary" "$canary/passwd"; do
			harmless "$path" "$to"
		done
	done
}

@test "symlinks into /proc do not lead set-up out, nor to data of pid 1" {
	local path to
	rootfs
	for path in etc/passwd etc/group etc/hosts etc/resolv.conf etc tmp run home; do
		for to in /proc/self/environ /proc/1/environ /proc/thread-self/environ \
			/proc/self/cwd/canary /proc/1/root/etc /proc/self/fd/0; do
			harmless "$path" "$to"
		done
	done
}

@test "the caller's environment is not exposed by /etc/passwd -> /proc/self/environ" {
	local file
	rootfs
	for file in passwd group; do
		image_with_link etc/$file /proc/self/environ
		run sandbox run dir:image cat /etc/$file
		[[ $output != *the-canary-sings* ]]
	done
}

@test "set-up writes nothing of its own into the project, even if the image's /etc leads there" {
	rootfs
	project p $'[sandbox]\nimage = dir:../image\nlinger = 0s'
	image_with_link etc "$T/p"
	run sandbox enter ./p -- true
	[ "$(ls p)" = sandbox.ini ]
	image_with_link home "$T/p"
	run sandbox enter ./p -- true
	[ "$(ls p)" = sandbox.ini ]
}

@test "a mount target that is a symlink, or is behind one, stays inside" {
	rootfs
	mkdir data
	echo data >data/file
	for link in data srv/data srv; do
		rm -rf image
		cp -a rootfs image
		mkdir -p image/srv
		rm -rf "image/${link:?}"
		ln -s "$canary" "image/$link"
		run sandbox run --mount "$T/data:/$link" dir:image cat "/$link/file"
		[[ $output != *canary* ]]
		run sandbox run --mount "$T/data:/$link/below/more" dir:image true
		run sandbox run --mount "$T/data/file:/$link/new-file" dir:image true
		unharmed
	done
}

@test "a mount target behind a symlink of the project stays inside" {
	local text=$'[mounts]\n'"$T/p/link/data = ../data"
	mkdir data
	project p "$text"
	ln -s "$canary" p/link
	run timeout 60 sandbox enter ./p -- true
	unharmed
	rm p/link
	ln -s /etc p/link
	run timeout 60 sandbox enter ./p -- true
	[ ! -e /etc/data ]
}

@test "FIFOs, sockets and huge files where set-up reads: an error or ignored, without blocking" {
	local file
	rootfs
	for file in etc/passwd etc/group etc/hosts etc/resolv.conf; do
		rm -rf image
		cp -a rootfs image
		rm -f image/$file
		mkfifo image/$file
		run timeout 60 sandbox run dir:image true
		[ "$status" = 0 ] || [ "$status" = 125 ]
		rm -f image/$file
		truncate -s 1T image/$file
		run timeout 60 sandbox run dir:image true
		[ "$status" = 0 ] || [ "$status" = 125 ]
		rm -f image/$file
		mkdir image/$file
		run timeout 60 sandbox run dir:image true
		[ "$status" = 0 ] || [ "$status" = 125 ]
	done
	for file in etc tmp run dev proc sys; do
		rm -rf image
		cp -a rootfs image
		rm -rf image/$file
		mkfifo image/$file
		run --separate-stderr timeout 60 sandbox run dir:image true
		[ "$status" = 125 ]
		[[ $(words_on_stderr) == "sandbox: cannot run "* ]]
	done
}

@test "hostile lines in passwd and group have no effect" {
	rootfs
	{
		printf 'a:x:%s:0::/:/bin/sh\n' 4294967296 -1 99999999999999999999
		printf '%070000d\n' 0
		printf '::::::\n:\n\n+::::::\n'
		printf 'root:x:0:0:\0:/:/bin/sh' # no newline at the end
	} >rootfs/etc/passwd
	cp rootfs/etc/passwd rootfs/etc/group
	[ "$(sandbox run dir:rootfs id -u)" = "$(id -u)" ]
}

@test "real-world images still start: symlinks for /bin, /lib and /var/run, inaccessible parents" {
	rootfs
	mv rootfs/bin rootfs/usr/bin
	ln -s usr/bin rootfs/bin
	mkdir -p rootfs/usr/lib
	ln -s usr/lib rootfs/lib
	ln -s /run rootfs/var/run
	ln -s ../run/resolv.conf rootfs/etc/resolv.conf
	ln -s /tmp rootfs/var/tmp
	chmod 0711 rootfs/home rootfs/root rootfs
	rm -rf rootfs/dev rootfs/proc rootfs/sys rootfs/run
	[ "$(sandbox run dir:rootfs sh -c 'echo up; ls -d /dev/null /proc/1 /sys/kernel')" = \
		$'up\n/dev/null\n/proc/1\n/sys/kernel' ]
}

@test "the image's own files are never written" {
	local before_image
	rootfs
	cp -a rootfs image
	before_image=$(image_state)
	sandbox run --root dir:image sh -c 'echo x >>/etc/passwd; rm -rf /bin/ls /etc/group
		chmod 0777 /etc; mkdir /new; touch -d 2001-01-01 /usr'
	[ "$before_image" = "$(image_state)" ]
}

@test "a symlink that the box puts in place of a mount's source does not lead the next start out" {
	project p $'[sandbox]\nlinger = 0s\n[mounts]\n/data = ./data'
	mkdir p/data
	sandbox enter ./p -- sh -c "rmdir data; ln -s '$canary' data"
	run sandbox enter ./p -- sh -c 'cat /data/file; echo x >/data/new'
	[[ $output != *'a canary'* ]]
	unharmed
}

@test "what the box writes into sandbox.ini does not give it access to the host" {
	project p $'[sandbox]\nlinger = 0s'
	run sandbox enter ./p -- sh -c "printf '[mounts]\n/x = $canary\n' >>sandbox.ini"
	run sandbox enter ./p -- sh -c 'cat /x/file; echo x >/x/new'
	[[ $output != *'a canary'* ]]
	unharmed
}

@test "a path that is swapped for a symlink while boxes start never leads out" {
	local i swapper
	rootfs
	mkdir -p data
	project p $'[sandbox]\nimage = dir:../rootfs\nlinger = 0s\n[mounts]\n'"$T/p/a/b = ../data"
	mkdir -p p/a/b p/other
	(
		set +e
		exec 3>&- 2>/dev/null
		cd p || exit
		while :; do
			mv -T a other/a
			ln -sT "$canary" a
			rm a
			mv -T other/a a
		done
	) &
	swapper=$!
	for ((i = 0; i < 60; i++)); do
		timeout 60 sandbox enter ./p -- sh -c 'echo x >a/b/written' 2>/dev/null || true
		sandbox run --mount "$T/data:$T/p/a/b/c" --mount "$T/p:$T/p" dir:rootfs true \
			2>/dev/null || true
	done
	kill $swapper
	wait $swapper || true
	unharmed
	[ ! -e "$canary/b" ]
}

@test "a name in the image that is swapped during the start never leads out" {
	local i swapper
	rootfs
	(
		set +e
		exec 3>&- 2>/dev/null
		cd rootfs || exit
		while :; do
			for name in tmp etc home; do
				mv -T $name .$name
				ln -sT "$canary" $name
				rm $name
				mv -T .$name $name
			done
		done
	) &
	swapper=$!
	for ((i = 0; i < 80; i++)); do
		timeout 60 sandbox run dir:rootfs sh -c 'echo x >/tmp/x; echo x >/etc/x' \
			>/dev/null 2>&1 || true
	done
	kill $swapper
	wait $swapper || true
	unharmed
}
