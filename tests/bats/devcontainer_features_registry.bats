#!/usr/bin/env bats
# devcontainer_features_registry.bats - features of a registry: versions, digests, the lock, what lies.
bats_require_minimum_version 1.8.0
load helpers
load images

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox() + [D('etc'), D('tmp'), D('opt'), D('root'), F('etc/passwd', b'root:x:0:0::/root:/bin/sh\n')]], 'config': {'Env': ['PATH=/bin']}}"
	sandbox image import "$T/app" app:1 2>/dev/null
	registry_start
}

teardown() {
	registry_stop
	sandbox_teardown
}

# Publishes a feature of the registry, whose script adds its name and version to /opt/order.
publish() { # NAME VERSION [MEMBERS]
	local tags=("$2" "${2%.*}" "${2%%.*}" latest)

	mkdir -p "src/$1"
	printf '{"id": "%s", "version": "%s"%s}' "$1" "$2" "${3:+, $3}" >"src/$1/devcontainer-feature.json"
	printf '#!/bin/sh\nset -e\necho %s %s "${MODE-}" >>/opt/order\n' "$1" "$2" >"src/$1/install.sh"
	python3 -IS "$IMAGES/push_feature.py" "$REGISTRY/team/features/$1" "src/$1" "${tags[@]}"
}

features() { # OBJECT
	mkdir -p p/.devcontainer
	printf '{"image": "app:1", "features": %s}' "$1" >p/.devcontainer/devcontainer.json
}

order() { sandbox enter --quiet --rebuild ./p -- cat /opt/order | tr '\n' ','; }

@test "by tag and by digest, with what they depend on and what they were called" {
	publish base 1.0.0 '"options": {"mode": {"default": "plain"}}'
	publish old 2.0.0 '"currentId": "new", "legacyIds": ["old"]'
	one=$(publish tool 1.2.0 "\"dependsOn\": {\"$REGISTRY/team/features/base:1\": {\"mode\": \"quick\"}}, \"installsAfter\": [\"$REGISTRY/team/features/new\"]")
	publish tool 2.0.0
	features "{\"$REGISTRY/team/features/tool:1\": {}, \"$REGISTRY/Team/features/old\": {}}"
	run -0 --separate-stderr sandbox enter ./p -- cat /opt/order
	[ "$output" = $'base 1.0.0 quick\nold 2.0.0 \ntool 1.2.0 ' ]
	[[ $stderr = *"the feature '$REGISTRY/Team/features/old' is called 'new' now"*"feature $REGISTRY/team/features/tool:1"* ]]
	features "{\"$REGISTRY/team/features/tool\": {}}"
	[ "$(order)" = 'tool 2.0.0 ,' ]
	features "{\"$REGISTRY/team/features/tool@$one\": {}}"
	[ "$(order)" = 'base 1.0.0 quick,tool 1.2.0 ,' ]
	# What was fetched is intact, and no image is made of it.
	sandbox image verify >/dev/null
	run -0 sandbox image ls --names
	[[ $output != *team/features* ]]
	# The tarball is here: without the registry too.
	registry_stop
	sed -i 's/{}/{"x": "y"}/' p/.devcontainer/devcontainer.json
	run -125 sandbox enter --rebuild ./p -- true
	[[ $output = *"the feature '$REGISTRY/team/features/tool@$one' depends on another one: cannot get the feature '$REGISTRY/team/features/base:1'"* ]]
}

