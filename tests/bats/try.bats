#!/usr/bin/env bats
# sandbox try: a box of its own for a project, where all that it may write of the host is an overlay.

load helpers
load images
load oracle

setup() {
	sandbox_setup
	mkdir -p data home/canary p/sub
	echo host | tee data/file p/file p/sub/file >/dev/null
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data\n/one = ../data/file\n/ro = ../data ro\n~/.cache/it = cache:it'
}

teardown() {
	clear_canaries
	sandbox_teardown
}

tried() { sandbox try --quiet --accept "$T/p" -- "$@"; }

@test "a directory of the host cannot be renamed, which mv copies; what is new can" {
	[ "$(tried perl -e 'rename "sub", "moved" or print "$!"')" = 'Invalid cross-device link' ]
	tried mv -T sub moved
	tried sh -c '[ ! -e sub ]'
	[ "$(tried cat moved/file)" = host ]
	tried perl -e 'rename "moved", "again" or die "$!"; rename "file", "other" or die "$!"'
	[ "$(tried cat again/file other | sort -u)" = host ]
	[ -e p/sub/file ]
}

@test "project, mounts and caches are all there, what is written stays in the box and is there the next time" {
	plant
	tried sh -c '[ "$PWD" = "$T/p" ] || cd '"$T/p"'
		echo box | tee file /data/file ~/.cache/it/x ~/own >/dev/null && rm -r sub && mkdir new'
	[ "$(cat p/file data/file p/sub/file)" = $'host\nhost\nhost' ] && [ ! -e p/new ]
	[ -z "$(find "$XDG_DATA_HOME/sandbox/caches" -name x)" ]
	[ "$(tried sh -c 'cat file /data/file ~/.cache/it/x ~/own; ls')" = $'box\nbox\nbox\nbox\nfile\nnew\nsandbox.ini' ]
	unharmed
}

@test "a single file of the host is read-only, and so is what was read-only" {
	[ "$(tried sh -c 'cat /one; echo x 2>/dev/null >/one || echo x 2>/dev/null >/ro/file || echo no')" = $'host\nno' ]
	[ "$(cat data/file)" = host ]
}

@test "it is a box beside the project's own, found again by the project, and entered by its name" {
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo mine >~/mark'
	tried sh -c '[ ! -e ~/mark ] && echo trial >~/mark'
	[ "$(sandbox ls --names | sort)" = $'p\np-try' ]
	cd p
	[ "$(sandbox try --quiet -- cat "$HOME/mark")" = trial ]
	[ "$(sandbox enter --quiet -- cat "$HOME/mark")" = mine ]
	sandbox enter --quiet p-try -- sh -c 'cat ~/mark >file'
	[ "$(cat file)" = host ]
	sandbox rm --force p-try
	[ "$(sandbox try --quiet --accept -- sh -c 'ls ~')" = '' ]
	[ "$(sandbox enter --quiet -- cat "$HOME/mark")" = mine ]
}

@test "consent is asked for as by enter, in its own name" {
	fails 125 "*asks for these of this machine: *: 'sandbox try --accept $T/p' if that is your wish" sandbox try "$T/p" -- true
	[ -z "$(sandbox ls --names)" ]
}

@test "what the project's own box was given is not asked about again, what is more is" {
	mkdir d
	project r $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../d'
	sandbox enter --quiet --accept "$T/r" -- true
	sandbox try --quiet "$T/r" -- touch /d/x
	[ ! -e d/x ]
	sandbox discard --quiet --force "$T/r"
	project r $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../d\n/t = ..'
	fails 125 "*more than before: /t = $T: 'sandbox try --accept $T/r' if that is your wish" sandbox try "$T/r" -- true
}

@test "image, packages and steps are the project's; options are those of enter; status is the command's" {
	small_image
	project q $'[sandbox]\nimage = app:1\n[env]\nA = b\n[run]\n1 = echo step >/step'
	run -3 --separate-stderr sandbox try --accept --env C=d --workdir /bin --network none "$T/q" -- sh -c 'cat /step; echo $A$C $PWD; exit 3'
	[ "$output" = $'step\nbd /bin' ]
	[ "$(sandbox try --quiet --network none --root "$T/q" -- id -u)" = 0 ]
	fails 125 "*box 'q-try' was made from image 'app:1', not from 'host': 'sandbox discard' to change it*" sandbox try --image host "$T/q" -- true
}

@test "protected paths are as good as all others: nothing reaches them, and nothing is made for them" {
	project p $'[sandbox]\nprotect = .git/hooks .envrc'
	mkdir -p p/.git
	tried sh -c 'mkdir -p .git/hooks && echo evil | tee .git/config .git/hooks/x .envrc >/dev/null'
	[ -z "$(ls p/.git)" ] && [ ! -e p/.envrc ]
}

@test "matrix with a profile that protects writes nothing to the project either" {
	project p $'[sandbox]\nprotect = .git/hooks\n[matrix]\na = host'
	mkdir -p p/.git/hooks
	sandbox matrix "$T/p" -- sh -c 'echo evil >.git/config'
	[ ! -e p/.git/config ]
}

@test "the host's home holds the boxes themselves: it is refused by name" {
	export XDG_DATA_HOME=$HOME/.local/share
	project q $'[sandbox]\nhome = host'
	fails 125 "*'$HOME' cannot be an overlay: what boxes write is kept in it, in '*" sandbox try --accept "$T/q" -- true
	remove_boxes
	export XDG_DATA_HOME=$T/xdg/data
	echo host >home/file
	[ "$(sandbox try --quiet --accept "$T/q" -- sh -c 'echo box >~/file; cat ~/file')" = box ]
	[ "$(cat home/file)" = host ]
}

@test "a folder that is another one by now does not show what was changed upon the old one" {
	tried sh -c 'echo box >/data/file'
	mkdir other
	echo other >other/file
	sed -i 's|/data = ../data|/data = ../other|' p/sandbox.ini
	[ "$(tried cat /data/file)" = other ]
	sed -i 's|/data = ../other|/data = ../data|' p/sandbox.ini
	[ "$(tried cat /data/file)" = box ]
}

@test "two that begin a trial at once have the same one" {
	local sessions=()
	for i in 1 2 3; do
		tried sh -c "touch $i; sleep 0.3" &
		sessions+=($!)
	done
	wait "${sessions[@]}"
	[ "$(sandbox ls --names)" = p-try ]
	[ "$(tried ls)" = $'1\n2\n3\nfile\nsandbox.ini\nsub' ]
}

@test "a data folder that could not keep what is tried, and a root of another's, are refused" {
	unshare -Urm true 2>/dev/null || skip 'no mounts in a user namespace here'
	project q
	mkdir lower upper
	unshare -Urm bash -ec 'mount -t tmpfs none upper; mkdir upper/{u,w}
		mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper/u,workdir=upper/w none lower
		export XDG_DATA_HOME=$PWD/lower
		! sandbox try ./q -- true 2>err
		sandbox rm -f q-try'
	grep -q "the data folder '$T/lower/sandbox' is on an overlay, where nothing that is tried could be kept" err
	am_root && return
	fails 125 "*nothing can be tried in image 'dir:/usr': it is not yours, and read-only" sandbox try --image dir:/usr "$T/q" -- true
}
