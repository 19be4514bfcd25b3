#!/usr/bin/env bats
# Help, versions, manual pages, and errors for wrong command lines.

load helpers

commands() {
	sandbox help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# The options in the help of a command and of its subcommands: one "-x --name" or "--name" a line.
options_of() { # COMMAND
	local sub

	{
		sandbox "$1" --help
		for sub in $(sandbox "$1" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
			sandbox "$1" "$sub" --help
		done
	} | sed -nE 's/^  (-[a-zA-Z])?,? +(--[a-z-]+).*/\1 \2/p' | sed 's/^ //' | sort -u
}

@test "help, --help and -h print the same, on stdout, with status 0" {
	run --separate-stderr sandbox help
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	[[ $output = "Usage: sandbox "* ]]
	[ "$(sandbox --help)" = "$output" ]
	[ "$(sandbox -h)" = "$output" ]
}

@test "every command has help: COMMAND --help, -h and help COMMAND" {
	local command

	[ "$(commands | wc -l)" -ge 15 ]
	for command in $(commands); do
		run --separate-stderr sandbox "$command" --help
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		[[ $output = "Usage: sandbox $command"*"Options:"*"--help"*"Manual: sandbox-$command(1)" ]]
		[ "$(sandbox "$command" -h)" = "$output" ]
		[ "$(sandbox help "$command")" = "$output" ]
		# the line in the list is the command's summary
		sandbox help | grep -qE "^  $command +$(sed -n 3p <<<"$output")\$"
	done
}

@test "--help works even with missing or surplus words" {
	sandbox exec --help
	sandbox rm a b c --help
	sandbox help enter --help
}

@test "no help is wider than a terminal" {
	local command

	for command in $(commands); do
		[ "$(sandbox help "$command" | wc -L)" -le 100 ]
	done
	[ "$(sandbox help | wc -L)" -le 80 ]
}

@test "--version" {
	[[ $(sandbox version) =~ ^sandbox\ [0-9]+\.[0-9]+ ]]
	[ "$(sandbox --version)" = "$(sandbox version)" ]
	[ "$(sandbox -V)" = "$(sandbox version)" ]
	[ "sandbox $(sandbox version --json | jq -r .version)" = "$(sandbox version)" ]
}

@test "an unknown command: suggests the nearest, or where to look" {
	fails 125 "unknown command 'entre': did you mean 'enter'?" sandbox entre
	fails 125 "unknown command 'inpsect': did you mean 'inspect'?" sandbox help inpsect
	fails 125 "unknown command 'zzzzzzzz': see 'sandbox help'" sandbox zzzzzzzz
	fails 125 "unknown command '*" sandbox ''
	fails 125 "unknown command 'inpsect': did you mean 'inspect'?" sandbox inpsect --json x
}

@test "no command: prints the help, and exits with 1 as git does" {
	run -1 --separate-stderr sandbox
	[ "$output" = "$(sandbox help)" ]
	[ -z "$stderr" ]
	run -1 sandbox --quiet
	[ "$output" = "$(sandbox help)" ]
	[ "$(sandbox help | wc -l)" -le 60 ]
}

@test "an unknown option: suggests the nearest, or where to look" {
	fails 125 "unknown option '--netwrok' of 'sandbox enter': did you mean '--network'?" \
		sandbox enter --netwrok none
	fails 125 "unknown option '--zzzzzzzz' of 'sandbox ls': see 'sandbox ls --help'" \
		sandbox ls --zzzzzzzz
	fails 125 "unknown option '-Z' of 'sandbox ls': see 'sandbox ls --help'" sandbox ls -Z
	fails 125 "unknown option '--verison' of 'sandbox': did you mean '--version'?" \
		sandbox --verison
}

@test "options cannot be abbreviated" {
	fails 125 "unknown option '--netw' of 'sandbox enter'*" sandbox enter --netw none
}

@test "options with a missing or surplus value" {
	fails 125 "option '--network' needs a value: --network *" sandbox enter --network
	fails 125 "option '-p' needs a value: -p \[HOST:\]PORT" sandbox enter -p
	fails 125 "option '--quiet' takes no value" sandbox ls --quiet=yes
}

@test "missing or surplus words" {
	fails 125 "missing argument: sandbox exec *" sandbox exec
	fails 125 "missing argument: sandbox run *" sandbox run
	fails 125 "unexpected argument 'b': sandbox init *" sandbox init a b
	fails 125 "unexpected argument 'x': sandbox version *" sandbox version x
}

@test "letters can be grouped, values can follow their letter or name" {
	project p
	printf '[env]\nX = 1\n' >x.ini
	[ "$(sandbox enter -qeX=1 ./p -- sh -c 'echo $X')" = 1 ]
	[ "$(sandbox enter --quiet --profile=./x.ini ./p -- sh -c 'echo $X')" = 1 ]
	[ "$(sandbox enter ./p --profile ./x.ini -- sh -c 'echo $X')" = 1 ]
}

@test "options before a command about images reach the program that runs it" {
	tar cf rootfs.tar -C "$SOURCE" LICENSE
	for words in '--quiet image import' 'image --quiet import' 'image import --quiet'; do
		# shellcheck disable=SC2086 # words they are
		run --separate-stderr sandbox $words rootfs.tar quiet:1
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		sandbox image rm quiet:1
	done
	run --separate-stderr sandbox image import rootfs.tar loud:1
	[ -n "$stderr" ]
	run sandbox --quiet image import rootfs.tar
	[ "$status" = 125 ]
	[[ $output = "sandbox: "* ]]
}

@test "exit status: 125 sandbox failed, 126 not executable, 127 not found" {
	touch plain
	run sandbox run --mount "$T/plain:/plain" host /plain
	[ "$status" = 126 ]
	run -127 sandbox run host no-such-command
	run -127 sandbox run host /no/such/command
	run sandbox run host /usr
	[ "$status" = 126 ]
	run sandbox run no-such-image true
	[ "$status" = 125 ]
	for n in 0 1 2 125 126 127 255; do
		run "-$n" sandbox run host sh -c "exit $n"
	done
}

@test "output that cannot be written is a failure" {
	local command

	for command in help version 'profile ls' 'config --json' 'completion bash'; do
		run -125 bash -c "sandbox $command >/dev/full"
		# for output longer than stdio's buffer the reason is lost at the end
		[[ $output = *"cannot write the output"?(": No space left on device") ]]
		run -125 bash -c "sandbox $command >&-"
	done
	# a reader that went away needs no message
	run bash -c 'set -o pipefail; sandbox completion bash | true'
	[[ $output != *sandbox:* ]]
}

@test "it runs with no standard descriptors, no environment and no arguments" {
	bash -c 'exec <&- >&- 2>&-; exec "$SANDBOX" run host true'
	[ "$(env -i "$SANDBOX" version)" = "$(sandbox version)" ]
}

@test "every command and file has its manual page, and no other page exists" {
	local command

	for command in $(commands); do
		grep -q "^.Nm sandbox-$command\$" "$SOURCE/man/sandbox-$command.1"
	done
	[ "$(cd "$SOURCE/man" && ls sandbox-*.1)" = \
		"$(commands | sed 's/.*/sandbox-&.1/' | LC_ALL=C sort)" ]
	[ -f "$SOURCE/man/sandbox.ini.5" ]
	[ -f "$SOURCE/man/sandbox-profile.5" ]
}

@test "a manual page has exactly the options of its command" {
	local command page

	for command in $(commands); do
		page=$(sed -n '/^The options are:/,/^\.Sh/p' "$SOURCE/man/sandbox-$command.1" |
			sed -nE 's/^\.It Fl ([a-zA-Z]) , Fl -([a-z-]+).*/-\1 --\2/p
				t
				s/^\.It Fl -([a-z-]+).*/--\1/p')
		[ "$(sort <<<"$page")" = "$(options_of "$command" | sort)" ]
	done
}

@test "the main page names every command" {
	local command

	for command in $(commands); do
		grep -Eq "(Cm|Ic|Xr sandbox-|sandbox )$command" "$SOURCE/man/sandbox.1"
	done
}

@test "no message contains an escape or a newline from the caller" {
	fails 125 "unknown command 'a\\\\x1b\[31m\\\\nb'*" sandbox $'a\e[31m\nb'
}
