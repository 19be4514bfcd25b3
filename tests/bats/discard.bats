#!/usr/bin/env bats
# bats file_tags=disk
# sandbox discard: removes a trial, and nothing else.

load helpers
load screen

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 0'
	echo host >p/file
}

teardown() {
	screen_close
	sandbox_teardown
}

tried() { sandbox try --quiet --accept "$T/p" -- "$@"; }

@test "a trial with changes needs --force or a yes; one without is removed at once" {
	tried sh -c 'echo box >file'
	fails 125 "box 'p-try' has 1 changes: 'sandbox diff p-try' shows them, --force discards them" sandbox discard "$T/p"
	screen_open
	type_line "sandbox discard '$T/p'"
	screen_shows "discard 'p-try' with 1 changes\?"
	type_line no
	screen_shows 'nothing was discarded'
	[ "$(tried cat file)" = box ]
	cd p
	sandbox discard --force
	[ "$(sandbox ls --names)$(cat file)" = host ]
	tried true
	sandbox discard p-try
	says_nothing sandbox ls --names
}

@test "without a trial it says so; a box that is not a trial stays; a running one needs --force" {
	sandbox enter --quiet "$T/p" -- true
	fails 125 "directory '$T/p' has no trial yet: 'sandbox try' makes it" sandbox discard "$T/p"
	fails 125 "box 'p' is not a trial: 'sandbox rm p' removes it" sandbox discard --force p
	tried sh -c 'touch x; exec sleep 60' &
	session=$!
	wait_until 50 sh -c 'sandbox diff p-try 2>/dev/null | grep -q /x'
	fails 125 "box 'p-try' is running: 'sandbox stop p-try' first" sandbox discard "$T/p"
	sandbox discard --force "$T/p"
	wait_for $session
	[ "$status" = 143 ]
	sandbox ls --names | diff - <(echo p)
}
