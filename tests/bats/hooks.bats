#!/usr/bin/env bats
# [hooks]: create, start, enter and exit, inside the box, in the project's directory.

load helpers
load screen

hooks() { # TEXT: the section
	project p $'[sandbox]\nlinger = 0\n[hooks]\n'"$1"
}

gone() { wait_until 50 no_processes; }

@test "create runs once, start at each start, enter before each session, exit when the box ends" {
	hooks $'create = echo create >>log\nstart = echo start >>log\nenter = echo enter >>log\nexit = echo exit >>log'
	mkdir p/sub
	(cd p/sub && sandbox enter -- sh -c 'echo session >>../log')
	gone
	(cd p && sandbox enter -- sh -c 'echo session >>log')
	gone
	[ "$(paste -sd' ' p/log)" = 'create start enter session exit start enter session exit' ]
}

@test "a session that joins a running box runs only enter; exec runs none" {
	hooks $'start = echo start >>log\nenter = echo enter >>log'
	sandbox enter "$T/p" -- sh -c 'touch up; while [ ! -e down ]; do sleep 0.1; done' 3>&- &
	wait_until 50 test -e p/up
	sandbox enter "$T/p" -- true
	sandbox exec p true
	touch p/down
	wait_for $!
	[ "$(paste -sd' ' p/log)" = 'start enter enter' ]
}

@test "the output of hooks is not the session's, and they do not read its input" {
	hooks $'create = echo created\nenter = cat; echo welcome'
	run --separate-stderr bash -c 'echo mine | sandbox enter "$1" -- cat' - "$T/p"
	[ "$status" = 0 ]
	[ "$output" = mine ]
	[[ $stderr = *created*welcome* ]]
}

@test "their text is shell text: semicolons, comments, here-documents, any length" {
	hooks "create =
  # a comment of the shell
  cat >text <<'E' ; echo after >>text
  ; no comment
    # nor this, and it is indented

  E
  case x in
  x) echo case >>text
    ;;
  esac
enter = echo one >enter ; echo two >>enter
start = printf %s $(printf 'x%.0s' {1..100000}) >long"
	sandbox enter "$T/p" -- true
	[ "$(cat p/text)" = $'; no comment\n  # nor this, and it is indented\n\nafter\ncase' ]
	[ "$(cat p/enter)" = $'one\ntwo' ]
	[ "$(stat -c %s p/long)" = 100000 ]
}

@test "text that was a comment in old files, and is a command now, is explained when it fails" {
	hooks 'start = true ; exit 3'
	fails 125 "*the hook 'start' failed with status 3; a ';' in it ends a command and begins no comment; *" \
		sandbox enter "$T/p" -- true
}

@test "a create or start that fails is an error, and runs again; enter only warns" {
	hooks $'create = echo once >>log; [ -e fixed ]\nenter = exit 3'
	fails 125 "cannot enter '$T/p': the hook 'create' failed with status 1; 'sandbox enter --rescue' opens a shell*" sandbox enter "$T/p" -- true
	gone
	touch p/fixed
	run --separate-stderr sandbox enter "$T/p" -- echo in
	[ "$status" = 0 ]
	[ "$output" = in ]
	[[ $stderr = *"warning: the hook 'enter' ended with status 3"* ]]
	[ "$(grep -c once p/log)" = 2 ]
	hooks 'start = exit 4'
	gone
	fails 125 "cannot enter '$T/p': the hook 'start' failed with status 4; *" sandbox enter "$T/p" -- true
}

@test "stop runs exit, with a time limit; with force it is skipped" {
	project p $'[sandbox]\nlinger = 1m\n[hooks]\nexit = echo exit >>log'
	sandbox enter "$T/p" -- true
	sandbox stop p
	[ "$(cat p/log)" = exit ]
	sandbox enter "$T/p" -- true
	sandbox rm --force p
	[ "$(cat p/log)" = exit ]
	project q $'[sandbox]\nlinger = 1m\n[hooks]\nexit = sleep 1000'
	sandbox enter "$T/q" -- true
	sandbox stop --time 1 q
	wait_until 50 no_processes
}

@test "sudo cannot register something to run at the exit of the box" {
	hooks 'exit = echo exit >>log'
	sandbox enter "$T/p" -- sudo true
	gone
	[ "$(cat p/log)" = exit ]
}

@test "background processes of a start hook outlive the hook's terminal" {
	project t $'[hooks]\nstart = sleep 300 &'
	screen_open
	type_line "sandbox enter $T/t -- true"
	outer_prompt
	type_line "clear; sandbox ps"
	screen_shows 'sleep 300'
	screen_close
	sandbox stop t
}
