#!/usr/bin/env bats
# lock_bases.bats - sandbox.lock has the digests of the images that a project's image is built from.
bats_require_minimum_version 1.8.0
load helpers
load images

setup() {
	sandbox_setup
	registry_start
}

teardown() {
	registry_stop
	sandbox_teardown
}

# Publishes an image with the file /version; its digest is in $digest then.
publish() { # NAME:TAG VERSION [CONFIG]
	layout "layout-$2" <<<"{'layers': [busybox() + [D('etc'), D('root'), F('version', b'$2')]], 'config': {'Env': ['PATH=/bin'] ${3+, $3}}}"
	sandbox image import --quiet "$T/layout-$2" "$REGISTRY/$1"
	sandbox push --quiet "$REGISTRY/$1"
	digest=$(sandbox image inspect --json "$REGISTRY/$1" | jq -r .digest)
}

# As on a machine that has neither images nor boxes.
forget() {
	sandbox rm --force p
	sandbox images --names | xargs sandbox image rm --quiet
	sandbox image prune --quiet --all
}

# The versions of a new box.
versions() { sandbox enter --quiet --rebuild --accept ./p -- sh -c 'cat /version /opt/version'; }

@test "the bases of a Dockerfile stay those of the lock, on every machine, until it is made again" {
	publish base:1 one
	one=$digest
	publish tool:1 tool-one
	mkdir p
	printf 'ARG TAG=none\nFROM %s/base:$TAG AS base\nFROM base AS unused\nCOPY --from=missing:1 / /\nFROM base\nCOPY --from=%s/tool:1 /version /opt/\n' "$REGISTRY" "$REGISTRY" >p/Dockerfile
	echo '{"build": {"args": {"TAG": "1"}}}' >p/.devcontainer.json
	run -0 --separate-stderr sandbox lock ./p
	[[ $stderr = *"sandbox.lock': 2 base images, 0 packages"* ]]
	platform=$(sandbox image build --print --json p | jq -r .platform)
	grep -x "base $platform $REGISTRY/base:1 $one" p/sandbox.lock
	grep -x "base $platform $REGISTRY/tool:1 $digest" p/sandbox.lock
	sandbox lock --check ./p
	run -0 --separate-stderr sandbox enter ./p -- cat /version
	[ "$output" = one ]
	publish base:1 two
	publish tool:1 tool-two
	forget
	[ "$(versions)" = onetool-one ]
	run -0 --separate-stderr sandbox lock ./p
	[[ $stderr = *"fits: nothing to do"* ]]
	# What the name means on this machine.
	sandbox lock --quiet --update ./p
	run ! grep -F "$one" p/sandbox.lock
	grep -x "base $platform $REGISTRY/tool:1 $digest" p/sandbox.lock
	run -0 --separate-stderr sandbox enter ./p -- cat /version
	[[ $output = one && $stderr = *"the project asks for image"*"--rebuild"* ]]
	[ "$(versions)" = twotool-two ]
	# A lock of what a box was made from is not another image.
	rm p/sandbox.lock
	[ "$(versions)" = twotool-two ]
	sandbox lock --quiet ./p
	run -0 --separate-stderr sandbox enter ./p -- cat /version
	[[ $output = two && $stderr != *"asks for image"* ]]
}

@test "a base that the lock lacks is an error, and --check names it; lock adds it and keeps the others" {
	publish base:1 one
	one=$digest
	publish other:1 other '"OnBuild": ["COPY --from='"$REGISTRY"'/base:1 /version /opt/version"]'
	other=$digest
	mkdir p
	echo "FROM $REGISTRY/base:1" >p/Dockerfile
	echo '{"build": {}}' >p/.devcontainer.json
	sandbox lock --quiet ./p
	publish base:1 two
	echo "FROM $REGISTRY/other:1" >p/Dockerfile
	run -125 sandbox lock --check ./p
	[[ $output = *"sandbox.lock: it lacks the base image '$REGISTRY/other:1'"* ]]
	run -125 sandbox enter ./p -- true
	[[ $output = *"Dockerfile:1: image '$REGISTRY/other:1' for "*"is not in sandbox.lock: 'sandbox lock' adds it"* ]]
	# What a trigger of the image names is locked, too.
	sandbox lock --quiet ./p
	grep "$REGISTRY/other:1 $other" p/sandbox.lock
	grep "$REGISTRY/base:1 $one" p/sandbox.lock
	[ "$(versions)" = otherone ]
	# One of before there were bases is followed as it was, and completed.
	sed -i '/^base /d' p/sandbox.lock
	sandbox enter --quiet --rebuild ./p -- true
	run -125 sandbox lock --check ./p
	sandbox lock --quiet ./p
	[ "$(grep -c '^base ' p/sandbox.lock)" = 2 ]
	# A digest that is nowhere.
	sed -i "s,/base:1 sha256:.*,/base:1 sha256:$(printf %064d 0)," p/sandbox.lock
	run -125 sandbox enter --rebuild ./p -- true
	[[ $output = *"sandbox.lock names image '$REGISTRY/base:1' by its digest: cannot pull"* ]]
	sed -i "s,/base:1 sha256:.*,/base:1 sha256:0," p/sandbox.lock
	run -125 sandbox enter --rebuild ./p -- true
	echo "base x y sha256:0" >>p/sandbox.lock
	echo "base x y sha256:0" >>p/sandbox.lock
	fails 125 "*sandbox.lock:*: 'base' is there twice" sandbox enter --rebuild ./p -- true
}