@test "the lock: sandbox lock writes it, enter follows it, a moved tag changes nothing" {
	publish base 1.0.0
	publish tool 1.0.0 "\"dependsOn\": {\"$REGISTRY/team/features/base\": {}}"
	features "{\"$REGISTRY/team/features/tool:1\": {}, \"./own\": {}}"
	mkdir p/.devcontainer/own
	echo '{"id": "own"}' >p/.devcontainer/own/devcontainer-feature.json
	echo 'echo own >>/opt/order' >p/.devcontainer/own/install.sh
	lock=p/.devcontainer/devcontainer-lock.json
	run ! sandbox lock --check ./p
	run -0 --separate-stderr sandbox lock ./p
	[[ $stderr = *"wrote '"*"$lock': the versions of 2 features"* ]]
	python3 - "$lock" <<-PY
		import json, sys
		lock = json.load(open(sys.argv[1]))["features"]
		assert list(lock) == ["$REGISTRY/team/features/base", "$REGISTRY/team/features/tool:1"], lock
		tool = lock["$REGISTRY/team/features/tool:1"]
		assert tool["version"] == "1.0.0" and tool["dependsOn"] == ["$REGISTRY/team/features/base"], tool
		assert tool["resolved"] == "$REGISTRY/team/features/tool@" + tool["integrity"], tool
	PY
	sandbox lock --check ./p
	cp "$lock" lock
	# The image is built, so its name is that of no other machine.
	[[ $stderr = *'the image is built on each machine'* ]]
	grep -x 'image devcontainer -' p/sandbox.lock
	publish tool 1.1.0
	[ "$(order)" = 'own,base 1.0.0 ,tool 1.0.0 ,' ]
	cmp lock "$lock"
	sandbox lock --update ./p
	[ "$(order)" = 'own,tool 1.1.0 ,' ]
	# A digest that nobody has, and what is no digest.
	sed -i "s/sha256:..../sha256:0000/" "$lock"
	run -125 sandbox enter --rebuild ./p -- true
	[[ $output = *"cannot get the feature '$REGISTRY/team/features/tool:1'"* ]]
	sed -i "s/sha256:0000/md5:/" "$lock"
	fails 125 "*devcontainer-lock.json: the feature '$REGISTRY/team/features/tool:1'*" sandbox enter --rebuild ./p -- true
	echo '{"features": []}' >"$lock"
	fails 125 "*cannot use '*devcontainer-lock.json'*" sandbox enter --rebuild ./p -- true
}

@test "a feature that lies about its digest, and one with links out of it, are refused" {
	publish tool 1.0.0 >/dev/null
	features "{\"$REGISTRY/team/features/tool:1\": {}}"
	# Bytes of the tarball are changed in the registry's own files.
	blob=$(grep -rlF 'echo tool' registry/data/docker/registry/v2/blobs)
	cp "$blob" whole
	sed -i 's/echo tool/echo evil/' "$blob"
	fails 125 "*cannot get the feature '$REGISTRY/team/features/tool:1': its bytes have the digest sha256:*, not sha256:*" sandbox enter ./p -- true
	cp whole "$blob"
	sandbox enter --quiet ./p -- true
	# Entries that lead out of the directory stay in it, or are refused; nothing on this machine changes.
	mkdir victim
	python3 - "$T/victim" <<-'PY'
		import io, sys, tarfile
		with tarfile.open("evil.tgz", "w:gz") as tar:
		    def add(name, data=None, **more):
		        t = tarfile.TarInfo(name)
		        t.size = len(data or b"")
		        for key, value in more.items():
		            setattr(t, key, value)
		        tar.addfile(t, io.BytesIO(data) if data else None)
		    add("devcontainer-feature.json", b'{"id": "evil"}')
		    add("install.sh", b"#!/bin/sh\nls -A / >/opt/order\n")
		    add("out", type=tarfile.SYMTYPE, linkname=sys.argv[1])
		    add("out/made", b"x")
		    add("../../../../made", b"x")
	PY
	python3 -IS "$IMAGES/push_feature.py" "$REGISTRY/team/features/evil" evil.tgz 1 >/dev/null
	features "{\"$REGISTRY/team/features/evil:1\": {}}"
	run sandbox enter --quiet --rebuild ./p -- true
	empty victim
	[ ! -e made ]
	# An image is no feature.
	sandbox image tag app:1 "$REGISTRY/app:1"
	sandbox push --quiet "$REGISTRY/app:1"
	features "{\"$REGISTRY/app:1\": {}}"
	fails 125 "*cannot get the feature '$REGISTRY/app:1': it is no artifact of a feature" sandbox enter --rebuild ./p -- true
	features "{\"https://localhost:1/devcontainer-feature-x.tgz\": {}}"
	fails 125 "*cannot get the feature 'https://localhost:1/devcontainer-feature-x.tgz': *" sandbox enter --rebuild ./p -- true
}
