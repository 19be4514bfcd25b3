#!/usr/bin/env bats
# sandbox console: a prompt for the same commands.

load helpers
load screen

setup() {
	sandbox_setup
	project alpha $'[sandbox]\nlinger = 0'
}

teardown() {
	screen_close
	sandbox_teardown
}

@test "lines are commands, with words quoted as in sh; the exit status is the last one's" {
	run -3 sandbox console <<-'LINES'
		config ./alpha linger
		cd alpha
		sandbox enter -- sh -c 'echo "in $PWD"'

		enter -- sh -c "exit 3"
	LINES
	[[ $output = $'0\n'*"in $T/alpha" ]]
	run -125 sandbox console <<<'config ./alpha | cat'
	[ "$output" = 'sandbox: quote what a shell would read as more than a word' ]
	run -125 sandbox console <<<'cd /nowhere'
	[ "$output" = "sandbox: cannot enter '/nowhere': No such file or directory" ]
	run -0 sandbox console <<<$'cd /nowhere\nls'
}

@test "nothing in a line is run as a command of the host" {
	run sandbox console <<<'ls $(touch hit) `touch hit`'
	[ ! -e hit ]
}

@test "on a terminal: completion, history across two runs, a session in between" {
	sandbox enter --quiet "$T/alpha" -- true
	screen_open
	type_line 'sandbox console'
	prompt sandbox
	tmux -S "$T/tmux" send-keys -l 'insp'
	press Tab
	screen_shows '^sandbox> inspect'
	tmux -S "$T/tmux" send-keys -l 'al'
	press Tab
	screen_shows '^sandbox> inspect alpha'
	press Enter
	screen_shows '^control'
	prompt sandbox
	press C-d
	outer_prompt
	type_line 'clear; sandbox console'
	prompt sandbox
	press Up
	screen_shows '^sandbox> inspect alpha'
	press C-c
	prompt sandbox
	type_line "enter ./alpha -- env PS1='box> ' bash --norc --noprofile --noediting"
	prompt box
	type_line 'echo here-$((40 + 2)); exit'
	screen_shows 'here-42'
	prompt sandbox
	type_line exit
	outer_prompt
}