@test "the bases of services that a compose file builds are locked, with those of the box or without" {
	publish base:1 one
	publish other:1 first
	first=$digest
	mkdir -p p/.devcontainer
	echo '{"dockerComposeFile": "compose.yml", "service": "app", "workspaceFolder": "/w"}' >p/.devcontainer/devcontainer.json
	cat >p/.devcontainer/compose.yml <<-YAML
		services:
		  app: {image: "$REGISTRY/base:1", volumes: [..:/w]}
		  db:
		    build: {dockerfile_inline: "FROM $REGISTRY/other:1 AS x\nFROM x\nRUN echo db >/db\n"}
		    command: sleep 1000
	YAML
	run -0 --separate-stderr sandbox lock --accept ./p
	[[ $stderr = *"1 base image, 0 packages"* ]]
	platform=$(sandbox image build --print --json --file-text 'FROM scratch' p | jq -r .platform)
	grep -x "base $platform $REGISTRY/other:1 $first" p/sandbox.lock
	grep "^image $REGISTRY/base:1 sha256:" p/sandbox.lock
	sandbox lock --check ./p
	publish other:1 second
	second=$digest
	sandbox enter --quiet --accept ./p -- true
	cd p
	[ "$(sandbox exec db cat /version)" = first ]
	sandbox down >/dev/null
	# A base more, of another service; the others stay.
	echo "  more: {build: {dockerfile_inline: \"FROM $REGISTRY/base:1\"}, command: sleep 1000}" >>.devcontainer/compose.yml
	run -125 sandbox lock --check
	[[ $output = *"sandbox.lock: it lacks the base image '$REGISTRY/base:1'"* ]]
	# Nobody has to wait for who makes the lock: it is built, and told.
	cp sandbox.lock before
	run -0 --separate-stderr sandbox up -d --accept
	[[ $stderr = *"image '$REGISTRY/base:1' for $platform is not in sandbox.lock: 'sandbox lock' adds it"* ]]
	[[ $stderr != *"/other:1' for"* ]]
	[ "$(sandbox exec more cat /version) $(sandbox exec db cat /version)" = 'one first' ]
	sandbox down >/dev/null
	cmp before sandbox.lock
	sandbox lock --quiet --accept
	[ "$(grep -c '^base ' sandbox.lock)" = 2 ]
	grep "$REGISTRY/other:1 $first" sandbox.lock
	sandbox lock --check
	sandbox lock --quiet --accept --update
	grep "$REGISTRY/other:1 $second" sandbox.lock
	sandbox enter --quiet --rebuild --accept -- true
	[ "$(sandbox exec db cat /version)" = second ]
	sandbox down >/dev/null
	cd "$T" || return 1
}

@test "the image below features is locked, and packages are installed on what is built from it" {
	publish base:1 one
	mkdir -p p/.devcontainer/f
	echo '{"id": "f", "version": "1.0.0"}' >p/.devcontainer/f/devcontainer-feature.json
	printf '#!/bin/sh\nmkdir -p /opt\ncat /version >/opt/version\n' >p/.devcontainer/f/install.sh
	printf '{"image": "%s/base:1", "features": {"./f": {}}}' "$REGISTRY" >p/.devcontainer/devcontainer.json
	printf '[run]\n1 = cat /version >/set\n' >p/sandbox.ini
	sandbox lock --quiet --accept ./p
	grep "$REGISTRY/base:1 $digest" p/sandbox.lock
	# The step's layer is that of the lock.
	run -0 --separate-stderr sandbox enter --accept ./p -- cat /set /opt/version
	[[ $output = oneone && $stderr != *preparing* ]]
	publish base:1 two
	forget
	[ "$(sandbox enter --quiet --accept ./p -- cat /set /opt/version)" = oneone ]
}

@test "image build: --bases prints names and digests, --lock takes them" {
	publish base:1 one
	one=$digest
	mkdir p
	printf 'FROM scratch AS a\nLABEL a=b\nFROM %s/base:1\nENV A=b\n' "$REGISTRY" >p/Dockerfile
	[ "$(sandbox image build --quiet --print --bases p)" = "$(sandbox image build --print --json p | jq -r .platform) $REGISTRY/base:1" ]
	run -0 --separate-stderr sandbox image build --quiet --bases p
	[[ ${lines[0]} = sha256:* && ${lines[1]} = *" $REGISTRY/base:1 $one" ]]
	printf 'version 1\nmachine x\ntime x\nimage x -\nbase %s\n' "${lines[1]}" >lock
	publish base:1 two
	[ "$(sandbox image build --quiet --lock lock --json p | jq -r '.bases[].digest')" = "$one" ]
	[ "$(sandbox image build --quiet --json p | jq -r '.bases[].digest')" = "$digest" ]
	echo nonsense >lock
	fails 125 "lock:1: expected 'version 1'*" sandbox image build --lock lock p
	fails 125 "*'none'*" sandbox image build --lock none p
}
