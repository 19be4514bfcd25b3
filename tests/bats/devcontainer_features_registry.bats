#!/usr/bin/env bats
# devcontainer_features_registry.bats - features from elsewhere, a registry or a server of tarballs:
# versions, digests, the lock, what lies.
bats_require_minimum_version 1.8.0
load helpers
load internet
load images

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox() + [D('etc'), D('tmp'), D('opt'), D('root'), F('etc/passwd', b'root:x:0:0::/root:/bin/sh\n')]], 'config': {'Env': ['PATH=/bin']}}"
	sandbox image import "$T/app" app:1 2>/dev/null
}

teardown() {
	registry_stop
	[ -z "${server-}" ] || kill "$server"
	internet_stop
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
	registry_start
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
	# The tarballs are here: with the lock it works without the registry, without it a tag means nothing.
	registry_stop
	sed -i 's/{}/{"x": "y"}/' p/.devcontainer/devcontainer.json
	[ "$(order)" = 'base 1.0.0 quick,tool 1.2.0 ,' ]
	rm p/.devcontainer/devcontainer-lock.json
	run -125 sandbox enter --rebuild ./p -- true
	[[ $output = *"the feature '$REGISTRY/team/features/tool@$one' depends on another one: cannot get the feature '$REGISTRY/team/features/base:1'"* ]]
}

@test "the lock: the first build of enter writes it and completes it; a trial, and a directory that cannot be written, goes without" {
	registry_start
	publish base 1.0.0
	publish tool 1.0.0
	features "{\"$REGISTRY/team/features/base:1\": {}}"
	lock=p/.devcontainer/devcontainer-lock.json
	sandbox try --accept --discard ./p -- true || true
	[ ! -e "$lock" ]
	rm -rf "$XDG_DATA_HOME"/sandbox/devcontainers
	chmod a-w p/.devcontainer
	run -0 --separate-stderr sandbox enter --accept --rebuild ./p -- cat /opt/order
	[ "$output" = 'base 1.0.0 ' ]
	[[ $stderr = *'the versions of features are not locked: cannot write '*'Permission denied'* ]]
	chmod u+w p/.devcontainer
	run -0 --separate-stderr sandbox enter --rebuild ./p -- cat /opt/order
	[ "$output" = 'base 1.0.0 ' ]
	[[ $stderr = *"wrote '"*"$lock': the versions of 1 features"* ]]
	run -0 --separate-stderr sandbox enter ./p -- true
	[ -z "$stderr" ]
	# What it has stays, and what it lacks is added.
	publish base 1.1.0
	features "{\"$REGISTRY/team/features/base:1\": {}, \"$REGISTRY/team/features/tool:1\": {}}"
	run -0 --separate-stderr sandbox enter --rebuild ./p -- cat /opt/order
	[ "$output" = $'base 1.0.0 \ntool 1.0.0 ' ]
	[ "$(jq -c '[.features[].version]' "$lock")" = '["1.0.0","1.0.0"]' ]
	sandbox lock --check ./p || true
	cp "$lock" lock
	# A clone gets the same, and nothing is written then.
	cp -r p q
	publish tool 1.1.0
	[ "$(sandbox enter --accept ./q -- cat /opt/order)" = $'base 1.0.0 \ntool 1.0.0 ' ]
	cmp lock q/.devcontainer/devcontainer-lock.json
}

@test "the lock: sandbox lock writes it, enter follows it, a moved tag changes nothing" {
	registry_start
	publish base 1.0.0
	publish tool 1.0.0 "\"dependsOn\": {\"$REGISTRY/team/features/base\": {}}"
	features "{\"$REGISTRY/Team/features/tool:1\": {}, \"./own\": {}}"
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
	# The image is built, so its name is that of no other machine; what is below it is locked.
	[[ $stderr = *"sandbox.lock': 1 base image, 0 packages"* ]]
	grep '^base .* docker.io/library/app:1 sha256:' p/sandbox.lock
	grep -x 'image devcontainer -' p/sandbox.lock
	publish tool 1.1.0
	[ "$(order)" = 'own,base 1.0.0 ,tool 1.0.0 ,' ]
	cmp lock "$lock"
	sandbox lock --update ./p
	[ "$(order)" = 'own,tool 1.1.0 ,' ]
	# A digest that nobody has, and what is no digest.
	sed -i "s/sha256:..../sha256:0000/" "$lock"
	run -125 sandbox enter --rebuild ./p -- true
	[[ $output = *"cannot get the feature '$REGISTRY/Team/features/tool:1'"* ]]
	sed -i "s/sha256:0000/md5:/" "$lock"
	fails 125 "*devcontainer-lock.json: the feature '$REGISTRY/Team/features/tool:1'*" sandbox enter --rebuild ./p -- true
	echo '{"features": []}' >"$lock"
	fails 125 "*cannot use '*devcontainer-lock.json'*" sandbox enter --rebuild ./p -- true
}

@test "a feature that lies about its digest, and one with links out of it, are refused" {
	registry_start
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

@test "a tarball by https: the certificate is checked, the lock holds it to its digest" {
	internet_start
	certificate
	mkdir served-files tool
	echo '{"id": "tool", "version": "1.0.0"}' >tool/devcontainer-feature.json
	printf '#!/bin/sh\ncp part /opt/order\n' >tool/install.sh
	echo one >tool/part
	tar -C tool -czf served-files/devcontainer-feature-tool.tgz .
	(cd served-files && exec nsenter -t "$peer" --user --preserve-credentials --net --wd="$PWD" openssl s_server -quiet -accept 203.0.113.10:8443 \
		-cert "$T/ca.pem" -key "$T/ca.key" -WWW >../server.log 2>&1 3>&-) &
	server=$!
	url=https://features.test:8443/devcontainer-feature-tool.tgz
	features "{\"$url\": {}}"
	show=(on_host sandbox image build --print --devcontainer p/.devcontainer/devcontainer.json)
	wait_until 100 on_host curl -sf --cacert ca.pem -o /dev/null "$url"
	fails 125 "*devcontainer.json:1: cannot get the feature '$url': *certificate*" "${show[@]}"
	export SSL_CERT_FILE=$T/ca.pem
	[ "$(on_host sandbox enter --quiet ./p -- cat /opt/order)" = one ]
	on_host sandbox lock --quiet ./p
	grep -F "\"integrity\": \"sha256:$(sha256sum <served-files/devcontainer-feature-tool.tgz | cut -d ' ' -f 1)\"" p/.devcontainer/devcontainer-lock.json
	# Another tarball there: the one that is here is used; where it is not, the other one is refused.
	echo two >tool/part
	tar -C tool -czf served-files/devcontainer-feature-tool.tgz .
	"${show[@]}" | grep -F 'version 1.0.0'
	XDG_DATA_HOME=$T/other fails 125 "*cannot get the feature '$url': its bytes have the digest sha256:*, not sha256:*" "${show[@]}"
	# What the server says instead of it.
	rm served-files/*
	rm p/.devcontainer/devcontainer-lock.json
	XDG_DATA_HOME=$T/other fails 125 "*cannot get the feature '$url': *is not a tar archive*" "${show[@]}"
}
