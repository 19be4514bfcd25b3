#!/usr/bin/env bats
# devcontainer_build.bats - a devcontainer.json whose image is built from the project's Dockerfile.
bats_require_minimum_version 1.8.0
load helpers
load images
load screen

teardown() {
	screen_close
	sandbox_teardown
}

@test "a Dockerfile is built on the first enter: arguments, target, context, its user and environment" {
	small_image
	mkdir -p p/.devcontainer
	printf 'ARG BASE=none\nFROM $BASE AS dev\nARG WHO\nENV BUILT=$WHO\nCOPY tool /opt/tool\nRUN echo "$WHO" >/opt/who\nFROM dev\nRUN exit 9\n' >p/.devcontainer/Dockerfile
	echo one >p/tool
	cat >p/.devcontainer/devcontainer.json <<-'JSON'
		{"build": {"dockerfile": "Dockerfile", "context": "..", "target": "dev", "args": {"BASE": "app:1", "WHO": "${localWorkspaceFolderBasename}"}, "cacheFrom": ["127.0.0.1:9/x", "type=gha"], "options": ["--progress=plain"]},
		 "onCreateCommand": "cat /opt/tool >created"}
	JSON
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *"devcontainer.json:1: the build option '--progress=plain' is left out"* ]]
	[[ $stderr = *"devcontainer.json:1: build.cacheFrom 'type=gha' is left out: expected the name of an image"* ]]
	[[ $output = *'image '*' = localhost/devcontainer-'*' p/.devcontainer/devcontainer.json:1'* ]]
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'cat /opt/who; echo $BUILT; id -un'
	[ "$output" = $'p\np\nroot' ]
	[[ $stderr = *"the cache '127.0.0.1:9/x' is not used: "* ]]
	[ "$(cat p/created)" = one ]
	# What is built already is found: the second box starts without a build.
	sandbox rm p
	run -0 --separate-stderr sandbox enter ./p -- cat /opt/tool
	[[ $output = one && $stderr != *RUN* ]]
	# Changed files come with --rebuild; a changed Dockerfile is told.
	echo two >p/tool
	run -0 --separate-stderr sandbox enter --rebuild ./p -- cat /opt/tool
	[ "$output" = two ]
	sed -i 's,>/opt/who,>/opt/name,' p/.devcontainer/Dockerfile
	run -0 --separate-stderr sandbox enter ./p -- ls /opt
	[[ $output = *who* && $stderr = *'image'*'--rebuild'* ]]
	run -0 --separate-stderr sandbox enter --rebuild ./p -- ls /opt
	[[ $output = *name* ]]
}

@test "the old keys; what fails, and what is outside the project, makes no box" {
	small_image
	mkdir p out
	printf 'FROM app:1\nRUN false\n' >p/Containerfile
	echo '{"dockerFile": "Containerfile", "context": "."}' >p/.devcontainer.json
	run -125 sandbox enter ./p -- true
	[[ $output = *'Containerfile:2'* ]]
	says_nothing sandbox ls --names
	ln -s "$T/out" p/out
	echo '{"build": {"dockerfile": "Containerfile", "context": "out"}}' >p/.devcontainer.json
	fails 125 "*.devcontainer.json:1: the context 'out' is not in the project" sandbox enter ./p -- true
	echo '{"build": {"dockerfile": "none"}}' >p/.devcontainer.json
	fails 125 "*.devcontainer.json:1: the Dockerfile 'none' does not exist" sandbox enter ./p -- true
	# A variable of the host in an argument is asked for, and steps can be denied.
	printf 'FROM app:1\nARG T\n' >p/Containerfile
	echo '{"build": {"dockerfile": "Containerfile", "args": {"T": "${localEnv:TOKEN}"}}}' >p/.devcontainer.json
	TOKEN=x fails 125 '*asks for these of this machine: variable of yours: TOKEN, for [[]sandbox[]] image: *' sandbox enter ./p -- true
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = run\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*denies 'build', whose steps run" sandbox config ./p
	echo '[policy]' >"$HOME/.config/sandbox/sandbox.conf"
}

@test "the image keeps what the file says in its label: for other projects, and not twice for its own" {
	small_image
	mkdir p q
	printf 'FROM app:1\nLABEL devcontainer.metadata='"'"'{"containerEnv": {"LOW": "1"}}'"'"'\n' >p/Dockerfile
	echo '{"build": {}, "name": "x", "remoteEnv": {"A": "${containerWorkspaceFolder}"}, "onCreateCommand": "echo made >>log", "customizations": {"vscode": {"a": 1}}}' >p/.devcontainer.json
	sandbox enter ./p -- true
	image=$(sandbox config ./p | awk '$1 == "image" { print $3 }')
	[ "$(sandbox image inspect --json "$image" | jq -c '.config.labels["devcontainer.metadata"] | fromjson')" = \
		'[{"containerEnv":{"LOW":"1"}},{"remoteEnv":{"A":"${containerWorkspaceFolder}"},"onCreateCommand":"echo made >>log","customizations":{"vscode":{"a":1},"sandbox":{"built-from":"devcontainer.json"}}}]' ]
	[ "$(cat p/log)" = made ]
	# A command that has changed since replaces the one in the label.
	sed -i 's/echo made/echo changed/' p/.devcontainer.json
	sandbox rm p
	sandbox enter ./p -- true
	[ "$(cat p/log)" = $'made\nchanged' ]
	echo "{\"image\": \"$image\"}" >q/.devcontainer.json
	[ "$(sandbox enter --accept ./q -- sh -c 'echo $LOW $A')" = "1 /workspaces/q" ]
	[ "$(cat q/log)" = made ]
}

