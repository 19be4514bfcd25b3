#!/usr/bin/env bats
# One value read by two parsers: what a policy refuses, the question prints and the plan mounts is
# one list, parsed and resolved once.

load ../bats/helpers

setup() {
	sandbox_setup
	mkdir -p "$HOME/.config/sandbox" "$HOME/.ssh" "$T/data"
	echo secret >"$HOME/.ssh/key"
	conf=$HOME/.config/sandbox/sandbox.conf
}

policy() { printf '[policy]\n%s\n' "$@" >"$conf"; }

@test "with mounts denied no spelling of a source leads out of the project" {
	policy 'deny = mounts'
	mkdir -p "$T/p/in/deep" "$T/p/tmpfs" "$T/p/a b" "$T/p/cache:x"
	ln -s "$HOME/.ssh" "$T/p/link"
	ln -s link "$T/p/chain"
	ln -s .. "$T/p/up"
	ln -s /proc/self/root "$T/p/root"
	# shellcheck disable=SC2088,SC2016 # they are not meant to expand
	for source in '. x/../../home/.ssh' 'tmpfs/../../home/.ssh' 'tmpfs /../../data' 'tmpfs	/../../data' \
		'a b/../../data' './/..//data' 'in/deep/../../../data/' '../data ro' '../data rw' '../data overlay' \
		'../data  size=1 ro' '~' '~/' '~/.ssh' '~/../data' "$T/data" "$T//p/../data" '..' '/' './link' link \
		'link/' 'link/../.ssh' chain up/data "./root$T/data" ./nothing 'cache:x/../../data' \
		'"../data"' 'TMPFS/../../data' './tmpfs/../../data' '.ssh' '$HOME/.ssh'; do
		mkdir -p "$T/p/. x" "$T/p/tmpfs "
		project p $'[mounts]\n/x = '"$source"
		run sandbox enter --accept "$T/p" -- sh -c 'cat /x/key /x/.ssh/key'
		[ "$status" = 125 ] && [[ $output != *secret* ]] || {
			echo "passed: $source"
			false
		}
	done
	says_nothing sandbox ls --names
}

@test "an entry whose target a later one takes over still counts" {
	policy 'deny = mounts'
	project p $'[mounts]\n/x = ../data\n//x = tmpfs'
	fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies '*" sandbox enter --accept "$T/p" -- true
	project p $'[mounts]\n~/x = ../data\n/x = tmpfs'
	fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies '*" sandbox enter --accept "$T/p" -- true
	# In a profile of the project too.
	project p $'[sandbox]\nprofile = ./more.ini\n[mounts]\n//x = tmpfs'
	printf '[mounts]\n/x = ../data\n' >"$T/p/more.ini"
	fails 125 "*p/more.ini:2: the policy of $conf:2 denies '*" sandbox enter --accept "$T/p" -- true
}

@test "a directory outside that is used as the root is denied like a mounted one" {
	policy 'deny = mounts'
	mkdir -p "$T/p/root"
	ln -s "$T/data" "$T/p/link"
	for image in dir:../data dir:./link "dir:$HOME" dir:root/../../data dir:/etc; do
		project p $'[sandbox]\nimage = '"$image"
		fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies 'image = *" sandbox enter --accept "$T/p" -- true
	done
	project p
	fails 125 "*flag: the policy of $conf:2 denies 'image = *" sandbox enter --accept --image dir:../data "$T/p" -- true
	SANDBOX_IMAGE=dir:../data fails 125 "*SANDBOX_IMAGE: the policy of *" sandbox enter --accept "$T/p" -- true
	fails 125 "*denies 'image = *" sandbox matrix --accept --image "a=dir:$T/data" "$T/p" -- true
	project p $'[matrix]\na = dir:../data'
	fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies 'image = *" sandbox matrix --accept "$T/p" -- true
	rootfs "$T/p/root"
	project p $'[sandbox]\nimage = dir:./root'
	sandbox enter --quiet "$T/p" -- /bin/sh -c true
}

@test "with caches denied every spelling of one is refused, and a lookalike is not a cache" {
	policy 'deny = caches'
	mkdir -p "$T/p/cache"
	for value in cache:c 'cache:c ro' 'cache:c  rw' '"cache:c"'; do
		project p $'[mounts]\n/x = '"$value"
		fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies '*" sandbox enter --accept "$T/p" -- true
	done
	project p $'[sandbox]\nprofile = c'
	fails 125 "*c.ini:*: the policy of $conf:2 denies '*" sandbox enter --accept "$T/p" -- true
	project p $'[mounts]\n/x = ./cache'
	sandbox enter --quiet "$T/p" -- true
}

@test "what was asked about is what is mounted, with symlinks as they were when the question was asked" {
	mkdir public other
	echo public >public/file
	ln -s public link
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/x = ../link'
	[ "$(sandbox enter --accept "$T/p" -- cat /x/file)" = public ]
	ln -sfn "$HOME/.ssh" link
	fails 125 "*more than before: /x = $HOME/.ssh: *" sandbox enter "$T/p" -- cat /x/key
}

@test "sandbox's own paths in the box cannot be mount points, in any spelling" {
	for path in /run /run/ //run /run/. /run/sandbox /run/./sandbox /run//sandbox/bin/ /run/sandbox/git; do
		project p $'[mounts]\n'"$path = ."
		fails 125 "*sandbox.ini:2: *'$path' is sandbox's own*" sandbox enter --accept ./p -- true
		project p $'[sandbox]\nproject = '"$path"
		fails 125 "*sandbox.ini:2: *'$path' is sandbox's own*" sandbox enter --accept ./p -- true
	done
	project p $'[mounts]\n/run/sandboxes = .'
	sandbox enter --quiet ./p -- test -e /run/sandboxes/sandbox.ini
}
