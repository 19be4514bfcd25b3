#!/usr/bin/env bats
# Shims: programs of a box as commands of the host.

load helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 0\n[env]\nWHERE = inside\n[hooks]\nenter = echo hooked'
	bin=$HOME/.local/bin
}

@test "a shim runs the program in the box, with the caller's folder, stdio and the program's status" {
	mkdir -p p/sub
	sandbox export "$T/p" sh cat 2>/dev/null
	[ "$(cd p/sub && "$bin/sh" -c 'echo $WHERE; pwd' 2>&1)" = $'inside\n'"$T/p/sub" ]
	[ "$(echo through | "$bin/cat")" = through ]
	run "$bin/sh" -c 'echo out; echo err >&2; exit 7'
	[ "$status" = 7 ] && [ "$output" = $'out\nerr' ]
	run "$bin/sh" -c 'kill -TERM $$'
	[ "$status" = 143 ]
}

@test "arguments reach the program as they are, whatever the folder is called" {
	mkdir "$T/it's a \$(project)"
	echo '[sandbox]' >"$T/it's a \$(project)/sandbox.ini"
	sandbox export --dir "$T/bin" "$T/it's a \$(project)" printf
	[ "$("$T/bin/printf" '<%s>' "a b" '$HOME' "'" '' '*')" = "<a b><\$HOME><'><><*>" ]
}

@test "a box that runs is joined, one that is not there is made" {
	sandbox export --dir "$T/bin" "$T/p" sh
	[ -z "$(sandbox ls --names)" ]
	"$T/bin/sh" -c true
	[ "$(sandbox ls --names)" = p ]
	sandbox enter "$T/p" -- sh -c 'echo here >/tmp/mark; touch up; while [ ! -e down ]; do sleep 0.1; done' 2>/dev/null 3>&- &
	wait_until 50 test -e p/up
	[ "$("$T/bin/sh" -c 'cat /tmp/mark')" = here ]
	touch p/down
	wait_for $!
}

@test "what is no shim stays; --remove takes shims away and nothing else" {
	mkdir -p "$bin"
	echo mine >"$bin/tool"
	fails 125 "'$bin/tool' is there and no shim: --force replaces it" sandbox export "$T/p" tool
	[ "$(cat "$bin/tool")" = mine ]
	fails 125 "'$bin/tool' is there and no shim*" sandbox export --remove "$T/p" tool
	sandbox export --quiet --force "$T/p" tool
	sandbox export --remove "$T/p" tool
	[ ! -e "$bin/tool" ]
	fails 125 "there is no shim '$bin/tool'" sandbox export --remove "$T/p" tool
	fails 125 "'../x' is no program's name*" sandbox export "$T/p" ../x
	fails 125 "'sandbox' is no program's name*" sandbox export "$T/p" sandbox
}

@test "a folder that is not in PATH is noted" {
	run --separate-stderr sandbox export "$T/p" sh
	[[ $stderr = *"'$bin' is not in your PATH"* ]]
	PATH=$bin:$PATH run --separate-stderr sandbox export "$T/p" sh
	[ -z "$stderr" ]
}

@test "exec --start asks for consent as enter does" {
	mkdir data
	project q $'[mounts]\n/data = ../data'
	fails 125 "*asks for these of this machine*" sandbox exec --start "$T/q" true
}
