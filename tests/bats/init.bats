#!/usr/bin/env bats
# sandbox init: writes the sandbox.ini of a directory.

load helpers
load images
load screen

teardown() {
	screen_close
	sandbox_teardown
}

# The value of a key in the file of a directory.
value() { # DIR KEY
	sed -n "s/^$2 *= //p" "$1/sandbox.ini"
}

# Waits for the prompt of the user's shell in a box.
box_prompt() {
	wait_until 50 screen_ends_with '[$#]$'
}

@test "it writes a file that enter and config accept" {
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
	# Packages need another image.
	sed -i -e '/^;\[packages\]/d' -e '/^;apt/d' -e 's/^;\([[a-zA-Z/~]\)/\1/' p/sandbox.ini
	[ "$(sandbox config ./p network)" = none ]
	[ "$(sandbox config ./p env.CC)" = gcc ]
	[ "$(sandbox enter --accept ./p -- ls -d /data)" = /data ]
}

@test "without DIR it uses the current directory" {
	mkdir p
	cd p
	sandbox init
	[ "$(value . name)" = p ]
	cd "$T"
	sandbox init --yes ./p/ --force
	[ "$(value p name)" = p ]
}

@test "what was written is reported on stderr, unless --quiet" {
	mkdir p q
	run --separate-stderr sandbox init p
	[ -z "$output" ]
	[[ $(words_on_stderr) = "sandbox: wrote 'p/sandbox.ini'"* ]]
	run --separate-stderr sandbox init --quiet q
	[ -z "$output$(words_on_stderr)" ]
}

