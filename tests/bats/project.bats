#!/usr/bin/env bats
# Which project or box a PROJECT of the command line means: sandbox(1), WHICH PROJECT.

load helpers

# The project directory of the box, seen from the current directory.
where() { # [PROJECT]
	sandbox enter --quiet "$@" -- pwd -P
}

notes() { # PATTERN COMMAND...: it works, with this one note
	local pattern=$1

	shift
	run -0 --separate-stderr "$@"
	# shellcheck disable=SC2053 # a pattern
	[[ $(words_on_stderr) = "sandbox: "$pattern && ($stderr != *$'\n'* || $TEST_MODE = root) ]]
}

@test "a name beside the directory, in it, and by name = in its file" {
	project w/myproj
	project w/other $'[sandbox]\nname = called'
	project 'w/odd name'
	mkdir -p w/myproj/sub/deep
	cd w
	[ "$(where myproj)" = "$T/w/myproj" ]
	[ "$(where myproj/)" = "$T/w/myproj" ]
	ln -s myproj link
	[ "$(where link)" = "$T/w/myproj" ] # the link's directory has its box already
	[ "$(where 'odd name')" = "$T/w/odd name" ]
	cd other
	[ "$(where called)" = "$T/w/other" ]
	[ "$(where other)" = "$T/w/other" ]
	cd ../myproj/sub/deep
	sandbox rm --force myproj
	[ "$(where myproj)" = "$T/w/myproj/sub/deep" ]
	[ "$(sandbox ls --names)" = $'called\nmyproj\nodd-name' ]
}

@test "every command has the same rule" {
	project p $'[sandbox]\nlinger = forever\nnetwork = none'
	sandbox enter p -- true
	[ "$(sandbox config p network)" = none ]
	sandbox rm --force p # no box has the name now, the directory has
	[ "$(sandbox config p network)" = none ]
	for command in 'exec p true' 'stop p' 'rm p' 'inspect p' 'diff p' 'apply p'; do
		# shellcheck disable=SC2086 # words
		fails 125 "directory '$T/p' has no box yet*" sandbox $command
	done
	fails 125 "directory '$T/p' has no trial yet*" sandbox discard p
	sandbox try p -- touch tried
	[ "$(sandbox diff p)" = "  A $T/p/tried" ]
	cd p
	sandbox discard --force p
	sandbox exec --start p true
	sandbox stop p
	[ "$(sandbox inspect --json p | jq -r .project)" = "$T/p" ]
	sandbox rm p
}

@test "a box with the name takes precedence, with a note if a directory here has it too" {
	project a/same
	project b/same
	(cd a && sandbox enter same -- true)
	cd b
	notes "box 'same' is of '$T/a/same', not of the directory 'same' here: './same' means that" \
		sandbox enter same -- pwd
	[ "$output" = "$T/a/same" ]
	cd same
	notes "box 'same' is of '$T/a/same', not of the project '$T/b/same' here: *" \
		sandbox inspect same
	[ "$(where .)" = "$T/b/same" ]
	cd ../../a # the box's own directory is nothing to note
	run -0 --separate-stderr sandbox enter same -- true
	says_nothing words_on_stderr
}

@test "errors: neither box, directory nor enclosing project; what cannot be checked" {
	project p
	touch file
	ln -s nowhere dangling
	ln -s loop loop
	for name in nothing file dangling ''; do
		fails 125 "there is no box named '$name', nor a directory here, *" sandbox enter "$name"
	done
	fails 125 "cannot open 'loop' here: Too many levels of symbolic links" sandbox enter loop
	fails 125 "cannot open the project './file/': Not a directory" sandbox enter ./file/
	sandbox enter ./p -- true
	fails 125 "there is no box named 'pp', did you mean 'p'?" sandbox exec pp true
	# An unreadable file might give its project that name.
	project q $'[sandbox]\nnme = x'
	cd q
	fails 125 "cannot tell whether the project '$T/q' is called 'x': *sandbox.ini:2: *" \
		sandbox enter x
}

