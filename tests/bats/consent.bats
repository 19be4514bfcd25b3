#!/usr/bin/env bats
# What a project's file asks for of this machine needs the user's word, once, and again when it is more.

load helpers
load screen

setup() {
	sandbox_setup
	mkdir "$T/data"
	echo secret >"$T/data/file"
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data'
}

teardown() {
	screen_close
	sandbox_teardown
}

accepted() { sandbox enter --accept "$T/p" -- "$@"; }

@test "the first enter of a project that asks for more than its folder is refused, and says how" {
	fails 125 "cannot enter '$T/p': the project asks for these of this machine: /data = $T/data: 'sandbox enter --accept $T/p' if that is your wish" \
		sandbox enter "$T/p" -- cat /data/file
	[ -z "$(sandbox ls --names)" ]
	[ "$(accepted cat /data/file)" = secret ]
	# Once is enough.
	[ "$(sandbox enter "$T/p" -- cat /data/file)" = secret ]
}

@test "what stays inside is asked for by nobody" {
	project p $'[sandbox]\nlinger = 0\nroot = yes\nhostname = h\n[env]\nA = b\n[mounts]\n/t = tmpfs\n/src = . ro\n[run]\n1 = true\n[hooks]\nstart = true'
	[ "$(sandbox enter --quiet "$T/p" -- sh -c 'echo $A')" = b ]
}

@test "each thing of this machine counts, as the value that takes effect" {
	mkdir "$T/root" "$T/p/profiles"
	for ask in 'home = host' 'nested = yes' 'perf = yes' 'io-uring = yes' 'network = host' "image = dir:$T/root"; do
		project p $'[sandbox]\n'"$ask"
		fails 125 "*asks for these of this machine: $ask: *" sandbox enter "$T/p" -- true
	done
	project p $'[mounts]\n~/.x = cache:x'
	fails 125 "*asks for these of this machine: */.x = cache:x: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nimage = registry.invalid/a:1'
	fails 125 "*asks for these of this machine: image = registry.invalid/a:1: *" sandbox enter "$T/p" -- true
	project p $'[ports]\n8080 = 80\n[service db]\nimage = x'
	fails 125 "*asks for these of this machine: \\[ports] 8080 = 80; \\[service db] image = x: *" sandbox enter "$T/p" -- true
	# By a profile of the project's, by a variable, by a link.
	project p $'[sandbox]\nprofile = ./more.ini'
	printf '[mounts]\n/h = ~\n' >p/more.ini
	fails 125 "*asks for these of this machine: /h = $HOME: *" sandbox enter "$T/p" -- true
	ln -s data "$T/link"
	project p $'[mounts]\n/data = ../link'
	fails 125 "*asks for these of this machine: /data = $T/data: *" sandbox enter "$T/p" -- true
	[ -z "$(sandbox ls --names)" ]
}

@test "it is asked again when that changes, not when something else does" {
	accepted true
	project p $'[sandbox]\nlinger = 0\n[env]\nA = b\n[mounts]\n/data = ../data'
	sandbox enter "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data ro'
	fails 125 "*asks for these of this machine, more than before: /data = $T/data ro: *" sandbox enter "$T/p" -- true
	mkdir other
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data\n/other = ../other'
	fails 125 "*more than before: /other = $T/other: *" sandbox enter "$T/p" -- true
	# Code inside that turns `network = none` into the default asks for more as well.
	project p $'[sandbox]\nlinger = 0\nnetwork = none'
	sandbox rm p
	sandbox enter "$T/p" -- true
	project p $'[sandbox]\nlinger = 0'
	fails 125 "*more than before: network = host: *" sandbox enter "$T/p" -- true
}

@test "the command that is named is the one that was given" {
	fails 125 "*: 'sandbox lock --accept $T/p' if that is your wish" sandbox lock "$T/p"
	fails 125 "*: 'sandbox matrix --accept $T/p' if that is your wish" sandbox matrix --image host "$T/p" -- true
	fails 125 "*: 'sandbox enter --accept $T/p' if that is your wish" sandbox exec --start "$T/p" true
}

@test "caches are no step's either before the user has said so" {
	project p $'[mounts]\n/c = cache:c\n[run]\n1 = touch /c/poison'
	fails 125 "*asks for these*cache:c*" sandbox enter "$T/p" -- true
	[ ! -e "$XDG_DATA_HOME/sandbox/caches/c" ]
	# Nor when a box is made anew.
	project q $'[sandbox]\nlinger = 0\n[run]\n1 = true'
	sandbox enter --quiet "$T/q" -- true
	project q $'[sandbox]\nlinger = 0\n[mounts]\n/c = cache:c\n[run]\n1 = touch /c/poison'
	fails 125 "*more than before*cache:c*" sandbox enter --rebuild "$T/q" -- true
	[ ! -e "$XDG_DATA_HOME/sandbox/caches/c" ]
}

@test "on a terminal it is a question; no is the default" {
	screen_open
	type_line "sandbox enter $T/p -- cat /data/file"
	screen_shows 'let it have them'
	screen | grep -F "  /data = $T/data"
	type_line ''
	screen_shows 'was not given what it asks for'
	outer_prompt
	type_line "sandbox enter $T/p -- cat /data/file"
	screen_shows 'let it have them'
	type_line yes
	screen_shows '^secret'
	screen_close
}
