#!/usr/bin/env bats
# sandbox init: the sandbox.ini of a folder.

load helpers
load images
load screen

teardown() {
	screen_close
	sandbox_teardown
}

# The value that the file of a folder gives to a key.
value() { # DIR KEY
	sed -n "s/^$2 *= //p" "$1/sandbox.ini"
}

@test "it writes a file that enter and config accept as it is" {
	mkdir p
	sandbox init p
	[ "$(value p name)" = p ]
	[ "$(value p image)" = host ]
	[ "$(value p profile)" = dev ]
	[ "$(sandbox config ./p image)" = host ]
	[ "$(sandbox enter ./p -- pwd)" = "$T/p" ]
}

@test "every line it comments out is valid too" {
	mkdir p data
	sandbox init p
	# Packages want another image.
	sed -i -e '/^;\[packages\]/d' -e '/^;apt/d' -e 's/^;\([[a-zA-Z/~]\)/\1/' p/sandbox.ini
	[ "$(sandbox config ./p network)" = none ]
	[ "$(sandbox config ./p env.CC)" = gcc ]
	[ "$(sandbox enter --accept ./p -- ls -d /data)" = /data ]
}

@test "without DIR it is the current folder" {
	mkdir p
	cd p
	sandbox init
	[ "$(value . name)" = p ]
	cd "$T"
	sandbox init --yes ./p/ --force
	[ "$(value p name)" = p ]
}

@test "what was written is said on stderr, unless --quiet" {
	mkdir p q
	run --separate-stderr sandbox init p
	[ -z "$output" ]
	[[ $(words_on_stderr) = "sandbox: wrote 'p/sandbox.ini'"* ]]
	run --separate-stderr sandbox init --quiet q
	[ -z "$output$(words_on_stderr)" ]
}

@test "a file that is there stays, whatever it is; --force replaces it" {
	project p
	fails 125 "*p/sandbox.ini*is there*--force*" sandbox init p
	[ "$(cat p/sandbox.ini)" = '[sandbox]' ]
	sandbox init --force p
	[ "$(value p name)" = p ]
	mkdir q
	ln -s "$T/elsewhere" q/sandbox.ini
	fails 125 "*--force*" sandbox init q
	sandbox init -f q
	[ ! -e elsewhere ]
	[ ! -L q/sandbox.ini ]
}

@test "nothing is left of a file that could not be written" {
	mkdir p
	chmod a-w p
	am_root || fails 125 "*sandbox.ini*Permission denied" sandbox init p
	chmod u+w p
	am_root || [ -z "$(ls -A p)" ]
	fails 125 "*no-such-folder*No such file*" sandbox init no-such-folder
	echo >file
	fails 125 "*file*Not a directory" sandbox init file
}

