#!/usr/bin/env bats
# sandbox lock: records what a project's environment is made of, and follows it.

load helpers
load images

data() { echo "$XDG_DATA_HOME/sandbox"; }

# A package manager whose repository is the cache of the project: files NAME with versions, a line
# `version hash` each. Without a version the last one is taken, and the packages in a file
# `needs-NAME` are installed too.
apk='#!/bin/sh
db=/lib/apk/db/installed
mkdir -p /lib/apk/db
shift 3
for word; do
	name=${word%%=*} want=
	case $word in *=*) want=${word#*=} ;; esac
	found=
	while read -r version hash; do
		[ -n "$want" ] && [ "$version" != "$want" ] || found="$version $hash"
	done </repo/$name
	[ -n "$found" ] || { echo "no $word"; exit 9; }
	grep -q "^P:$name\$" $db 2>/dev/null || printf "C:%s\nP:%s\nV:%s\n\n" "${found#* }" "$name" "${found% *}" >>$db
	[ ! -e /repo/needs-$name ] || [ -n "$want" ] || "$0" add --no-progress -- $(cat /repo/needs-$name)
done'

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox() + [D('opt'), D('root', 0o700), D('lib'), D('repo'), F('sbin/apk', b'''${apk//\\/\\\\}''', 0o755)]]}"
	sandbox image import --quiet "$T/app" app:1
	repo=$(data)/caches/repo
	mkdir -p "$repo"
	echo '1.0 Q1aaa' >"$repo/gcc"
	echo '2.36 Q1lll' >"$repo/libc"
	echo libc >"$repo/needs-gcc"
	project p $'[sandbox]\nimage = app:1\nprofile = ./team.ini\n[packages]\napk = gcc\n[mounts]\n/repo = cache:repo'
	printf '[env]\nA = 1\n' >p/team.ini
}

lock() { sandbox lock --accept "$@" "$T/p"; }
installed() { sandbox enter --quiet --accept "$@" "$T/p" -- cat /lib/apk/db/installed; }

@test "the lock has the image's digest, every package with version and hash, and the profiles" {
	lock --quiet
	run cat p/sandbox.lock
	[[ $output = *$'\nversion 1\n'* ]]
	grep -x "machine $(uname -m)" p/sandbox.lock
	grep -xE 'time 20[0-9-]+T[0-9:]+Z' p/sandbox.lock
	grep -x "image app:1 $(cat digest)" p/sandbox.lock
	grep -x "profile ./team.ini sha256:$(sha256sum <p/team.ini | cut -d' ' -f1)" p/sandbox.lock
	grep -x 'asked apk gcc' p/sandbox.lock
	grep -x 'package apk gcc 1.0 Q1aaa' p/sandbox.lock
	# A dependency that nobody asked for by name.
	grep -x 'package apk libc 2.36 Q1lll' p/sandbox.lock
}

@test "locked versions are installed, whatever the repository has now; the lock's own layer is used at once" {
	lock --quiet
	echo '1.1 Q1bbb' >>"$repo/gcc"
	run --separate-stderr sandbox enter --accept "$T/p" -- cat /lib/apk/db/installed
	[[ $stderr != *prepar* ]]
	[[ $output = *V:1.0* && $output != *V:1.1* ]]
	# Another machine: only the image, the lock and the project.
	sandbox rm --force p
	sandbox image prune 2>/dev/null
	run --separate-stderr sandbox enter --accept "$T/p" -- cat /lib/apk/db/installed
	[[ $stderr = *'preparing 1/1: apk: gcc'* ]]
	[[ $output = *V:1.0* && $output = *V:2.36* && $output != *V:1.1* ]]
	# Without a lock it would have been the newer one.
	rm p/sandbox.lock
	sandbox stop p
	[[ $(installed --rebuild) = *V:1.1* ]]
}

@test "an image that has changed under its name is not used; --update uses it" {
	lock --quiet
	old=$(cat digest)
	sandbox image tag app:1 app:old
	layout other <<<"{'layers': [busybox() + [D('opt'), D('root', 0o700), D('lib'), D('repo'), F('new', b''), F('sbin/apk', b'''${apk//\\/\\\\}''', 0o755)]]}"
	sandbox image import --quiet "$T/other" app:1
	run ! sandbox enter --accept "$T/p" -- test -e /new
	lock --quiet
	grep -x "image app:1 $old" p/sandbox.lock
	sandbox stop p
	lock --quiet --update
	run ! grep -x "image app:1 $old" p/sandbox.lock
	run --separate-stderr sandbox enter --accept "$T/p" -- true
	[[ $stderr = *"image 'app:1' has changed since box 'p' was made"* ]]
	sandbox stop p
	run -0 sandbox enter --quiet --accept --rebuild "$T/p" -- ls /new
}

