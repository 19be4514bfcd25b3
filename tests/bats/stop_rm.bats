#!/usr/bin/env bats
# sandbox stop and rm.

load helpers
load screen

teardown() {
	screen_close
	sandbox_teardown
}

@test "stop ends the processes and keeps the box" {
	project p
	sandbox enter ./p -- sh -c 'echo kept >~/note; echo >/tmp/x; sleep 30' &
	wait_until 50 sandbox exec p test -e /tmp/x
	sandbox stop p
	wait_for $!
	[ "$status" != 0 ]
	wait_until 20 no_processes
	[ "$(sandbox ls --json | jq -r '.[0].state')" = stopped ]
	[ "$(sandbox enter p -- sh -c 'cat ~/note')" = kept ]
}

@test "stop sends SIGTERM first" {
	project p
	sandbox enter ./p -- sh -c 'trap "echo asked; exit 0" TERM; echo ready; sleep 30 & wait' >out &
	wait_until 50 grep -q ready out
	sandbox stop p
	wait_for $!
	grep -q asked out
}

@test "a process that ignores SIGTERM is killed when the time is up" {
	project p
	sandbox enter ./p -- sh -c 'trap "" TERM; echo ready; while :; do sleep 1; done' >out &
	wait_until 50 grep -q ready out
	SECONDS=0
	sandbox stop --time 1 p
	[ "$SECONDS" -ge 1 ]
	[ "$SECONDS" -lt 9 ] # and not ten
	wait_for $!
	[ "$status" != 0 ]
	wait_until 20 no_processes
}

@test "stopping a stopped box is fine" {
	project p
	sandbox enter ./p -- true
	sandbox stop p
	run --separate-stderr sandbox stop p
	[ "$status" = 0 ]
	[ -z "$stderr" ]
}

@test "rm removes the box with its files, and leaves the project alone" {
	project p
	sandbox enter --root ./p -- sh -c 'echo x >here; mkdir /locked && touch /locked/x &&
		chmod 0 /locked; mkdir -p ~/deep/er; chmod 0 ~/deep/er ~/deep'
	directory=$(sandbox inspect --json p | jq -r .folder)
	sandbox stop p
	sandbox rm p
	[ ! -e "$directory" ]
	[ "$(cat p/here)" = x ]
	says_nothing sandbox ls --names
}

@test "a box whose network's record cannot be removed stays: nothing else knows that file" {
	local kind record

	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- true
	for kind in journal refusals; do
		record=$XDG_RUNTIME_DIR/sandbox/$kind-net-$(printf %s "$T/p" | sha256sum | cut -d ' ' -f 1)
		rm -f "$record"
		mkdir "$record"
		fails 125 "*cannot remove '$record': Is a directory" sandbox rm p
		[ "$(sandbox ls --names)" = p ]
		rmdir "$record"
	done
	sandbox rm p
	says_nothing sandbox ls --names
}

@test "a box in use is not removed without --force; one that lingers is" {
	project p
	sandbox enter ./p -- sh -c 'touch up; exec sleep 30' &
	wait_until 50 [ -e p/up ] # exec can come before that session
	fails 125 "*'p' is running*stop*--force*" sandbox rm p
	[ "$(sandbox ls --names)" = p ]
	sandbox rm --force p
	wait_for $!
	[ "$status" != 0 ]
	says_nothing sandbox ls --names
	wait_until 20 no_processes
	rm p/up
	for linger in 10s forever; do # right after leaving, with something left behind
		project p $'[sandbox]\nlinger = '$linger$'\n[hooks]\nexit = echo hook >>log'
		sandbox enter p -- sh -c '(trap "echo asked >>log; exit" TERM; touch up
			while :; do sleep 0.1; done) & while [ ! -e up ]; do sleep 0.05; done'
		sandbox rm p
		[ "$(cat p/log)" = $'asked\nhook' ]
		says_nothing sandbox ls --names
		sandbox enter p -- true
		sandbox rm p
		rm p/log p/up
	done
}

@test "background processes are asked too and get their time, at stop and after the linger" {
	project p $'[sandbox]\nlinger = 300ms'
	cat >p/daemon <<-'END'
		#!/bin/sh
		# In a session of its own, as a server that detached itself, and slow to end.
		trap 'sleep 0.5; echo ended >>log; exit' TERM
		echo $$ >>started
		while :; do sleep 0.1; done
	END
	chmod +x p/daemon
	sandbox enter p -- sh -c 'setsid ./daemon </dev/null >/dev/null 2>&1 &
		while [ ! -s started ]; do sleep 0.05; done'
	wait_until 50 no_processes
	[ "$(cat p/log)" = ended ]
	rm p/log p/started
	project p $'[sandbox]\nlinger = forever'
	sandbox enter p -- sh -c 'setsid ./daemon & ./daemon & while [ "$(wc -l <started)" != 2 ]; do
			sleep 0.05; done; kill -STOP $!' # what is stopped can only end when it goes on
	sandbox stop p
	[ "$(cat p/log)" = $'ended\nended' ]
	rm p/log p/started
	sandbox enter p -- sh -c './daemon & while [ ! -s started ]; do sleep 0.05; done'
	sandbox stop --time 0 p # no time at all
	[ ! -e p/log ]
}