@test "a file that changes while the question is open is not built: Dockerfile, devcontainer.json" {
	small_image
	mkdir -p p/.devcontainer/tool
	printf 'FROM app:1\nARG T\nRUN echo "asked $T" >/said\n' >p/Dockerfile
	echo '{"id": "tool", "version": "1.0.0", "options": {"o": {"default": ""}}}' >p/.devcontainer/tool/devcontainer-feature.json
	printf '#!/bin/sh\necho "$O" >/option\n' >p/.devcontainer/tool/install.sh
	echo '{"build": {"dockerfile": "../Dockerfile", "args": {"T": "${localEnv:TOKEN}"}}, "features": {"./tool": {"o": "plain"}}}' >p/.devcontainer/devcontainer.json
	export TOKEN=token SECRET=5ecret-value
	cp -r p was
	for file in Dockerfile .devcontainer/devcontainer.json; do
		screen_open
		type_line 'sandbox enter ./p -- cat /said /option'
		screen_shows 'let it have them'
		case $file in
		Dockerfile) sed -i 's/asked/other/' p/Dockerfile ;;
		*/devcontainer.json) sed -i 's/plain/${localEnv:SECRET}/' "p/$file" ;;
		esac
		type_line y
		screen_shows 'has changed since it was looked at'
		outer_prompt
		screen_close
		says_nothing sandbox ls --names
		run -1 grep -rqs -e 5ecret-value -e 'other token' "$XDG_DATA_HOME/sandbox/layers" "$XDG_DATA_HOME/sandbox/plans"
		cp -r was/. p
	done
	[ "$(sandbox enter --accept ./p -- cat /said /option)" = $'asked token\nplain' ]
	# The lock of features, at the build alone: 'enter' writes it.
	name=$(sandbox config ./p image)
	grep -qxF "build	--checksum" "$XDG_DATA_HOME"/sandbox/devcontainers/*
	grep -qxF "build	$T/p/.devcontainer/devcontainer-lock.json=none" "$XDG_DATA_HOME"/sandbox/devcontainers/*
	echo '{"features": {}}' >p/.devcontainer/devcontainer-lock.json
	fails 125 "*devcontainer-lock.json' has changed since *" sandbox image build --inside p --devcontainer p/.devcontainer/devcontainer.json --checksum "p/.devcontainer/devcontainer-lock.json=none" p
	[ "$(sandbox config ./p image)" != "$name" ]
}

@test "devcontainer.json and features are read in the project alone: links in it are followed, others are named" {
	small_image
	mkdir -p p/shared/tool out/.devcontainer/tool
	for dir in p/shared out/.devcontainer; do
		echo '{"id": "tool", "version": "1.0.0"}' >"$dir/tool/devcontainer-feature.json"
		printf '#!/bin/sh\necho %s >/from\n' "$dir" >"$dir/tool/install.sh"
		echo '{"image": "app:1", "features": {"./tool": {}}, "containerEnv": {"FROM": "'"$dir"'"}}' >"$dir/devcontainer.json"
	done
	ln -s shared p/.devcontainer
	[ "$(sandbox enter --quiet ./p -- sh -c 'cat /from; echo $FROM')" = $'p/shared\np/shared' ]
	sandbox rm p
	# A file of its own, whose features are where it was found, as the reference implementation has it.
	rm p/.devcontainer
	mkdir p/.devcontainer
	cp -r p/shared/tool p/.devcontainer
	echo 'echo here >/from' >>p/.devcontainer/tool/install.sh
	ln -s ../shared/devcontainer.json p/.devcontainer/devcontainer.json
	[ "$(sandbox enter --quiet ./p -- sh -c 'cat /from; echo $FROM')" = $'here\np/shared' ]
	sandbox rm p
	ln -sf "$T/out/.devcontainer/devcontainer.json" p/.devcontainer/devcontainer.json
	run -125 sandbox enter ./p -- true
	[[ $output = *"/p/.devcontainer/devcontainer.json' leads out of the project by a symlink"* ]]
	rm p/.devcontainer/devcontainer.json
	cp p/shared/devcontainer.json p/.devcontainer/devcontainer.json
	rm -r p/.devcontainer/tool
	ln -s "$T/out/.devcontainer/tool" p/.devcontainer/tool
	run -125 sandbox enter ./p -- true
	[[ $output = *"/p/.devcontainer/tool/devcontainer-feature.json' leads out of the project by a symlink"* ]]
	rm -r p/.devcontainer
	ln -s ../out/.devcontainer p/.devcontainer
	run -125 sandbox enter ./p -- true
	[[ $output = *"/p/.devcontainer/devcontainer.json' leads out of the project by a symlink"* ]]
	# A lock is written in it, too.
	run -125 sandbox lock ./p
	[ ! -e out/.devcontainer/devcontainer-lock.json ]
}