@test "without --update a lock only takes in what has changed" {
	lock --quiet
	run --separate-stderr lock
	[[ $stderr = *"fits: nothing to do"* ]]
	echo '1.1 Q1bbb' >>"$repo/gcc"
	echo '3.0 Q1ttt' >"$repo/tool"
	sed -i 's/apk = gcc/apk = gcc tool/' p/sandbox.ini
	fails 125 "sandbox.lock: \[packages] apk has changed: 'sandbox lock' writes it again" sandbox enter --accept "$T/p" -- true
	image=$(grep ^image p/sandbox.lock)
	lock --quiet
	grep -x 'package apk tool 3.0 Q1ttt' p/sandbox.lock
	grep -x "$image" p/sandbox.lock
}

@test "a version that is gone, or has another hash, stops the step with an error that names it" {
	lock --quiet
	sandbox image prune 2>/dev/null
	echo '1.1 Q1bbb' >"$repo/gcc"
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'no gcc=1.0'*'step 1 of 1 (apk: gcc) failed'* ]]
	echo '1.0 Q1evil' >"$repo/gcc"
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'sandbox.lock does not resolve any more'*'- gcc 1.0 Q1aaa'*'+ gcc 1.0 Q1evil'*"'sandbox lock --update'"* ]]
	says_nothing sandbox ls --names
	lock --quiet --update
	grep -x 'package apk gcc 1.0 Q1evil' p/sandbox.lock
}

@test "--check compares and writes nothing" {
	fails 125 "there is no '$T/p/sandbox.lock': 'sandbox lock' makes it" sandbox lock --check "$T/p"
	lock --quiet
	sum=$(sha256sum <p/sandbox.lock)
	run -0 sandbox lock --check "$T/p"
	echo 'B = 2' >>p/team.ini
	run -125 sandbox lock --check "$T/p"
	[[ $output = *"profile './team.ini' has changed"*"does not fit: 'sandbox lock' writes it again"* ]]
	# The packages are the same: a box is made anyway, and the differences are reported.
	run -0 sandbox enter --accept "$T/p" -- true
	[[ $output = *"profile './team.ini' has changed"* ]]
	[ "$(sha256sum <p/sandbox.lock)" = "$sum" ]
	fails 125 '--check and --update cannot be used together' sandbox lock --check --update "$T/p"
}

@test "a damaged lock, one of a newer sandbox and one of another user are refused by name" {
	echo 'version 2' >p/sandbox.lock
	fails 125 "sandbox.lock:1: expected 'version 1': it is from a newer sandbox, or not a lock" sandbox enter "$T/p" -- true
	lock --quiet --update
	echo 'package apk gcc 1.0' >>p/sandbox.lock
	fails 125 "*sandbox.lock:*: 'package' with 3 words is unknown*" sandbox enter "$T/p" -- true
	lock --quiet --update
	echo 'package apk -o 1.0 x' >>p/sandbox.lock
	fails 125 "*sandbox.lock:*: expected words such as a lock is made of" sandbox enter "$T/p" -- true
	lock --quiet --update
	sed -i 's/^machine .*/machine pdp11/' p/sandbox.lock
	fails 125 "*sandbox.lock: it was made on pdp11*" sandbox enter "$T/p" -- true
	rm p/sandbox.lock
	mkfifo p/sandbox.lock
	fails 125 "*sandbox.lock': it is not a regular file" timeout 60 sandbox enter "$T/p" -- true
}

@test "another image on the command line disregards the lock" {
	lock --quiet
	[ "$(sandbox enter --quiet --accept --image app:1 "$T/p" -- echo in)" = in ]
	echo broken >p/sandbox.lock
	sandbox enter --quiet --accept --image app:1 "$T/p" -- true
	fails 125 'sandbox.lock:1: *' sandbox enter --accept "$T/p" -- true
}