@test "a process that does not end gets ten seconds; a shorter time can be given meanwhile" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter p -- sh -c 'trap "" TERM HUP; touch ready; while :; do sleep 1; done & 
		while [ ! -e ready ]; do sleep 0.05; done'
	# The box is ending: the next session belongs to the next start, and stop need not wait for
	# it.
	sandbox enter p -- sh -c 'ls /proc | grep -c "^[0-9]"; cat /proc/uptime >>order' >count &
	sleep 0.5
	SECONDS=0
	[ ! -s count ]
	sandbox stop --time 0 p
	wait_for $!
	[ "$status" = 0 ]
	[ "$(cat count)" -le 5 ]
	[ "$SECONDS" -lt 9 ]
}

@test "rm --force ends running sessions" {
	project p
	sandbox enter ./p -- sleep 30 &
	wait_until 50 sandbox exec p true
	sandbox rm --force p
	wait_for $!
	[ "$status" != 0 ]
}

@test "several boxes at once; a missing one does not stop the others" {
	project a
	project b
	sandbox enter ./a -- true
	sandbox enter ./b -- true
	sandbox stop a b
	wait_until 20 no_processes
	run --separate-stderr sandbox rm a nothere b
	[ "$status" = 125 ]
	[[ $stderr = *nothere* ]]
	says_nothing sandbox ls --names
}

@test "by the project's directory, also from inside it" {
	project p
	sandbox enter ./p -- true
	cd p
	sandbox stop .
	sandbox rm .
	says_nothing sandbox ls --names
}

@test "a box whose project directory is gone can be stopped and removed" {
	project p
	sandbox enter ./p -- true
	rm -r p
	sandbox stop p
	sandbox rm p
	says_nothing sandbox ls --names
	project p
	sandbox enter ./p -- true
	rm -r p # by its path too
	fails 125 "cannot open the project '$T/p': No such file or directory" sandbox enter ./p
	sandbox stop ./p
	sandbox rm "$T/p"
	says_nothing sandbox ls --names
	fails 125 "cannot open the project './p': No such file or directory" sandbox rm ./p
}

@test "after rm the project starts from scratch" {
	project p
	sandbox enter ./p -- sh -c 'echo old >~/note'
	sandbox rm -f p
	run sandbox enter ./p -- sh -c 'cat ~/note'
	[ "$status" = 1 ]
}

@test "stop --time wants whole seconds" {
	fails 125 "*--time*" sandbox stop --time soon p
	fails 125 "*--time*" sandbox stop --time -1 p
}

@test "stop --all and rm --all include throw-away boxes, and report everything that failed" {
	sandbox stop --all
	sandbox rm --all # of nothing is fine
	project a
	project b
	sandbox enter a -- true
	sandbox enter b -- true
	sandbox run --detach --name t host sleep 60
	sandbox stop --all
	wait_until 20 no_processes
	sandbox ls --json | jq -e 'all(.state == "stopped")' >/dev/null
	fails 125 "--force removes all boxes with their homes: a, b" sandbox rm --all </dev/null
	fails 125 "--all and a PROJECT cannot be used together" sandbox stop --all a
	fails 125 "--all and a PROJECT cannot be used together" sandbox rm --all --force a
	fails 125 "missing argument: sandbox rm *--all" sandbox rm
	fails 125 "missing argument: sandbox stop *--all" sandbox stop
	[ "$(sandbox ls --names)" = $'a\nb' ]
	# One that cannot even be read is removed too.
	echo damaged >"$(sandbox inspect --json a | jq -r .folder)/record"
	sandbox rm --all --force
	says_nothing sandbox ls --names
	rm -f "$XDG_RUNTIME_DIR"/sandbox/*-net-* # of a project that no record names any more
}

@test "rm --all on a terminal asks, and says which boxes are in use" {
	project a
	project b
	sandbox enter a -- true
	sandbox enter b -- sleep 60 &
	wait_until 50 sandbox exec b true
	screen_open
	type_line 'sandbox rm --all'
	screen_shows 'remove all 2 boxes with their homes \(a, b\)\?'
	type_line n
	screen_shows 'nothing was removed'
	[ "$(sandbox ls --names)" = $'a\nb' ]
	type_line 'clear; sandbox rm --all'
	screen_shows 'remove all 2 boxes'
	type_line y
	screen_shows "box 'b' is running"
	[ "$(sandbox ls --names)" = b ]
	sandbox rm --all --force
	wait_for $!
}

@test "a box that root was in counts as idle like any other" {
	project p $'[sandbox]\nlinger = forever'
	sandbox enter --root p -- true
	wait_until 20 bash -c '[ "$(sandbox ps | grep -c idle)" = 1 ]'
	sandbox enter --rebuild p -- true
	sandbox enter --root p -- sh -c 'echo x >~/file'
	SECONDS=0
	sandbox stop p
	sandbox enter --root p -- true
	sandbox rm p
	[ "$SECONDS" -lt 10 ] # nobody had to be killed
}
