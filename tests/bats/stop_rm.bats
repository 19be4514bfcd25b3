#!/usr/bin/env bats
# sandbox stop and rm.

load helpers

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

@test "stop asks with SIGTERM first" {
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
	[ "$SECONDS" -ge 1 ] && [ "$SECONDS" -le 4 ]
	wait_for $!
	[ "$status" != 0 ]
	wait_until 20 no_processes
}

@test "stop of what is stopped already is fine" {
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
	folder=$(sandbox inspect --json p | jq -r .folder)
	sandbox stop p
	sandbox rm p
	[ ! -e "$folder" ]
	[ "$(cat p/here)" = x ]
	[ -z "$(sandbox ls --names)" ]
}

@test "a box that runs is not removed without --force" {
	project p
	sandbox enter ./p -- true
	fails 125 "*'p' is running*stop*--force*" sandbox rm p
	[ "$(sandbox ls --names)" = p ]
	sandbox rm --force p
	[ -z "$(sandbox ls --names)" ]
	wait_until 20 no_processes
}

@test "rm --force ends running sessions" {
	project p
	sandbox enter ./p -- sleep 30 &
	wait_until 50 sandbox exec p true
	sandbox rm --force p
	wait_for $!
	[ "$status" != 0 ]
}

@test "several boxes at once; one that is missing does not keep the others" {
	project a
	project b
	sandbox enter ./a -- true
	sandbox enter ./b -- true
	sandbox stop a b
	wait_until 20 no_processes
	run --separate-stderr sandbox rm a nothere b
	[ "$status" = 125 ]
	[[ $stderr = *nothere* ]]
	[ -z "$(sandbox ls --names)" ]
}

@test "by the project's folder, from inside it too" {
	project p
	sandbox enter ./p -- true
	cd p
	sandbox stop .
	sandbox rm .
	[ -z "$(sandbox ls --names)" ]
}

@test "a box whose project folder is gone can be stopped and removed" {
	project p
	sandbox enter ./p -- true
	rm -r p
	sandbox stop p
	sandbox rm p
	[ -z "$(sandbox ls --names)" ]
}

@test "after rm the project starts afresh" {
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
