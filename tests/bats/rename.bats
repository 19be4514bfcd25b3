#!/usr/bin/env bats
# Moved projects, and renaming boxes: sandbox rename.

load helpers

@test "a project that was moved or renamed keeps its box, and a note says so once" {
	project w/old $'[sandbox]\nlinger = 0'
	mkdir w/old/sub
	sandbox enter w/old -- sh -c 'echo kept >~/note'
	mv w/old w/new
	[[ $(sandbox ls) = *"$T/w/old (gone)" ]]
	[ "$(sandbox ls --json | jq -c '.[] | [.name, .project, .gone]')" = "[\"old\",\"$T/w/old\",true]" ]
	fails 125 "*'$T/w/old' of box 'old' is gone: *sandbox rename --project*" sandbox enter old
	cd w/new/sub
	run -0 --separate-stderr sandbox enter -- sh -c 'cat ~/note; pwd'
	[ "$output" = "kept
$T/w/new/sub" ]
	[ "$(words_on_stderr)" = "sandbox: the project has moved from '$T/w/old': box 'old' goes with it" ]
	run -0 --separate-stderr sandbox enter -- true
	says_nothing words_on_stderr
	cd "$T"
	[ "$(sandbox ls --json | jq -c '.[] | [.name, .project, .gone]')" = "[\"old\",\"$T/w/new\",false]" ]
	# By its name, in its directory or beside it.
	mv w/new w/old
	(cd w && sandbox exec --start old true)
	wait_until 50 is_stopped old
	mv w moved
	(cd moved/old/sub && sandbox enter old -- true)
	[ "$(sandbox inspect --json old | jq -r .project)" = "$T/moved/old" ]
	# Another project in its old place is a different one.
	mv moved/old moved/away
	project moved/old
	sandbox enter moved/away -- true
	sandbox enter moved/old -- true
	[ "$(sandbox ls --json | jq -r '.[] | .name + " " + .project')" = "old $T/moved/away
old-2 $T/moved/old" ]
	sandbox rm --force moved/away old-2
}

@test "a copy does not count as the project" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter p -- sh -c 'echo kept >~/note'
	cp -a p q
	[ "$(sandbox enter --quiet q -- sh -c 'cat ~/note || echo other' 2>/dev/null)" = other ]
	rm -r p
	cp -a q r
	fails 125 "directory '$T/r' has no box yet*" sandbox exec ./r true
}

@test "a moved project that is running keeps its ports" {
	local port
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	project p $'[sandbox]\nlinger = forever\n[ports]\n'"$port = 80"
	sandbox enter --accept p -- true
	mv p q
	[[ $(sandbox port p) = *"127.0.0.1:$port"* ]]
	[[ $(sandbox port ./q) = *"127.0.0.1:$port"* ]]
}

@test "a moved project that is running; a box from before ids; a trial" {
	project p $'[sandbox]\nlinger = forever'
	mkdir p/sub
	sandbox enter p -- sh -c 'echo x >file'
	mv p q
	# It continues with the path it was started with, and with its network.
	cd q/sub
	run -0 --separate-stderr sandbox exec . pwd
	[ "$output" = "$T/p/sub" ]
	[[ $(words_on_stderr) = "sandbox: '.' is a part of the project '$T/q'"* ]]
	[[ $(words_on_stderr) != *"no network"* ]]
	cd "$T"
	[ "$(sandbox exec ./q cat file)" = x ]
	sandbox stop ./q
	(cd q && sandbox enter -- true)
	# A record without the directory's id gets it at the next start.
	sandbox stop p
	record=$(sandbox inspect --json p | jq -r .folder)/record
	sed -i '/^folder /d' "$record"
	rm "$T"/xdg/data/sandbox/projects/id-*
	sandbox enter p -- true
	grep -q '^folder ' "$record"
	sandbox stop p
	mv q p
	sandbox enter ./p -- true
	sandbox rm p
	# The trial moves along.
	sandbox try ./p -- sh -c 'echo tried >new'
	mv p r
	[ "$(sandbox diff r)" = "  A $T/r/new" ]
	sandbox try r -- sh -c 'cat new; echo more >>new'
	sandbox apply --yes r
	[ "$(cat r/new)" = $'tried\nmore' ]
	sandbox discard --force r
}

@test "rename gives a box another name, by which it is found from then on" {
	project p $'[sandbox]\nlinger = forever\nname = first'
	project other
	sandbox enter p -- true
	sandbox enter other -- true
	run -0 --separate-stderr sandbox rename first second
	[[ $(words_on_stderr) = "sandbox: box 'second' runs: it keeps its host name until its next start" ]]
	[ "$(sandbox ls --names)" = $'other\nsecond' ]
	[ "$(sandbox exec second hostname)" = first ]
	sandbox stop second
	[ "$(sandbox enter ./p -- hostname)" = second ]
	fails 125 "*a box named 'other' exists already" sandbox rename second other
	fails 125 "*there is no box named 'first', nor*" sandbox rename first x
	fails 125 "*'a/b' cannot be a box's name*" sandbox rename second a/b
	fails 125 "missing argument*" sandbox rename second
	sandbox rename second second
	sandbox rename ./p first
	[ "$(sandbox ls --names)" = $'first\nother' ]
	[ "$(ls "$T/xdg/data/sandbox/names")" = $'first\nother' ]
	# A throw-away box too.
	sandbox run --detach --name t host sleep 60
	sandbox rename t u
	sandbox exec u true
	sandbox stop u
	# Interrupted between the index and the record, it can be repeated.
	id=$(sandbox inspect --json first | jq -r .id)
	ln -s "$id" "$T/xdg/data/sandbox/names/third"
	sandbox rename first third
	[ "$(sandbox ls --names)" = $'other\nthird' ]
	[ ! -L "$T/xdg/data/sandbox/names/first" ]
}

@test "rename --project sets the directory of a project that cannot be recognized" {
	project p $'[sandbox]\nlinger = 0'
	project taken
	sandbox enter p -- sh -c 'echo kept >~/note'
	sandbox enter taken -- true
	cp -r p copy
	rm -r p
	fails 125 "*directory '$T/taken' has the box 'taken' already" sandbox rename --project taken p
	fails 125 "*Not a directory*" sandbox rename --project copy/sandbox.ini p
	sandbox rename --project copy p copied 2>err
	grep -q "has moved from '$T/p'" err
	[ "$(sandbox enter ./copy -- cat .sandbox 2>/dev/null || sandbox enter copied -- sh -c 'cat ~/note')" = kept ]
	sandbox enter taken -- sleep 30 &
	wait_until 50 sandbox exec taken true
	fails 125 "*'taken' is running*" sandbox rename --project "$T" taken
	sandbox stop taken
	wait_for $!
}