@test "the name is the folder's, made to fit" {
	local dir long
	long=$(printf 'x%.0s' {1..100})

	for dir in 'my project' '.hidden' 'ünï' "$long" '---' 'a.b_c-1' 'end--'; do
		mkdir -- "$dir"
		sandbox init -q -- "$dir"
		sandbox config "./$dir" name >>names
	done
	[ "$(cat names)" = "my-project
hidden
n
${long:0:63}
project
a.b_c-1
end" ]
}

@test "the profile follows the files that are there" {
	local file

	for file in Cargo.toml:rust go.mod:go package.json:node pyproject.toml:python \
		requirements.txt:python setup.py:python pom.xml:java build.gradle:java \
		build.gradle.kts:java CMakeLists.txt:c meson.build:c Makefile:c; do
		mkdir "${file%:*}"
		touch "${file%:*}/${file%:*}"
		sandbox init --yes --quiet "${file%:*}"
		[ "$(value "${file%:*}" profile)" = "dev, ${file#*:}" ]
		sandbox config "./${file%:*}" >/dev/null
	done
}

@test "packages, steps and hooks follow the files too, on an image that has apt" {
	mkdir p
	touch p/package.json p/package-lock.json p/requirements.txt p/CMakeLists.txt
	sandbox init --yes --quiet --image debian:bookworm p
	[ "$(value p profile)" = 'dev, node, python, c' ]
	[ "$(value p apt)" = 'nodejs npm python3 python3-pip build-essential cmake' ]
	[ "$(value p create)" = 'npm ci' ]
	grep -x '1 = python3 -m pip install --break-system-packages -r requirements.txt' p/sandbox.ini
	sandbox config ./p >/dev/null
	fails 125 "*'Bad:Image:1' is no name*" sandbox init --yes --force --image Bad:Image:1 p
	# On the host's own programs nothing can be installed.
	sandbox init --yes --quiet --force p
	run ! grep -E '^(\[packages|\[run|\[hooks|apt|create)' p/sandbox.ini
}

@test "a base that is here is proposed for a project that needs packages" {
	mkdir p q
	touch p/Makefile q/notes.txt
	layout base <<<"{'layers': [[D('etc')]]}"
	sandbox image import --quiet "$T/base" debian:trixie
	sandbox init --yes --quiet p
	[ "$(value p image) $(value p apt)" = 'debian:trixie build-essential' ]
	sandbox init --yes --quiet q
	[ "$(value q image)" = host ]
}

@test "without a terminal nothing is asked" {
	mkdir p
	sandbox init p <<<$'other\nother\nother'
	[ "$(value p name)" = p ]
}

@test "on a terminal three questions, with suggestions, and completion by Tab" {
	mkdir p
	screen_open
	type_line 'sandbox init p'
	screen_shows '^Name of the box \[p\]: *$'
	type_line 'chosen'
	screen_shows '^Image .*\[host\]: *$'
	type_line ''
	screen_shows '^Profiles \[dev\]: *$'
	tmux -S "$T/tmux" send-keys -l 'dev, pyth'
	press Tab Enter
	outer_prompt
	[ "$(value p name)" = chosen ]
	[ "$(value p image)" = host ]
	[ "$(value p profile)" = 'dev, python' ]
}

@test "a bad answer is told and asked for again" {
	mkdir p
	screen_open
	type_line 'sandbox init p'
	screen_shows '^Name of the box'
	type_line '/bad/'
	screen_shows 'expected letters'
	wait_until 50 eval '[ "$(screen | grep -c "^Name of the box")" = 2 ]'
	type_line ''
	screen_shows '^Image'
	type_line 'two words'
	wait_until 50 eval '[ "$(screen | grep -c "^Image")" = 2 ]'
	type_line ''
	screen_shows '^Profiles'
	type_line 'dve'
	screen_shows "did you mean 'dev'"
	type_line 'c'
	outer_prompt
	[ "$(value p name)" = p ]
	[ "$(value p profile)" = c ]
}

@test "Ctrl-C ends it, with the terminal as it was before the prompt is back" {
	mkdir p
	screen_open
	type_line 'sandbox init p'
	screen_shows '^Name of the box'
	press C-c
	outer_prompt
	[[ $(screen_settings) = *" icanon"* && $(screen_settings) = *" echo "* ]]
	[ -z "$(ls -A p)" ]
}

@test "Ctrl-D ends it, and leaves no file" {
	mkdir p
	screen_open
	type_line 'sandbox init p; echo status=$?'
	screen_shows '^Name of the box'
	press C-d
	screen_shows '^status=125'
	[ -z "$(ls -A p)" ]
}

@test "--yes asks nothing on a terminal" {
	mkdir p
	run on_terminal "sandbox init --yes p"
	[ "$status" = 0 ]
	[[ $output != *'['* ]]
	[ "$(value p name)" = p ]
}

@test "a devcontainer.json is read, comments and all, and what was left out is said" {
	mkdir -p p/.devcontainer
	cat >p/.devcontainer/devcontainer.json <<-'JSON'
		// what the team has
		{
			"name": "Team // not a comment",
			"image": "docker.io/library/debian:bookworm", /* and
			more */
			"containerEnv": {"MODE": "cost $5", "PATH": "/opt/x:${containerEnv:PATH}"},
			"remoteEnv": {"HOSTHOME": "${localEnv:HOME}"},
			"mounts": [
				"source=team-cache,target=/cache,type=volume",
				{"source": "${localWorkspaceFolder}/data", "target": "/data", "type": "bind"},
				"target=/scratch,type=tmpfs",
				"source=${localEnv:HOME}/.ssh,target=/ssh,type=bind",
			],
			"forwardPorts": [3000, "db:5432"],
			"workspaceFolder": "/workspaces/p",
			"remoteUser": "vscode",
			"postCreateCommand": ["touch", "it's made"],
			"postStartCommand": "echo started >started",
			"features": {"ghcr.io/x/y": {}},
		}
	JSON
	mkdir p/data
	run -0 sandbox init --yes p
	for line in 'features: write what they install into [packages] or [run]' 'remoteEnv.HOSTHOME: it depends on the host' '/ssh: its source depends on the host' 'forwardPorts: one of another service' 'remoteUser: in the box you are yourself'; do
		[[ $output = *"devcontainer.json: left out: $line"* ]]
	done
	[[ $output != *'team-cache'* ]]
	[ "$(sandbox config ./p image)" = docker.io/library/debian:bookworm ]
	# It does what it says, here on the host's image.
	run -0 sandbox enter --quiet --accept --image host ./p -- sh -c 'echo "$MODE|$PATH|$PWD"; ls -d /cache /data /scratch; ls'
	[[ ${lines[0]} = 'cost $5|/opt/x:'*'|/workspaces/p' ]]
	[ "${lines[1]} ${lines[2]} ${lines[3]}" = '/cache /data /scratch' ]
	[ -e "p/it's made" ] && [ -e p/started ]
}

@test "a devcontainer.json that is broken or hostile is said, and nothing of it gets into other keys" {
	mkdir p q
	echo '{"image": ' >p/.devcontainer.json
	run -0 sandbox init --yes p
	[[ $output = *".devcontainer.json"* ]]
	[ "$(sandbox config ./p image)" = host ]
	printf '{"containerEnv": {"A": "x\\n[sandbox]\\nhome = host", "B=C": "x", "OK": "y ;z", "D": "%0300d"}, "image": "x;y", "postStartCommand": "a\\u0007"}' 1 >q/.devcontainer.json
	run -0 sandbox init --yes q
	[ "$(sandbox config ./q home)" = own ]
	run ! grep -E '^(A|B|start|home)' q/sandbox.ini
	[ "$(sandbox config ./q env.OK)" = 'y ;z' ]
	[ "$(sandbox config ./q env.D | wc -c)" = 301 ]
}

@test "what is written is read back as the same, whatever is in it" {
	mkdir -p p/a=b:c
	cat >p/.devcontainer.json <<-'JSON'
		{
			"containerEnv": {"A": " a ; b ", "B": "\"q\" \\ 'x", "C": "\"whole ; quoted\"", "D": "'"},
			"mounts": [{"source": "${localWorkspaceFolder}/a=b:c", "target": "/m ; n=o:p", "type": "bind"}],
			"postCreateCommand": "cat >made <<E ; echo two >>made\n  ; one\n\n\t\\n # x\nE",
			"postStartCommand": "for i in 1 2; do\n  echo $i\ndone >loop"
		}
	JSON
	run -0 sandbox init --yes --quiet p
	[ -z "$output" ]
	[ "$(sandbox config ./p env.A)" = ' a ; b ' ]
	run -0 --separate-stderr sandbox enter --quiet --accept ./p -- sh -c 'printf "%s|" "$A" "$B" "$C" "$D"; ls -d /m\ *'
	diff -u - <(echo "$output") <<<" a ; b |\"q\" \\ 'x|\"whole ; quoted\"|'|/m ; n=o:p"
	[ "$(cat p/made)" = $'  ; one\n\n\t\\n # x\ntwo' ]
	[ "$(cat p/loop)" = $'1\n2' ]
}

@test "a Dockerfile gives the image of its last stage, .tool-versions the tools" {
	mkdir p
	printf 'FROM golang:1 AS build\nRUN make\nFROM --platform=linux/amd64 debian:trixie AS last\nFROM last\n' >p/Dockerfile
	printf '# tools\nnodejs 20.1.0\nterraform 1.5\n' >p/.tool-versions
	run -0 sandbox init --yes p
	[ "$(value p image)" = debian:trixie ]
	[ "$(value p apt)" = 'nodejs npm' ]
	[ "$(value p profile)" = 'dev, node' ]
	[[ $output = *'.tool-versions: nodejs 20.1.0: the version of the image'*'terraform: left out'*'Dockerfile: only the image'* ]]
}

@test "enter on a terminal offers to write one; no is no, and works on defaults" {
	mkdir p
	screen_open
	type_line 'sandbox enter ./p'
	screen_shows "has no sandbox.ini: write one\\? yes or no \\[no\\]: *$"
	press Enter
	wait_until 50 sandbox inspect p
	[ ! -e p/sandbox.ini ]
	type_line exit
	outer_prompt
	# A folder that is known is not asked about again.
	type_line 'clear; sandbox enter ./p -- echo went'
	screen_shows '^went'
	sandbox rm --force p
	type_line 'clear; sandbox enter ./p'
	screen_shows 'write one'
	type_line yes
	screen_shows '^Name of the box'
	press Enter
	screen_shows '^Image'
	press Enter
	screen_shows '^Profiles'
	press Enter
	screen_shows "wrote '"
	[ "$(value p name)" = p ]
	type_line exit
	outer_prompt
}
