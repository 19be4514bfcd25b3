#!/usr/bin/env bats
# pull and push against a real registry, Debian's docker-registry.

load helpers
load images

teardown() {
	registry_stop
	sandbox_teardown
}

requests() { # PATTERN: of the lines that the registry has logged
	grep -cE "$1" "$T/registry/log" || true
}

requested() { # N PATTERN
	[ "$(requests "$2")" = "$1" ]
}

# The registry logs a request when it has been answered, so one of its own comes last.
forget_requests() {
	curl -s -o /dev/null "$REGISTRY/v2/last/tags/list"
	wait_until 50 grep -q last/tags "$T/registry/log"
	: >"$T/registry/log"
}

@test "what was pushed is pulled with the same digest, by other tools too" {
	registry_start
	small_image
	run --separate-stderr sandbox push app:1 "$REGISTRY/team/app:1"
	[ "$status" = 0 ]
	[[ $output = "$REGISTRY/team/app:1: pushed "* ]]
	digest=$(sandbox images --json | jq -r '.[0].digest')
	[ "$(skopeo inspect --tls-verify=false "docker://$REGISTRY/team/app:1" | jq -r .Digest)" = "$digest" ]
	XDG_DATA_HOME=$T/other sandbox pull "$REGISTRY/team/app:1"
	[ "$(XDG_DATA_HOME=$T/other sandbox images --json | jq -r '.[0].digest')" = "$digest" ]
	[ "$(XDG_DATA_HOME=$T/other sandbox run "$REGISTRY/team/app:1" cat /etc/who)" = small ]
	# --quiet holds for the pull that a start makes.
	[ "$(XDG_DATA_HOME=$T/third sandbox --quiet run "$REGISTRY/team/app:1" cat /etc/who 2>&1)" = small ]
	[[ "$(XDG_DATA_HOME=$T/fourth sandbox run "$REGISTRY/team/app:1" cat /etc/who 2>&1)" = *"pulling it from"*small ]]
}

@test "an image that skopeo pushed in Docker's format is pulled" {
	registry_start
	small_image
	sandbox image export app:1 "$T/app.tar"
	skopeo copy -q --dest-tls-verify=false --format v2s2 "oci-archive:$T/app.tar" "docker://$REGISTRY/app:docker"
	sandbox pull "$REGISTRY/app:docker"
	[ "$(sandbox image inspect --json "$REGISTRY/app:docker" | jq -r .media_type)" = \
		application/vnd.docker.distribution.manifest.v2+json ]
	[ "$(sandbox run "$REGISTRY/app:docker" cat /etc/who)" = small ]
}

@test "a second pull of an unchanged tag is one request" {
	registry_start
	small_image
	sandbox push app:1 "$REGISTRY/app:1"
	sandbox pull "$REGISTRY/app:1"
	forget_requests
	run --separate-stderr sandbox pull "$REGISTRY/app:1"
	[[ $output = *'up to date'* ]]
	wait_until 20 grep -q HEAD "$T/registry/log"
	[ "$(requests '"(GET|HEAD|POST|PUT) ')" = 1 ]
}

@test "libarchive is loaded only when an archive is opened" {
	registry_start
	small_image
	sandbox push app:1 "$REGISTRY/app:1"
	sandbox pull "$REGISTRY/app:1"
	mkdir "$T/lib"
	touch "$T/lib/libarchive.so.13"
	export LD_LIBRARY_PATH=$T/lib
	run --separate-stderr sandbox pull "$REGISTRY/app:1"
	[[ $output = *'up to date'* ]]
	fails 125 "cannot export 'app:1': cannot load libarchive, which archives need: *" \
		sandbox image export app:1 "$T/app.tar"
	[ ! -e "$T/app.tar" ]
	fails 125 "cannot pull '$REGISTRY/app:1': layer *: cannot load libarchive, which archives need: *" \
		env XDG_DATA_HOME="$T/other" sandbox pull "$REGISTRY/app:1"
	unset LD_LIBRARY_PATH
	XDG_DATA_HOME=$T/other sandbox pull "$REGISTRY/app:1"
}

@test "libcurl is loaded only when a server is asked" {
	registry_start
	mkdir "$T/lib"
	touch "$T/lib/libcurl.so.4"
	export LD_LIBRARY_PATH=$T/lib
	small_image
	[ "$(sandbox images --names)" = app:1 ]
	fails 125 "cannot push '$REGISTRY/app:1': *cannot load libcurl, which registries need: *" \
		sandbox push app:1 "$REGISTRY/app:1"
	fails 125 "cannot pull '$REGISTRY/app:1': *cannot load libcurl, which registries need: *" \
		sandbox pull "$REGISTRY/app:1"
	unset LD_LIBRARY_PATH
	sandbox push app:1 "$REGISTRY/app:1"
}

@test "a tag that has moved is followed, shared layers are not fetched again" {
	registry_start
	layout one <<<"{'layers': [busybox(), [F('a')]]}"
	layout two <<<"{'layers': [busybox(), [F('b')]]}"
	sandbox image import "$T/one" one:1
	sandbox image import "$T/two" two:1
	sandbox push one:1 "$REGISTRY/app:1"
	export XDG_DATA_HOME=$T/other
	sandbox pull "$REGISTRY/app:1"
	XDG_DATA_HOME=$T/xdg/data sandbox push two:1 "$REGISTRY/app:1"
	run --separate-stderr sandbox pull --json "$REGISTRY/app:1"
	[ "$(jq -r '.[0].changed' <<<"$output")" = true ]
	[ "$(jq -r '.[0].downloaded' <<<"$output")" -lt 1000 ]
	sandbox run "$REGISTRY/app:1" ls /b
	run ! sandbox run "$REGISTRY/app:1" ls /a
}

@test "run pulls a missing image" {
	registry_start
	small_image
	sandbox push app:1 "$REGISTRY/app:1"
	XDG_DATA_HOME=$T/other run --separate-stderr sandbox run "$REGISTRY/app:1" cat /etc/who
	[ "$output" = small ]
	[[ $stderr = *"image '$REGISTRY/app:1' is not here: pulling it"* ]]
}

@test "pull by digest, and from an index by platform" {
	registry_start
	small_image
	layout arm <<<"{'architecture': 'arm64', 'layers': [[F('arm')]]}"
	sandbox image import "$T/arm" arm:1 2>/dev/null
	sandbox push app:1 "$REGISTRY/app:amd"
	sandbox push arm:1 "$REGISTRY/app:arm"
	python3 - "$REGISTRY" "$(sandbox images --json | jq -r '.[] | select(.name == "app:1").digest')" \
		"$(sandbox images --json | jq -r '.[] | select(.name == "arm:1").digest')" <<-'PY'
		import json, os, sys, urllib.request
		host, amd, arm = sys.argv[1:]
		machine = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
		def size(d):
		    r = urllib.request.Request(f"http://{host}/v2/app/manifests/{d}", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
		    return len(urllib.request.urlopen(r).read())
		t = "application/vnd.oci.image.manifest.v1+json"
		entries = [dict(mediaType=t, digest=d, size=size(d), platform=dict(os="linux", architecture=a)) for d, a in ((amd, machine), (arm, "s390x"))]
		body = json.dumps(dict(schemaVersion=2, mediaType="application/vnd.oci.image.index.v1+json", manifests=entries)).encode()
		r = urllib.request.Request(f"http://{host}/v2/app/manifests/multi", data=body, method="PUT", headers={"Content-Type": "application/vnd.oci.image.index.v1+json"})
		urllib.request.urlopen(r)
	PY
	sandbox pull "$REGISTRY/app:multi"
	[ "$(sandbox run "$REGISTRY/app:multi" cat /etc/who)" = small ]
	XDG_DATA_HOME=$T/other sandbox pull --platform linux/s390x "$REGISTRY/app:multi"
	[ "$(XDG_DATA_HOME=$T/other sandbox images --json | jq -r '.[0].platform')" = linux/arm64 ]
	fails 125 "*there is no image for linux/riscv64, only for: linux/*" \
		sandbox pull --platform linux/riscv64 "$REGISTRY/app:multi"
	digest=$(sandbox images --json | jq -r '.[] | select(.name == "app:1").digest')
	sandbox pull "$REGISTRY/app@$digest"
	[ "$(sandbox run "$REGISTRY/app@$digest" cat /etc/who)" = small ]
}

@test "a registry with a password: login, pull, push, logout" {
	htpasswd -Bbn me secret >"$T/htpasswd"
	registry_start "auth: {htpasswd: {realm: test, path: $T/htpasswd}}"
	small_image
	fails 125 "cannot push '*': *sandbox login $REGISTRY*" sandbox push app:1 "$REGISTRY/app:1"
	fails 125 "cannot log in at '$REGISTRY': the user name or the password is wrong" \
		sandbox login -u me --password-stdin "$REGISTRY" <<<wrong
	sandbox login -u me --password-stdin "$REGISTRY" <<<secret
	[ "$(stat -c %a "$HOME/.config/containers/auth.json")" = 600 ]
	sandbox push app:1 "$REGISTRY/app:1"
	XDG_DATA_HOME=$T/other sandbox pull "$REGISTRY/app:1"
	skopeo inspect --authfile "$HOME/.config/containers/auth.json" --tls-verify=false \
		"docker://$REGISTRY/app:1" >/dev/null
	sandbox logout "$REGISTRY"
	fails 125 "not logged in at '$REGISTRY'" sandbox logout "$REGISTRY"
	fails 125 "cannot pull*" sandbox pull "$REGISTRY/app:1"
}

@test "credentials from Docker's config.json and from a helper are used" {
	htpasswd -Bbn me secret >"$T/htpasswd"
	registry_start "auth: {htpasswd: {realm: test, path: $T/htpasswd}}"
	small_image
	mkdir -p "$HOME/.docker" "$T/bin"
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$REGISTRY" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
	sandbox push app:1 "$REGISTRY/app:1"
	cat >"$T/bin/docker-credential-test" <<-'SH'
		#!/bin/sh
		read -r host
		[ "$1" = get ] && printf '{"ServerURL":"%s","Username":"me","Secret":"secret"}' "$host"
	SH
	chmod +x "$T/bin/docker-credential-test"
	printf '{"credHelpers": {"%s": "test"}}' "$REGISTRY" >"$HOME/.docker/config.json"
	PATH=$T/bin:$PATH XDG_DATA_HOME=$T/other sandbox pull "$REGISTRY/app:1"
	printf '{"credHelpers": {"%s": "../x"}}' "$REGISTRY" >"$HOME/.docker/config.json"
	run --separate-stderr sandbox pull "$REGISTRY/app:1"
	[ "$status" = 125 ]
	[[ $stderr = *"'../x' is not the name of a credential helper"*'sandbox login'* ]]
}

@test "a mirror is tried first, but its content is checked" {
	registry_start
	small_image
	sandbox push app:1 "$REGISTRY/library/app:1"
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nregistry = example.invalid\n[registry example.invalid]\nmirror = %s/library\n' \
		"$REGISTRY" >"$HOME/.config/sandbox/sandbox.conf"
	XDG_DATA_HOME=$T/other sandbox pull app:1
	[ "$(XDG_DATA_HOME=$T/other sandbox images --names)" = app:1 ]
	[ "$(XDG_DATA_HOME=$T/other sandbox run app:1 cat /etc/who)" = small ]
}

@test "concurrent pulls of one image do the work once" {
	registry_start
	layout app <<<"{'layers': [busybox(), [F('big', bytes(range(256)) * 40000)]]}"
	sandbox image import "$T/app" app:1
	sandbox push app:1 "$REGISTRY/app:1"
	forget_requests
	export XDG_DATA_HOME=$T/other
	local pids=() pid
	for _ in 1 2 3 4; do
		sandbox pull "$REGISTRY/app:1" 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait_for "$pid"
		[ "$status" = 0 ]
	done
	run -0 sandbox image inspect --json "$REGISTRY/app:1"
	[ "$(jq '.layers | length' <<<"$output")" -ge 1 ]
	for layer in $(jq -r '.layers[].digest' <<<"$output"); do
		wait_until 50 requested 1 "GET /v2/app/blobs/$layer"
	done
	says_nothing ls "$XDG_DATA_HOME/sandbox/tmp"
}

@test "a blob is mounted from another repository, or not sent if it exists" {
	registry_start
	small_image
	sandbox image tag app:1 "$REGISTRY/one:1"
	sandbox push "$REGISTRY/one:1"
	run --separate-stderr sandbox push --json app:1 "$REGISTRY/two:1"
	[ "$(jq -r .mounted <<<"$output")" = 1 ]
	run --separate-stderr sandbox push --json app:1 "$REGISTRY/two:1"
	[ "$(jq -r '"\(.uploaded) \(.existing)"' <<<"$output")" = '0 2' ]
}

@test "errors name what cannot be pulled" {
	registry_start
	fails 125 "cannot pull '$REGISTRY/no:1': *no such image or tag*" sandbox pull "$REGISTRY/no:1"
	fails 125 "*upper case*" sandbox pull "$REGISTRY/App:1"
	fails 125 "*is not the name of an image*" sandbox pull ../etc/passwd
	registry_stop
	wait_until 50 test ! -d "/proc/$registry_pid"
	fails 125 "cannot pull '$REGISTRY/app:1': *" sandbox pull "$REGISTRY/app:1"
}