@test "an existing file stays, whatever it is; --force replaces it" {
	project p
	fails 125 "*p/sandbox.ini*exists*--force*" sandbox init p
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

@test "a file that could not be written leaves nothing" {
	mkdir p
	chmod a-w p
	am_root || fails 125 "*sandbox.ini*Permission denied" sandbox init p
	chmod u+w p
	am_root || says_nothing ls -A p
	fails 125 "*no-such-folder*No such file*" sandbox init no-such-folder
	echo >file
	fails 125 "*file*Not a directory" sandbox init file
}

@test "the name is the directory's, made valid" {
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

@test "the profile follows from the files in the directory" {
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

@test "packages, steps and hooks follow from the files too, on an image that has apt" {
	mkdir p
	touch p/package.json p/package-lock.json p/requirements.txt p/CMakeLists.txt
	sandbox init --yes --quiet --image debian:bookworm p
	[ "$(value p profile)" = 'dev, node, python, c' ]
	[ "$(value p apt)" = 'nodejs npm python3 python3-pip python3-venv build-essential cmake pkg-config' ]
	[ "$(value p create)" = 'npm ci' ]
	grep -x '1 = python3 -m pip install --break-system-packages -r requirements.txt' p/sandbox.ini
	sandbox config ./p >/dev/null
	fails 125 "*'Bad:Image:1' is not the name*" sandbox init --yes --force --image Bad:Image:1 p
	# Nothing can be installed on the host's own programs.
	sandbox init --yes --quiet --force --image host p
	run ! grep -E '^(\[packages|\[run|apt)' p/sandbox.ini
}

@test "a local base is proposed for a project that needs packages" {
	mkdir p q
	touch p/Makefile q/notes.txt
	layout base <<<"{'layers': [[D('etc')]]}"
	sandbox image import --quiet "$T/base" debian:trixie
	sandbox init --yes --quiet p
	[ "$(value p image) $(value p apt)" = 'debian:trixie build-essential' ]
	sandbox init --yes --quiet q
	[ "$(value q image)" = host ]
	# An image with another name is judged by its layers.
	layout boot <<<"{'layers': [[D('usr'), D('usr/bin'), F('usr/bin/apt-get', b'x')], [D('etc')]]}"
	sandbox image import --quiet "$T/boot" boot:1
	sandbox init --yes --quiet --force --image boot:1 p
	[ "$(value p image) $(value p apt)" = 'boot:1 build-essential' ]
	layout none <<<"{'layers': [[D('etc')]]}"
	sandbox image import --quiet "$T/none" none:1
	sandbox init --yes --quiet --force --image none:1 p
	says_nothing value p apt
}

@test "without a terminal nothing is asked" {
	mkdir p
	sandbox init p <<<$'other\nother\nother'
	[ "$(value p name)" = p ]
}

@test "on a terminal three questions, with suggestions and Tab completion" {
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

@test "an invalid answer is reported and asked again" {
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

@test "Ctrl-C ends it, with the terminal restored before the prompt is back" {
	mkdir p
	screen_open
	type_line 'sandbox init p'
	screen_shows '^Name of the box'
	press C-c
	outer_prompt
	[[ $(screen_settings) = *" icanon"* && $(screen_settings) = *" echo "* ]]
	says_nothing ls -A p
}

@test "Ctrl-D ends it, and leaves no file" {
	mkdir p
	screen_open
	type_line 'sandbox init p; echo status=$?'
	screen_shows '^Name of the box'
	press C-d
	screen_shows '^status=125'
	says_nothing ls -A p
}

@test "--yes asks nothing on a terminal" {
	mkdir p
	run on_terminal "sandbox init --yes p"
	[ "$status" = 0 ]
	[[ $output != *'['* ]]
	[ "$(value p name)" = p ]
}

@test "a devcontainer.json is used as it is, unless that is impossible or declined" {
	mkdir -p p/.devcontainer q
	echo '{"image": "docker.io/library/debian:bookworm", "containerEnv": {"MODE": "x"}}' >p/.devcontainer/devcontainer.json
	echo 'all:; cc x.c' >p/Makefile
	run -0 sandbox init --yes p
	[ "$(grep -v '^;' p/sandbox.ini)" = $'\n[sandbox]\nname    = p' ]
	grep -q 'dev container of .devcontainer/devcontainer.json' p/sandbox.ini
	[ "$(sandbox config ./p image) $(sandbox config ./p env.MODE)" = 'docker.io/library/debian:bookworm x' ]
	# --image replaces only its image.
	run -0 sandbox init --yes --force --image host p
	[ "$(sandbox config ./p image) $(sandbox config ./p env.MODE)" = 'host x' ]
	screen_open
	type_line 'sandbox init --force p; echo status=$?'
	screen_shows '^Use .devcontainer/devcontainer.json as it is'
	press BSpace BSpace BSpace
	type_line no
	screen_shows '^Name of the box'
	type_line ''
	screen_shows '^Image'
	type_line ''
	screen_shows '^Profiles'
	type_line ''
	screen_shows '^status=0'
	[ "$(sandbox config ./p devcontainer)" = no ]
	run -1 sandbox config ./p env.MODE
	# A broken one is reported.
	echo '{"image": ' >q/.devcontainer.json
	run -0 sandbox init --yes q
	[[ $output = *"q/.devcontainer.json: it is not JSON: line"* ]]
	[ "$(sandbox config ./q image) $(sandbox config ./q devcontainer)" = 'host no' ]
}

@test "a Dockerfile alone may be used as it is, which takes a yes" {
	small_image
	mkdir p
	printf 'FROM app:1\nRUN echo built >/x\n' >p/Dockerfile
	run -0 sandbox init --yes p
	[ "$(sandbox config ./p image)" = app:1 ]
	screen_open
	type_line 'sandbox init --force p; echo status=$?'
	screen_shows '^Use Dockerfile as it is.*yes'
	type_line ''
	screen_shows '^status=0'
	[ "$(grep -v '^;' p/sandbox.ini)" = $'\n[sandbox]\nname    = p\ndevcontainer = Dockerfile' ]
	[ "$(sandbox enter --quiet ./p -- sh -c 'cat /x; pwd')" = $'built\n/workspaces/p' ]
	# One that ends with a bare program is not meant for this.
	printf 'FROM app:1\nFROM scratch\n' >p/Dockerfile
	type_line 'clear; sandbox init --force p; echo status=$?'
	screen_shows '^Use Dockerfile as it is.*no'
	press C-c
	screen_shows '^status=125'
	# Not outside the project; not what is no file.
	for file in ../x none .; do
		printf '[sandbox]\ndevcontainer = %s\n' "$file" >p/sandbox.ini
		fails 125 "*there is no devcontainer.json named '$file'*" sandbox config ./p
	done
}

# Runs a command on a machine that has no Go, whatever this one has.
without_go() { # COMMAND...
	local go found=()

	for go in /usr/bin/go /usr/local/bin/go; do
		[ ! -e $go ] || found+=("$go")
	done
	if [ ${#found[@]} = 0 ]; then
		"$@"
	else
		unshare -rm sh -c 'for go in $0; do mount --bind /dev/null "$go"; done; exec "$@"' "${found[*]}" "$@"
	fi
}

# What init proposes for a directory with these files: each as NAME or NAME=TEXT. $output has its
# messages.
proposed() { # FILE...
	rm -rf p
	mkdir p
	for file; do
		printf '%b' "${file#"${file%%=*}"}" | sed '1s/^=//' >"p/${file%%=*}"
	done
	run -0 without_go sandbox init --yes p
	sandbox config ./p >/dev/null
	# The reason is written too.
	[ "$(sed -n 's/^; //p' p/sandbox.ini | grep -c '^image: ')" = "$(grep -c 'sandbox: image: ' <<<"$output")" ]
}

@test "a Dockerfile gives the image of the stage with the tools, .tool-versions the tools" {
	proposed 'Dockerfile=FROM golang:1 AS build\nRUN make\nFROM --platform=linux/amd64 debian:trixie AS last\nFROM last\n' \
		'.tool-versions=# tools\nnodejs 20.1.0\nterraform 1.5\n'
	[ "$(value p image)" = debian:trixie ]
	[ "$(value p apt)" = 'nodejs npm' ]
	[ "$(value p profile)" = 'dev, node' ]
	[[ $output = *'.tool-versions: nodejs 20.1.0: using the version of the image'*'terraform: left out'*'Dockerfile: only its base image'* ]]
	proposed go.mod
	[[ $(value p apt) = 'golang-go gcc libc6-dev'* ]] # cgo
	proposed go.mod 'Dockerfile=# syntax=x\nARG V=1.22\nFROM --platform=$B golang:${V} AS b\nRUN <<E\nFROM evil\nE\nFROM gcr.io/distroless/static\n'
	[ "$(value p image)" = golang:1.22 ]
	[[ $(value p apt) != *golang* ]] # it has Go
	proposed 'Dockerfile=ARG V\nFROM python:${V:-3.12}-slim\n' requirements.txt
	[ "$(value p image)" = python:3.12-slim ]
	proposed 'Dockerfile=ARG V\nFROM x:$V\n'
	[[ $(value p image) = host && $output = *'Dockerfile: its image is left out'* ]]
}

@test "what a Dockerfile installs with its package manager is installed here too" {
	proposed 'Dockerfile=FROM debian:12 AS a\nRUN apt-get update \\\n # why\n && apt-get install -y --no-install-recommends libpq-dev=1.2 "$X" ./f.deb g++ \\\n && rm -rf x; apt install jq\nRUN echo `date`\nFROM a\nRUN apt-get -qq install curl\n'
	[ "$(value p image) $(value p apt)" = 'debian:12 libpq-dev g++ jq curl' ]
	proposed package.json 'Dockerfile=FROM node:20-alpine\nRUN apk add --no-cache -t deps python3 make && apk del x\n'
	[ "$(value p image) $(value p apk) $(value p create)" = 'node:20-alpine python3 make npm install' ]
	run ! grep '^apt' p/sandbox.ini
}

@test "for a release whose package archive is closed, nothing is proposed that cannot be installed" {
	for image in debian:8 debian:jessie-slim library/debian:10 python:3.6-stretch ubuntu:12.04 ubuntu:19.10; do
		proposed "Dockerfile=FROM $image\n" composer.json
		[[ $(value p image) != "$image" && $output = *"Dockerfile: $image is too old: its package archive is closed"* ]]
	done
	# If nothing must be installed, it is the project's image; the same for supported releases.
	proposed 'Dockerfile=FROM debian:8\n'
	[ "$(value p image)" = debian:8 ]
	for image in debian:12-slim debian:bookworm ubuntu:20.04 ubuntu:noble; do
		proposed "Dockerfile=FROM $image\n" composer.json
		[ "$(value p image)" = "$image" ]
	done
}

@test "without a local image: this machine's own programs, else one to pull; the version decides, and the reason is given" {
	proposed 'Makefile=all:\n\ttrue\n'
	[ "$(value p image)" = host ]
	proposed 'Makefile=all:\n\tlatexmk x && no-such-tool y | cc -\n'
	[[ $(value p image) = debian:bookworm && $output = *'uses no-such-tool'*'image: debian:bookworm, as this machine has no latexmk'* ]]
	[ "$(value p apt)" = 'build-essential latexmk texlive-latex-recommended' ]
	proposed 'Makefile=x: x.c\n\t$(CC) $(CFLAGS) -o $@ $< && ${CXX} $(patsubst %%.c,(%%.o),x) | $(STRIP) y; for f in $$(ls); do $(INSTALL) $$f; done\n'
	[[ $(value p image) = host && $output != *' uses '* ]]
	proposed 'go.mod=module x\n\ngo 1.23.1\n'
	[ "$(value p image)" = debian:trixie ]
	proposed package.json '.nvmrc=v22\n'
	[ "$(value p image) $(value p create)" = 'node:22 npm install' ]
	[[ $output = *'image: node:22, as .nvmrc asks for node 22'* ]]
	proposed 'pyproject.toml=[project]\nrequires-python = ">=3.12"\n'
	[ "$(value p image)" = debian:trixie ]
	proposed Gemfile '.ruby-version=ruby-2.7.8\n'
	[ "$(value p image)" = ruby:2.7 ]
	proposed 'mise.toml=[tools]\n"python" = ["3.9", "3.8"]\n'
	[ "$(value p image)" = python:3.9 ]
	proposed 'pom.xml=<x><java.version>25</java.version></x>'
	[ "$(value p image)" = maven:3-eclipse-temurin-25 ]
	proposed Cargo.toml 'rust-toolchain.toml=[toolchain]\nchannel = "nightly"\n'
	[ "$(value p image)" = rust:1 ]
	for sign in Package.swift:swift:6.0 deno.json:denoland/deno:debian x.csproj:mcr.microsoft.com/dotnet/sdk:8.0; do
		proposed "${sign%%:*}"
		[ "$(value p image)" = "${sign#*:}" ]
	done
}

@test "the project's own package manager is used, its services are listed, unknown programs are noted" {
	proposed 'package.json={"packageManager": "pnpm@8.15.4+sha512.x"}' pnpm-lock.yaml
	[ "$(value p npm) $(value p create)" = 'pnpm@8.15.4 pnpm install --frozen-lockfile' ]
	proposed 'package.json={"packageManager": "yarn@4.1.0", "engines": {"node": ">=18"}}' yarn.lock
	[ "$(value p npm) $(value p create)" = '@yarnpkg/cli-dist@4.1.0 yarn install' ]
	proposed package.json bun.lock
	[ "$(value p image) $(value p create)" = 'oven/bun:debian bun install --frozen-lockfile' ]
	proposed uv.lock pyproject.toml
	[ "$(value p pip) $(value p create)" = 'uv uv sync' ]
	proposed 'pyproject.toml=[tool.x]\n'
	[ "$(value p create)" = 'python3 -m venv ~/.venv' ]
	proposed mvnw pom.xml
	[ "$(sed -n 's/^;*apt = //p' p/sandbox.ini)" = 'default-jdk-headless curl unzip' ]
	proposed configure 'compose.yaml=services:\n  db:\n    image: x\n  web: {}\nvolumes:\n  v:\n'
	[[ $output = *'compose.yaml: its services are not read, sections [service NAME] here describe them: db web'* ]]
	proposed 'configure.ac=AC_INIT\nAM_GNU_GETTEXT([external])\n'
	[ "$(value p apt)" = 'build-essential autoconf automake libtool pkg-config gettext autopoint' ]
	proposed 'CMakeLists.txt=find_package(ZLIB REQUIRED)\n'
	[ "$(value p image) $(value p apt)" = 'debian:bookworm build-essential cmake pkg-config zlib1g-dev' ]
	proposed flake.nix
	[[ $output = *'flake.nix: nix is not set up'* ]]
}

@test "words from the project's files stay data" {
	proposed $'.nvmrc=\\e[2J20' $'.tool-versions=no\\x01de 1\nnode 2\\x7f\n' 'Dockerfile=FROM x;y\nFROM "$(id)"\n' \
		'package.json={"packageManager": "pnpm@1; touch pwned"}' 'compose.yaml=services:\n  "a;b":\n  c$(id):\n' 'Makefile=x:\n\t$(id);`id` a=b\n'
	run ! grep -E 'id|pwned|FROM' p/sandbox.ini
	[ "$(value p npm)" = pnpm@1 ]
	run ! grep -P '[^\x20-\x7e]' p/sandbox.ini
	mkdir l
	ln -s /etc/passwd l/.nvmrc
	mkfifo l/package.json
	ln -s /dev/zero l/Makefile
	sandbox init --yes -q l
}

@test "enter on a terminal offers to write one; the answer no uses the defaults" {
	mkdir p
	screen_open
	type_line 'sandbox enter ./p'
	screen_shows "has no sandbox.ini: write one\\? yes or no \\[no\\]: *$"
	press Enter
	box_prompt
	[ ! -e p/sandbox.ini ]
	type_line exit
	outer_prompt
	# It is not offered again for a known directory.
	type_line 'clear; sandbox enter ./p -- echo went'
	screen_shows '^went'
	outer_prompt
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
	box_prompt
	[ "$(value p name)" = p ]
	type_line exit
	outer_prompt
}
