#!/usr/bin/env bats
# What a project's file asks for on this machine needs the user's consent, once, and again for
# anything more.

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

@test "the first enter of a project that asks for more than its directory is refused, with the command to accept it" {
	fails 125 "cannot enter '$T/p': the project asks for these of this machine: /data = $T/data: 'sandbox enter --accept $T/p' to agree" \
		sandbox enter "$T/p" -- cat /data/file
	says_nothing sandbox ls --names
	[ "$(accepted cat /data/file)" = secret ]
	# Consent is kept.
	[ "$(sandbox enter "$T/p" -- cat /data/file)" = secret ]
}

@test "what stays inside the box needs no consent" {
	project p $'[sandbox]\nlinger = 0\nroot = yes\nhostname = h\n[env]\nA = b\n[mounts]\n/t = tmpfs\n/src = . ro\n[run]\n1 = true\n[hooks]\nstart = true'
	[ "$(sandbox enter --quiet "$T/p" -- sh -c 'echo $A')" = b ]
}

@test "each thing of this machine counts, by its effective value" {
	mkdir "$T/root" "$T/p/profiles"
	for ask in 'home = host' 'nested = yes' 'perf = yes' 'io-uring = yes' 'network = host' "image = dir:$T/root"; do
		! am_root || [[ $ask != @(nested|io-uring)* ]] || continue # refused: tests/attack/kernel_files.bats
		project p $'[sandbox]\n'"$ask"
		fails 125 "*asks for these of this machine: $ask: *" sandbox enter "$T/p" -- true
	done
	project p $'[mounts]\n~/.x = cache:x'
	fails 125 "*asks for these of this machine: */.x = cache:x: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nimage = registry.invalid/a:1'
	fails 125 "*asks for these of this machine: image = registry.invalid/a:1: *" sandbox enter "$T/p" -- true
	project p $'[ports]\n8080 = 80'
	fails 125 "*asks for these of this machine: \\[ports] 8080 = 80: *" sandbox enter "$T/p" -- true
	# Through a profile of the project, a variable, a symlink.
	project p $'[sandbox]\nprofile = ./more.ini'
	printf '[mounts]\n/h = ~\n' >p/more.ini
	fails 125 "*asks for these of this machine: /h = $HOME: *" sandbox enter "$T/p" -- true
	ln -s data "$T/link"
	project p $'[mounts]\n/data = ../link'
	fails 125 "*asks for these of this machine: /data = $T/data: *" sandbox enter "$T/p" -- true
	says_nothing sandbox ls --names
}

@test "a box that is ending is not one that runs with other settings" {
	accepted true
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data'
	# its last process takes two seconds more
	sandbox enter "$T/p" -- sh -c '(trap "" TERM; touch ready; exec sleep 2) >/dev/null 2>&1 &
		while [ ! -e ready ]; do sleep 0.05; done'
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data ro'
	fails 125 "*asks for these of this machine, more than before: /data = $T/data ro: *" sandbox enter "$T/p" -- true
}

@test "a change of what was agreed to is asked again, other changes are not" {
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
	fails 125 "*more than before: network = gateway: *" sandbox enter "$T/p" -- true
}

@test "the error names the command that was given" {
	fails 125 "*: 'sandbox lock --accept $T/p' to agree" sandbox lock "$T/p"
	fails 125 "*: 'sandbox matrix --accept $T/p' to agree" sandbox matrix --image host "$T/p" -- true
	fails 125 "*: 'sandbox enter --accept $T/p' to agree" sandbox exec --start "$T/p" true
}

@test "steps get no caches either before the user has agreed" {
	project p $'[mounts]\n/c = cache:c\n[run]\n1 = touch /c/poison'
	fails 125 "*asks for these*cache:c*" sandbox enter "$T/p" -- true
	[ ! -e "$XDG_DATA_HOME/sandbox/caches/c" ]
	# Nor when a box is rebuilt.
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

@test "caches of shipped profiles need no consent, and connect no projects" {
	project victim $'[sandbox]\nprofile = c\nlinger = 0'
	project stranger $'[sandbox]\nprofile = c\nlinger = 0'
	sandbox enter "$T/stranger" -- sh -c 'echo poison >~/.cache/ccache/x'
	says_nothing sandbox enter "$T/victim" -- sh -c 'ls -A ~/.cache/ccache'
	# The project's own caches stay, and so do the shared ones.
	sandbox rm stranger
	[ "$(sandbox enter "$T/stranger" -- sh -c 'cat ~/.cache/ccache/x')" = poison ]
	# With consent they are shared from then on.
	project friend $'[sandbox]\nprofile = c\nlinger = 0'
	sandbox enter --accept "$T/friend" -- sh -c 'echo good >~/.cache/ccache/x'
	[ "$(sandbox enter --accept "$T/victim" -- sh -c 'cat ~/.cache/ccache/x')" = good ]
	[ "$(sandbox enter "$T/victim" -- sh -c 'cat ~/.cache/ccache/x')" = good ]
	# The same lines in the project's own file, or in a profile of its own, are the project's.
	printf '[mounts]\n~/.cache/ccache = cache:ccache\n' >team.ini
	project other $'[sandbox]\nprofile = c, ../team.ini'
	fails 125 "*: */.cache/ccache = cache:ccache: 'sandbox*" sandbox enter "$T/other" -- true
	project other $'[sandbox]\nprofile = c\n[mounts]\n/mine = cache:ccache'
	fails 125 "*: /mine = cache:ccache: 'sandbox*" sandbox enter "$T/other" -- true
	# A name that would be another project's own cache needs consent.
	project other $'[mounts]\n/mine = cache:'"$(cd "$XDG_DATA_HOME/sandbox/caches" && printf '%s\n' ccache.* | head -1)"
	fails 125 "*: /mine = cache:ccache.*" sandbox enter "$T/other" -- true
}

@test "what init wrote is agreed to, but only exactly as it was written" {
	mkdir c more
	touch c/Makefile more/package.json
	sandbox init --yes c
	sandbox enter ./c -- sh -c 'echo mine >~/.cache/ccache/x'
	[ "$(cat "$XDG_DATA_HOME/sandbox/caches/ccache/x")" = mine ]
	says_nothing ls "$XDG_DATA_HOME/sandbox/agreed"
	echo $'[mounts]\n/data = ../data' >>c/sandbox.ini
	sandbox stop c
	fails 125 "*more than before: /data = $T/data: *" sandbox enter ./c -- true
	# Once changed before the first enter, it is a file like any other.
	sandbox init --yes --image "dir:$T/data" more
	sed -i 's/^profile.*/&, ssh-agent/' more/sandbox.ini
	export SSH_AUTH_SOCK=$T/agent
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/agent"
	fails 125 "*asks for these of this machine: image = dir:$T/data; ssh-agent*" sandbox enter ./more -- true
	[ ! -e "$XDG_DATA_HOME/sandbox/caches/npm" ]
	# What it copied from a file of the project was not agreed to.
	project d
	rm d/sandbox.ini
	echo '{"image": "registry.invalid/a:1", "mounts": ["source='"$T"'/data,target=/data,type=bind"]}' >d/.devcontainer.json
	sandbox init --yes d
	fails 125 "*asks for these of this machine: image = registry.invalid/a:1; /data = $T/data: *" sandbox enter ./d -- true
}
