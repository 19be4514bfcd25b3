#!/usr/bin/env bats
# bats file_tags=disk
# What a kill leaves, and what is synced to disk. Power cuts are tested in tests/fault/power.

load helpers
load images

data() { echo "$XDG_DATA_HOME/sandbox"; }

box() { # NAME: its directory
	sandbox inspect --json "$1" | jq -r .folder
}

# Kills the program at the N-th of these calls, in any thread or child.
killed_at() { # CALLS N COMMAND...
	local calls=$1 n=$2

	shift 2
	strace -f -qq -o /dev/null -e "trace=$calls" \
		-e "inject=$calls:signal=KILL:when=$n" "$@" >/dev/null 2>&1 </dev/null 3>&- || true
}

# How often a command makes these calls, including its children.
count_calls() { # CALLS COMMAND...
	local calls=$1

	shift
	strace -f -qq -o calls -e "trace=$calls" "$@" >/dev/null 2>&1 3>&-
	grep -cE "(${calls//,/|})\(" calls || true # "???(" is whatever a killed process did
}

@test "starting an existing box or image does not wait for the disk; nor does making a throw-away box" {
	project p $'[sandbox]\nlinger = 0' # strace waits until the box has ended
	sandbox enter --quiet "$T/p" -- true
	sandbox run host true
	sandbox stop p
	[ "$(count_calls fsync,fdatasync,syncfs,sync_file_range sandbox enter "$T/p" -- true)" = 0 ]
	[ "$(count_calls fsync,fdatasync,syncfs,sync_file_range sandbox enter "$T/p" -- true)" = 0 ]
	[ "$(count_calls fsync,fdatasync,syncfs,sync_file_range sandbox run host true)" = 0 ]
	[ "$(count_calls fsync,fdatasync,syncfs,sync_file_range sandbox run --name q host true)" = 0 ]
}

@test "import syncs once, before setting names; a second import has nothing to sync" {
	layout app <<<"{'layers': [busybox('true'), [F('a')], [F('b')], [F('c')]]}"
	[ "$(count_calls syncfs sandbox image import "$T/app" app:1)" = 1 ]
	[ "$(find "$(data)/tmp" -mindepth 1)" = '' ]
	strace -f -qq -o calls -e trace=syncfs,renameat,linkat sandbox image import --quiet "$T/app" app:2 3>&-
	run ! grep -q syncfs calls
	sandbox image rm app:1 app:2
	strace -f -qq -o calls -e trace=syncfs,renameat,linkat sandbox image import --quiet "$T/app" app:1 3>&-
	sed '/syncfs/q' calls >before
	run ! grep -E '"(layers|blobs|refs|plans)/|, "index.json' before
	[ "$(grep -cE '"(layers|blobs/sha256)/' calls)" = 14 ]
}

@test "apply writes each file out before it gives it its name, and syncs once at the end" {
	project p
	echo old >p/replaced
	sandbox try --accept "$T/p" -- sh -c 'echo 1 >replaced; echo 2 >new' >/dev/null
	strace -f -qq -o calls -e trace=sync_file_range,linkat,renameat,syncfs sandbox apply --yes "$T/p" 2>/dev/null 3>&- ||
		strace -f -qq -o calls -e trace=sync_file_range,linkat,renameat,syncfs sandbox apply "$T/p" 3>&-
	awk '/sync_file_range/ { written++ }
		/linkat\(.*"\/proc\/self\/fd\/.*"(new|\.sandbox-[^"]*)"/ { named++; if (named > written) exit 1 }
		/syncfs/ { synced = named }
		END { exit !(named == 2 && synced == 2) }' calls || { cat calls; false; }
	[ "$(cat p/replaced p/new)" = $'1\n2' ]
}

@test "after a kill at any moment of making its box, a project has one box, with the right name" {
	project p $'[sandbox]\nlinger = 0' # strace waits until the box has ended
	sandbox run host true
	n=1
	while :; do
		killed_at mkdirat,renameat,symlinkat,linkat $n sandbox enter --quiet "$T/p" -- true
		[ "$(sandbox enter --quiet "$T/p" -- sh -c 'echo in')" = in ]
		[ "$(sandbox ls --names)" = p ]
		[ "$(ls "$(data)/names")" = p ]
		sandbox rm -f p
		says_nothing find "$(data)"/{names,projects} -mindepth 1
		rm -rf "$(data)/tmp/"*
		[ "$n" -lt 12 ] || break
		n=$((n + 1))
	done
}

@test "a missing directory of a box is made again" {
	project p
	sandbox enter --quiet "$T/p" -- touch /srv/kept
	dir=$(box p)
	for missing in work home work,home; do
		sandbox stop p
		eval "rm -rf '$dir'/{$missing,none}"
		[ "$(sandbox enter --quiet "$T/p" -- sh -c 'ls /srv/kept; touch ~/x; ls ~/x')" = "/srv/kept
$HOME/x" ]
	done
	sandbox stop p
	rm -rf "$dir/upper"
	sandbox enter --quiet "$T/p" -- sh -c '[ ! -e /srv/kept ]'
}

@test "an enter that waits for a rebuild runs on its result" {
	layout app <<<"{'layers': [busybox('sh', 'cat', 'echo', 'true')]}"
	sandbox image import --quiet "$T/app" app:1
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo old >/is'
	[ "$(sandbox enter --quiet "$T/p" -- cat /is)" = old ]
	sandbox stop p
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo new >/is'
	# The last step but one holds the lock.
	strace -f -qq -o rebuild -e trace=renameat2 -e inject=renameat2:delay_enter=2000000 \
		sandbox enter --quiet --rebuild "$T/p" -- cat /is >rebuilt 2>&1 3>&- &
	rebuilding=$!
	wait_until 100 grep -q renameat2 rebuild
	[ "$(sandbox enter --quiet "$T/p" -- cat /is)" = new ]
	wait $rebuilding
	[ "$(cat rebuilt)" = new ]
}

@test "a rebuild killed at any moment leaves a box that starts, and says to rebuild until that is done" {
	layout app <<<"{'layers': [busybox('sh', 'cat', 'echo', 'true')]}"
	sandbox image import --quiet "$T/app" app:1
	for n in 1 2 3 4 5 6; do
		project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo old >/is'
		sandbox enter --quiet "$T/p" -- true
		sandbox stop p
		project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo new >/is'
		sandbox enter --quiet --rebuild "$T/p" -- true # the layer is there from now on
		sandbox rm -f p
		project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo old >/is'
		sandbox enter --quiet "$T/p" -- true
		sandbox stop p
		project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo new >/is'
		killed_at mkdirat,unlinkat,renameat2,linkat,renameat $n sandbox enter --quiet --rebuild "$T/p" -- true
		run --separate-stderr sandbox enter "$T/p" -- cat /is
		[ "$status" = 0 ]
		[ "$output" = new ] || [[ $output = old && $stderr = *--rebuild* ]]
		sandbox stop p
		[ "$(sandbox enter --quiet --rebuild "$T/p" -- cat /is)" = new ]
		sandbox rm -f p
	done
}
