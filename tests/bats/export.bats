#!/usr/bin/env bats
# Shims: programs of a box as commands of the host.

load helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 0\n[env]\nWHERE = inside\n[hooks]\nenter = echo hooked'
	bin=$HOME/.local/bin
}

@test "a shim runs the program in the box, with the caller's directory and stdio and the program's status" {
	mkdir -p p/sub
	sandbox export "$T/p" sh cat 2>/dev/null
	[ "$(cd p/sub && "$bin/sh" -c 'echo $WHERE; pwd' 2>&1)" = $'inside\n'"$T/p/sub" ]
	cd p
	[ "$(echo through | "$bin/cat")" = through ]
	run "$bin/sh" -c 'echo out; echo err >&2; exit 7'
	[ "$status" = 7 ]
	[ "$output" = $'out\nerr' ]
	run "$bin/sh" -c 'kill -TERM $$'
	[ "$status" = 143 ]
}

@test "arguments reach the program unchanged, whatever the directory is called" {
	mkdir "$T/it's a \$(project)"
	echo '[sandbox]' >"$T/it's a \$(project)/sandbox.ini"
	sandbox export --dir "$T/bin" "$T/it's a \$(project)" printf
	cd "$T/it's a \$(project)"
	[ "$("$T/bin/printf" '<%s>' "a b" '$HOME' "'" '' '*')" = "<a b><\$HOME><'><><*>" ]
}

@test "joins a running box, makes a missing one" {
	sandbox export --dir "$T/bin" "$T/p" sh
	says_nothing sandbox ls --names
	cd p
	"$T/bin/sh" -c true
	[ "$(sandbox ls --names)" = p ]
	sandbox enter "$T/p" -- sh -c 'echo here >/tmp/mark; touch up; while [ ! -e down ]; do sleep 0.1; done' 2>/dev/null 3>&- &
	wait_until 50 test -e up
	[ "$("$T/bin/sh" -c 'cat /tmp/mark')" = here ]
	touch down
	wait_for $!
}

@test "files other than shims stay; --remove removes only shims" {
	mkdir -p "$bin"
	echo mine >"$bin/tool"
	fails 125 "'$bin/tool' exists and is not a shim: --force replaces it" sandbox export "$T/p" tool
	[ "$(cat "$bin/tool")" = mine ]
	fails 125 "'$bin/tool' exists and is not a shim*" sandbox export --remove "$T/p" tool
	sandbox export --quiet --force "$T/p" tool
	sandbox export --remove "$T/p" tool
	[ ! -e "$bin/tool" ]
	fails 125 "there is no shim '$bin/tool'" sandbox export --remove "$T/p" tool
	fails 125 "'../x' is not a program name*" sandbox export "$T/p" ../x
	fails 125 "'sandbox' is not a program name*" sandbox export "$T/p" sandbox
}

@test "a directory that is not in PATH gives a note" {
	run --separate-stderr sandbox export "$T/p" sh
	[[ $stderr = *"'$bin' is not in your PATH"* ]]
	PATH=$bin:$PATH run --separate-stderr sandbox export "$T/p" sh
	[[ $stderr != *'not in your PATH'* ]]
}

@test "it says what it wrote, what that hides or is hidden by, and what the box lacks" {
	project q
	PATH=$bin:$PATH run --separate-stderr sandbox export "$T/q" ls only-here
	[[ $stderr = *"wrote '$bin/ls'"*"it hides '/"*"/ls' in the project"*"wrote '$bin/only-here'"*"the box of '$T/q' has no program 'only-here'"* ]]
	says_nothing sandbox ls --names
	PATH=$PATH:$bin run --separate-stderr sandbox export "$T/q" ls
	[[ $stderr = *"/ls' comes first in your PATH: '$bin/ls' is not what 'ls' runs"* ]]
	# If a box exists, it is asked.
	sandbox enter --quiet "$T/q" -- sudo sh -c 'printf "#!/bin/sh\n" >/etc/only-here; chmod +x /etc/only-here'
	run --separate-stderr sandbox export "$T/q" only-here
	[[ $stderr = *"has no program 'only-here'"* ]]
	printf '[env]\nPATH = /etc:$PATH\n' >>q/sandbox.ini
	run --separate-stderr sandbox export "$T/q" only-here
	[[ $stderr != *"has no program"* ]]
}

@test "outside its project a shim runs the next program with that name, and never itself" {
	mkdir -p other one two
	printf '#!/bin/sh\necho "the host'"'s: "'$*"\n' >other/tool
	chmod +x other/tool
	project q
	sandbox export --quiet --dir "$T/one" "$T/p" tool only
	sandbox export --quiet --dir "$T/two" "$T/q" tool
	ln -s "$T/one" link
	export PATH=$T/link:$T/one:$T/two:$T/other:$PATH
	[ "$(tool 'a  b')" = "the host's: a  b" ]
	[ "$("$T/two/tool" x)" = "the host's: x" ]
	fails 127 "'only' is a program of '$T/p', and outside that project PATH has no other" only
	mkdir "$T/p-not"
	cd "$T/p-not"
	[ "$(tool)" = "the host's: " ]
}

@test "variables set for the command are passed; those exported in the shell are not" {
	export TOKEN=secret EDITOR=vi
	sandbox export --quiet --dir "$T/bin" "$T/p" env sh
	cd p
	GOOS=linux PATH=$T/bin:$PATH LD_PRELOAD='' XDG_DATA_DIRS=/x WHERE=named env >"$T/env" 2>&1
	grep -x GOOS=linux "$T/env"
	grep -x WHERE=named "$T/env"
	run ! grep -E '^(TOKEN|EDITOR|LD_PRELOAD|XDG_DATA_DIRS)=' "$T/env"
	[ "$(A='a
b' "$T/bin/sh" -c 'echo "$A"')" = $'a\nb' ]
	# Exported after the shim was made: secrets are not passed, with a note.
	export GITHUB_TOKEN=hidden AWS_SECRET_ACCESS_KEY=hidden AWS_ACCESS_KEY_ID=hidden db_password=hidden MY_AUTH=hidden \
		KEYBOARD=us COMPASS=n GIT_AUTHOR_NAME=Me
	run --separate-stderr "$T/bin/env"
	[[ $output != *hidden* && $output = *KEYBOARD=us* && $output = *COMPASS=n* && $output = *GIT_AUTHOR_NAME=Me* ]]
	[[ $stderr = *"the variable 'GITHUB_TOKEN' may be a secret and stays out of the box: 'sandbox exec --env GITHUB_TOKEN'"* ]]
	[ "$(sandbox exec --start --env GITHUB_TOKEN p sh -c 'echo "$GITHUB_TOKEN"')" = hidden ]
}

@test "exec --start asks for consent as enter does" {
	mkdir data
	project q $'[mounts]\n/data = ../data'
	fails 125 "*asks for these of this machine*" sandbox exec --start "$T/q" true
}

@test "only those of the shell's descriptors are passed that an argument names: <(...)" {
	sandbox export --quiet --dir "$T/bin" "$T/p" cat sh
	cd p
	[ "$("$T/bin/cat" <(echo one) <(echo two))" = $'one\ntwo' ]
	echo text >"$T/file"
	[ "$("$T/bin/cat" /dev/fd/7 /proc/self/fd/200 7<"$T/file" 200< <(echo high))" = $'text\nhigh' ]
	[ "$(sandbox exec --start p cat <(echo exec))" = exec ]
	[ "$(sandbox enter --quiet "$T/p" -- cat <(echo enter))" = enter ]
	[ "$(sandbox run --network none host cat <(echo run))" = run ]
	# Neither a directory nor an unnamed one.
	run "$T/bin/sh" -c 'ls /proc/self/fd /proc/$$/fd' /dev/fd/9 9<"$T" 8<"$T/file"
	[[ $output != *[89]* ]]
	[ "$(sandbox enter --quiet --root "$T/p" -- cat <(seq 100000) | tail -1)" = 100000 ]
}
