#!/usr/bin/env bats
# Registries, logins and images as found in practice: what is not essential is skipped, with a note.

load helpers
load images

teardown() {
	registry_stop
	sandbox_teardown
}

# The hostile registry in another mode, with $T/app, which need not be a complete image.
serve() { # MODE
	registry_stop
	rm -f "$T/hostile.port"
	hostile_start app "$1"
}

asked() { # PATTERN: how many requests of the hostile registry fit
	grep -cE "$1" "$T/hostile.log" || true
}

pulled() { # the image, in a store of its own that is gone afterwards
	rm -rf "$T/other"
	XDG_DATA_HOME=$T/other sandbox pull --quiet "$HOSTILE/app:1" &&
		[ "$(XDG_DATA_HOME=$T/other sandbox run "$HOSTILE/app:1" cat /etc/who)" = small ]
}

# A layer large enough to interrupt.
big_image() {
	layout app <<<"{'layers': [busybox() + [D('etc'), F('etc/who', b'small'), F('big', b''.join(i.to_bytes(4, 'little') for i in range(100000)))]]}"
}

@test "no source of logins prevents an anonymous pull" {
	big_image
	serve basic_first=one
	mkdir -p "$HOME/.docker" "$T/bin"
	printf '#!/bin/sh\necho the keychain is locked >&2; exit 3\n' >"$T/bin/docker-credential-locked"
	printf '#!/bin/sh\necho "<html>"\n' >"$T/bin/docker-credential-odd"
	chmod +x "$T"/bin/*
	export PATH=$T/bin:$PATH
	local text
	for text in '{"credsStore": "desktop"}' '{"credsStore": ""}' '{"credsStore": "locked"}' '{"credsStore": "odd"}' \
		"{\"credHelpers\": {\"$HOSTILE\": \"desktop\"}}" "{\"auths\": {\"$HOSTILE\": {\"auth\": \"!\"}}}" \
		'garbage' '[]' '' '{"auths": 5}'; do
		printf '%s' "$text" >"$HOME/.docker/config.json"
		pulled
	done
	rm "$HOME/.docker/config.json"
	mkdir "$HOME/.docker/config.json"
	run --separate-stderr env XDG_DATA_HOME="$T/other2" sandbox pull "$HOSTILE/app:1"
	[ "$status" = 0 ]
	[[ $stderr = *"logins of '$HOME/.docker/config.json' are left out: "*"not a regular file"* ]]
}

@test "a login is found under each spelling of its host, and stored under one" {
	htpasswd -Bbn me secret >"$T/htpasswd"
	registry_start "auth: {htpasswd: {realm: test, path: $T/htpasswd}}"
	small_image
	mkdir -p "$HOME/.docker"
	local key auth
	auth=$(printf me:secret | base64)
	for key in "$REGISTRY" "http://$REGISTRY" "https://$REGISTRY/" "$REGISTRY/v2/" "HTTPS://${REGISTRY^^}/v1" "$REGISTRY/team"; do
		printf '{"auths": {"%s": {"auth": "%s"}}}' "$key" "$auth" >"$HOME/.docker/config.json"
		sandbox push --quiet app:1 "$REGISTRY/team/app:1"
	done
	rm "$HOME/.docker/config.json"
	sandbox login -u me --password-stdin "https://$REGISTRY/v2/" <<<secret
	[ "$(jq -r '.auths | keys[]' "$HOME/.config/containers/auth.json")" = "$REGISTRY" ]
	sandbox push --quiet app:1 "$REGISTRY/team/app:1"
	skopeo inspect --authfile "$HOME/.config/containers/auth.json" --tls-verify=false "docker://$REGISTRY/team/app:1" >/dev/null
	sandbox logout "http://$REGISTRY"
	fails 125 "cannot pull*" sandbox pull "$REGISTRY/team/app:1"
	sandbox login -u me --password-stdin "$REGISTRY/team" <<<secret
	sandbox push --quiet app:1 "$REGISTRY/team/app:1"
	fails 125 "cannot push*sandbox login*" sandbox push --quiet app:1 "$REGISTRY/other/app:1"
}

@test "of several authentication schemes a token is chosen" {
	big_image
	serve basic_first=one
	pulled
	serve basic_first=two
	pulled
	[ "$(asked 'GET /token')" = 1 ]
}

@test "an expired login does not prevent a pull, and is reported" {
	token_registry_start
	small_image
	sandbox image tag app:1 "$REGISTRY/a/app:1"
	printf secret | sandbox login --quiet --username me --password-stdin "$REGISTRY"
	sandbox push --quiet "$REGISTRY/a/app:1"
	mkdir -p "$HOME/.config/containers"
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$REGISTRY" "$(printf me:old | base64)" >"$HOME/.config/containers/auth.json"
	run --separate-stderr env XDG_DATA_HOME="$T/other" sandbox pull "$REGISTRY/a/app:1"
	[ "$status" = 0 ]
	[[ $stderr = *"the login that is kept for $REGISTRY is refused: going on without it"* ]]
	kill "$token_pid"
}

@test "a push works without what the server refuses: mounts, queries" {
	small_image
	cp -r "$T/app" "$T/keep"
	local status_of
	for status_of in mount_refused={400,401,403,404,405,500} head_refused={400,403,405,500}; do
		serve "$status_of"
		sandbox image tag app:1 "$HOSTILE/one:1"
		sandbox push --quiet app:1 "$HOSTILE/two:1"
		[ "$(asked '^stored ')" = 3 ]
		[ "$(asked '^POST .*mount=')" -le 2 ]
		sandbox image rm "$HOSTILE/one:1"
	done
}

@test "an upload follows the server's Location, without the password, and starts over after a failure" {
	small_image
	mkdir -p "$HOME/.docker"
	local mode
	for mode in moved=307 moved=308 upload_breaks; do
		serve $mode
		printf '{"auths": {"%s": {"auth": "%s"}}}' "$HOSTILE" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
		sandbox push --quiet app:1 "$HOSTILE/two:1"
		[ "$(asked '^stored ')" = 3 ]
	done
	[ "$(asked '^PUT /upload/')" = 3 ]
	[ "$(asked '^POST ')" = 3 ]
	serve moved=302
	fails 125 "cannot push*status 302*" sandbox push --quiet app:1 "$HOSTILE/two:1"
}

@test "a download that cannot be resumed starts over" {
	big_image
	local mode
	for mode in range_refused={400,403,404,416} from_zero; do
		serve "$mode"
		pulled
	done
}

@test "wrong bytes of an earlier attempt are dropped" {
	big_image
	serve honest
	local name size
	name=$(largest_blob "$T/app")
	size=$(stat -c %s "$T/app/blobs/sha256/$name")
	mkdir -p "$T/other/sandbox/tmp"
	for n in 1000 $((size - 1)) "$size" $((size + 1)); do
		rm -rf "$T/other"
		XDG_DATA_HOME=$T/other sandbox images >/dev/null
		head -c "$n" /dev/zero >"$T/other/sandbox/tmp/partial-$name"
		XDG_DATA_HOME=$T/other sandbox pull --quiet "$HOSTILE/app:1"
		XDG_DATA_HOME=$T/other says_nothing sandbox image verify
		empty "$T/other/sandbox/tmp"
	done
	# One bit, as a disk might flip it.
	for n in 5000 $((size - 1)) "$size"; do
		rm -rf "$T/other"
		XDG_DATA_HOME=$T/other sandbox images >/dev/null
		head -c "$n" "$T/app/blobs/sha256/$name" >"$T/other/sandbox/tmp/partial-$name"
		printf '\377' | dd of="$T/other/sandbox/tmp/partial-$name" bs=1 seek=3000 conv=notrunc status=none
		XDG_DATA_HOME=$T/other sandbox pull --quiet "$HOSTILE/app:1"
		XDG_DATA_HOME=$T/other says_nothing sandbox image verify
		empty "$T/other/sandbox/tmp"
	done
}

@test "a mirror that answers with an unrelated page is skipped" {
	big_image
	local mode mirror
	for mode in login_page blob_page; do
		serve $mode
		mirror=$HOSTILE
		small=$(cat "$T/hostile.port")
		python3 "$IMAGES/hostile.py" "$T/second.port" "$T/app" honest >"$T/second.log" 2>&1 3>&- &
		second_pid=$!
		wait_until 50 test -s "$T/second.port"
		HOSTILE=localhost:$(cat "$T/second.port")
		mkdir -p "$HOME/.config/sandbox"
		printf '[registry http://%s/]\nmirror = https://%s/v2/\n' "$HOSTILE" "${mirror^^}" >"$HOME/.config/sandbox/sandbox.conf"
		pulled
		[ "$(asked GET)" -ge 1 ]
		kill "$second_pid"
		rm "$T/second.port"
	done
	rm "$HOME/.config/sandbox/sandbox.conf"
	serve login_page
	fails 125 "cannot pull*text/html*" sandbox pull --quiet "$HOSTILE/app:1"
}

@test "the right image is found in an index, whatever else it lists and however deep it is nested" {
	local how first=1
	for how in index 'index index index' 'others index' 'index others index' 'plain others index index'; do
		rm -rf "$T/app"
		big_image
		layout app arm <<<"{'architecture': 'riscv64', 'layers': [[F('arm')]]}"
		jq -c '.manifests[0].platform = {os: "linux", architecture: $arch} | .manifests[1].platform = {os: "linux", architecture: "riscv64"}' \
			--arg arch "$(sandbox_arch)" "$T/app/index.json" >"$T/edited"
		mv "$T/edited" "$T/app/index.json"
		# shellcheck disable=SC2086 # words
		python3 "$IMAGES/nest.py" "$T/app" $how
		serve honest
		pulled
		XDG_DATA_HOME=$T/other sandbox pull "$HOSTILE/app:1" | grep 'up to date'
		sandbox image import --quiet "$T/app" imported:1
		[ "$(sandbox run imported:1 cat /etc/who)" = small ]
		if [ $first = 1 ]; then
			fails 125 "*no image for linux/s390x, only for: linux/*" sandbox pull --platform linux/s390x "$HOSTILE/app:2"
		fi
		first=0
	done
	rm -rf "$T/app"
	big_image
	python3 "$IMAGES/nest.py" "$T/app" index index index index index index index index index index
	serve honest
	fails 125 "cannot pull*leads on and on*" sandbox pull --quiet "$HOSTILE/app:3"
}

sandbox_arch() {
	uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/'
}

@test "the error says what it is instead of an image" {
	big_image
	python3 "$IMAGES/nest.py" "$T/app" others
	cp "$T/app/index.json" "$T/all.json"
	local i
	for i in 'in-toto' 'cncf.helm.config' 'simplesigning' 'application/x-sbom'; do
		jq -c --arg type "$i" '.manifests = [.manifests['"$((n++))"']] | .manifests[0].annotations = {"org.opencontainers.image.ref.name": "x"}' \
			"$T/all.json" >"$T/app/index.json"
		serve honest
		fails 125 "cannot pull*it is not an image: *$i*" sandbox pull --quiet "$HOSTILE/app:1"
	done
}

@test "the images of a layout are imported, its other content is noted" {
	big_image
	python3 "$IMAGES/nest.py" "$T/app" others
	run --separate-stderr sandbox image import "$T/app"
	[ "$status" = 0 ]
	[ "$output" = app:v1 ]
	[[ $stderr = *"what has no name of '$T/app' is left out: "* ]]
	[ "$(sandbox image import --quiet "$T/app" named:1)" = named:1 ]
	rm -rf "$T/app"
	big_image
	python3 "$IMAGES/nest.py" "$T/app" unnamed
	[ "$(sandbox image import --quiet "$T/app")" = app:v1 ]
}

@test "a wrong size of a layer is refused" {
	local more
	for more in 1 100000 -1; do
		rm -rf "$T/app"
		big_image
		python3 "$IMAGES/nest.py" "$T/app" "size=$more"
		fails 125 "cannot import *bytes*" sandbox image import --quiet "$T/app" x:1
		tar -C "$T/app" -cf "$T/app.tar" .
		fails 125 "cannot import *bytes*" sandbox image import --quiet "$T/app.tar" x:1
		serve honest
		fails 125 "cannot pull *bytes*" sandbox pull --quiet "$HOSTILE/app:1"
		says_nothing sandbox images --names
	done
}

@test "the bytes of a layer determine its compression, whatever its media type says" {
	local pair
	for pair in gzip:tar zstd:tar+gzip none:tar+gzip none:tar+zstd xz:tar+gzip bzip2:tar; do
		rm -rf "$T/app"
		layout app <<<"{'pack': '${pair%:*}', 'layers': [busybox() + [D('etc'), F('etc/who', b'small')]], 'lie_type': 'application/vnd.oci.image.layer.v1.${pair#*:}'}"
		sandbox image import --quiet "$T/app" packed:1
		[ "$(sandbox run packed:1 cat /etc/who)" = small ]
		sandbox image export --format docker packed:1 - | sandbox image import --quiet - again:1
	done
	rm -rf "$T/app"
	layout app <<<"{'layers': [busybox() + [D('etc'), F('etc/who', b'small')]], 'lie_type': 'application/octet-stream'}"
	serve honest
	pulled
}
