#!/usr/bin/env bats
# sandbox exec: one command in a running box.

load helpers

setup() {
	sandbox_setup
	project p
	sandbox enter ./p -- true
}

@test "exec runs beside the other sessions of the box" {
	sandbox enter p -- sh -c 'echo from enter >/tmp/x; sleep 20' &
	wait_until 50 sandbox exec p test -e /tmp/x
	[ "$(sandbox exec p cat /tmp/x)" = 'from enter' ]
	wait_until 50 sandbox exec p pkill sleep
	wait_for $!
}

@test "the box is named by its name or by its project's directory" {
	[ "$(sandbox exec p echo 1)" = 1 ]
	[ "$(sandbox exec ./p echo 2)" = 2 ]
	cd p
	[ "$(sandbox exec . echo 3)" = 3 ]
}

@test "everything after the box is the command" {
	[ "$(sandbox exec p echo -w --root)" = '-w --root' ]
	[ "$(sandbox exec p -- echo x)" = x ]
}

@test "exit status, stdin and options work as with enter" {
	run sandbox exec p sh -c 'exit 3'
	[ "$status" = 3 ]
	[ "$(sandbox exec p cat <<<piped)" = piped ]
	[ "$(sandbox exec --root p id -u)" = 0 ]
	[ "$(sandbox exec --workdir /usr p pwd)" = /usr ]
	[ "$(sandbox exec --env A=1 p sh -c 'echo $A')" = 1 ]
}

@test "it starts in the caller's subdirectory of the project" {
	mkdir p/sub
	cd p/sub
	[ "$(sandbox exec p pwd)" = "$T/p/sub" ]
	cd /
	[ "$(sandbox exec p pwd)" = "$T/p" ]
}

@test "a box that is not running is an error that says how to start it" {
	sandbox stop p
	fails 125 "*'p' is not running*enter*" sandbox exec p true
}

@test "errors: no such box, no command" {
	fails 125 "*no box named 'q'*" sandbox exec q true
	fails 125 "*no command*" sandbox exec p
	fails 125 "*missing argument*" sandbox exec
}