@test "a directory in a project means the project; rm needs its name" {
	project p
	mkdir -p p/src/deep
	cd p/src
	notes "'.' is a part of the project '$T/p': 'sandbox init .' makes it a project of its own" \
		sandbox enter . -- pwd
	[ "$output" = "$T/p/src" ]
	(cd .. && notes "'src' is a part of the project*" sandbox exec --start src pwd)
	sandbox stop p
	(cd .. && notes "'src' is a part of the project*" sandbox exec --start src pwd)
	fails 125 "directory 'deep' has no box; the project '$T/p', *" sandbox rm deep
	[ "$(sandbox ls --names)" = p ]
	# Without a sandbox.ini, below a directory that has a box.
	rm ../sandbox.ini
	notes "'./deep' is a part of the project '$T/p': *" sandbox enter ./deep -- true
	[ "$(where)" = "$T/p/src" ]
	[ "$(sandbox ls --names)" = p ]
}

@test "a sandbox.ini below a known project has no effect until it is named" {
	project p $'[sandbox]\nlinger = 0\nnetwork = none'
	project p/src $'[sandbox]\nlinger = 0'
	mkdir p/src/deep
	cd p/src
	[ "$(where)" = "$T/p/src" ] # of two that nobody has entered it is the nearest
	[ "$(sandbox ls --json | jq -r '.[].project')" = "$T/p/src" ]
	sandbox rm src
	sandbox enter .. -- true
	notes "'$T/p/src/sandbox.ini' is not used, the project is '$T/p': *" sandbox config network
	[ "$output" = none ]
	cd deep
	notes "'$T/p/src/sandbox.ini' is not used*" sandbox enter -- true
	run -0 --separate-stderr sandbox activate --now bash # not at each prompt
	[ -z "$stderr" ]
	sandbox enter .. -- true
	[ "$(sandbox ls --names)" = $'p\nsrc' ]
	run -0 --separate-stderr sandbox config network # named once, it is one
	[ "$output" = gateway ]
	says_nothing words_on_stderr
}

@test "--name does not rename an existing box" {
	project p
	sandbox enter --name n ./p -- true
	sandbox enter --name n p -- true
	fails 125 "cannot enter '$T/p': its box is named 'n' already: 'sandbox rename n m' *" \
		sandbox enter --name m ./p -- true
}

@test "the user's own directories may be reached through symlinks" {
	mkdir -p disk/data disk/home disk/p
	mkdir -m 0700 disk/run
	ln -s disk/p project
	printf '[sandbox]\nprofile = dev, c\nlinger = 0\n[mounts]\n/m = ~/link/m\n' >disk/p/sandbox.ini
	mkdir -p disk/m disk/home/.config
	ln -s "$T/disk" disk/home/link
	rm -r home xdg/data
	ln -s disk/home home
	ln -s ../disk/data xdg/data
	ln -s "$T/disk/run" runlink
	export XDG_RUNTIME_DIR=$T/runlink
	sandbox enter --accept project -- sh -c 'pwd; touch /m/there ~/.cache/ccache/c' >out
	[ "$(cat out)" = "$T/disk/p" ]
	[ -e disk/m/there ]
	[ -e disk/data/sandbox/caches/ccache/c ]
	sandbox enter project -- true # and was agreed to
	sandbox try project -- sh -c 'touch new /m/new ~/.cache/ccache/new'
	sandbox apply --yes ./project
	[ -e disk/p/new ]
	[ -e disk/m/new ]
	[ -e disk/data/sandbox/caches/ccache/new ]
	[ "$(sandbox run host echo ran)" = ran ]
	# The store itself, moved to a bigger disk.
	mv disk/data/sandbox disk/moved
	ln -s ../moved disk/data/sandbox
	sandbox enter project -- true
	sandbox discard --force ./project
	sandbox rm p
}

@test "apply still refuses to write into the store" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- sh -c 'mkdir d; echo x >~/file'
	fails 125 "*boxes are kept there*" sandbox apply --yes --from "$HOME" \
		--to "$T/xdg/data/sandbox/boxes" p
}
