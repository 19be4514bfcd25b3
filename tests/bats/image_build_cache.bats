#!/usr/bin/env bats
# `sandbox image build --cache-to` and `--cache-from`: steps that another machine has run are not run again.

load helpers
load images

setup() {
	build_setup
	cat >Dockerfile <<-'EOF'
		FROM app:1 AS tools
		RUN echo tool >/tool; echo ran >&2
		FROM app:1
		COPY --from=tools /tool /usr/tool
		COPY src /src
		RUN echo "$(cat /src)" >/made; chown 5:6 /made
	EOF
	echo one >src
}

teardown() {
	registry_stop
}

# A store that has the base image, and no layers of builds.
other_machine() {
	export XDG_DATA_HOME=$T/other$((++machines))
	sandbox image import --quiet "$T/app" app:1 >/dev/null
}

@test "a registry: nothing is run on the other machine, and the image is the same" {
	registry_start
	id=$(sandbox image build -q -t me:1 .)
	# A build that finds all its layers has them in its cache with all their keys.
	sandbox image build -q -t me:1 --cache-to "$REGISTRY/cache:main" . >/dev/null
	other_machine
	run -0 --separate-stderr sandbox image build -t me:1 --cache-from "type=registry,ref=$REGISTRY/cache:main" .
	# The stage itself is not in a cache without mode=max.
	[[ $stderr = *'built '*'/4: [tools] RUN echo tool'* && $stderr = *'cached '*'RUN echo "$(cat /src)"'* ]]
	[ "$output" = "$id" ]
	other_machine
	sandbox image build -q --cache-from "$REGISTRY/cache:main" --cache-to "type=registry,ref=$REGISTRY/cache:all,mode=max" . >/dev/null
	other_machine
	run -0 --separate-stderr sandbox image build -t me:1 --cache-from "$REGISTRY/cache:all" .
	[[ $output = "$id" && $stderr != *built* && $stderr = *'cached 4/4'* ]]
	[ "$(sandbox run --network none me:1 cat /made /usr/tool)" = $'one\ntool' ]
	sandbox image verify me:1
	# Without the registry it is its own again.
	registry_stop
	run -0 --separate-stderr sandbox image build .
	[[ $stderr = *'cached 4/4'* ]]
}

@test "a directory: only what is the same is taken; damage and strangers cost no more than the cache" {
	id=$(sandbox image build -q --cache-to "type=local,dest=$T/cache,mode=max" .)
	[ "$(jq -r '.manifests | length' "$T/cache/index.json")" = 1 ]
	other_machine
	echo two >src
	run -0 --separate-stderr sandbox image build --cache-from "type=local,src=$T/cache" .
	[[ $stderr = *'cached '*'COPY --from=tools'* && $stderr = *'built '*'COPY src /src'* ]]
	# Each blob of a layer is another content of the same size.
	echo one >src
	for f in "$T"/cache/blobs/sha256/*; do
		grep -q '^{' "$f" || { head -c "$(stat -c %s "$f")" /dev/urandom >"$f.x" && mv "$f.x" "$f"; }
	done
	other_machine
	run -0 --separate-stderr sandbox image build --cache-from "type=local,src=$T/cache" .
	[[ $stderr = *'a layer of the cache is not used: '* && $stderr = *'built 4/4'* ]]
	sandbox image verify >/dev/null
	for bad in 'no such directory:'"$T/none" 'no cache:'"$T/app"; do
		other_machine
		run -0 --separate-stderr sandbox image build --cache-from "type=local,src=${bad#*:}" .
		[[ $stderr = *"the cache '${bad#*:}' is not used: "* ]]
	done
}

# Changes the cache's list of layers by a filter of jq(1), and what leads to it.
relist() { # DIR FILTER
	local blobs=$1/blobs/sha256 manifest config
	manifest=$(jq -r '.manifests[0].digest[7:]' "$1/index.json")
	config=$(jq -r '.config.digest[7:]' "$blobs/$manifest")
	jq -c "$2" "$blobs/$config" >new
	config=$(sha256sum new | head -c 64)
	jq -c --arg d "sha256:$config" --argjson n "$(stat -c %s new)" '.config |= (.digest = $d | .size = $n)' "$blobs/$manifest" >manifest
	mv new "$blobs/$config"
	manifest=$(sha256sum manifest | head -c 64)
	jq -c --arg d "sha256:$manifest" --argjson n "$(stat -c %s manifest)" '.manifests[0] |= (.digest = $d | .size = $n)' "$1/index.json" >index
	mv manifest "$blobs/$manifest"
	mv index "$1/index.json"
}

@test "a cache that lies about the size of a layer is not used" {
	sandbox image build -q --cache-to "type=local,dest=$T/cache,mode=max" . >/dev/null
	relist "$T/cache" '.records[].size += 5'
	other_machine
	run -0 --separate-stderr sandbox image build -t me:1 --cache-from "type=local,src=$T/cache" .
	[[ $stderr = *'a layer of the cache is not used: it has '*' bytes, and not '* && $stderr = *'built 4/4'* ]]
	sandbox image verify me:1
}

@test "a cache that names the blob of another layer is not used, also if the layer itself is here" {
	sandbox image build -q -t me:1 --cache-to "type=local,dest=$T/cache,mode=max" . >/dev/null
	sandbox image export --quiet me:1 "$T/me.tar"
	relist "$T/cache" '.records as $r | .records |= [range(0; length) as $i | .[$i] + ($r | map(select(.diffId != $r[$i].diffId))[0] | {blob, size})]'
	other_machine
	sandbox image import --quiet "$T/me.tar" me:0 >/dev/null
	run -0 --separate-stderr sandbox image build -t me:1 --cache-from "type=local,src=$T/cache" .
	[[ $stderr = *'a layer of the cache is not used: layer '* && $stderr = *'built 4/4'* && $stderr != *cached* ]]
	sandbox image verify me:1
}

@test "what cannot be is said" {
	fails 125 "--cache-from: 'gha' is not a type; expected registry or local" sandbox image build --cache-from type=gha .
	fails 125 "--cache-to: 'src' is unknown; expected type=, ref=, dest= or mode=min or max" sandbox image build --cache-to type=local,src=x .
	fails 125 "--cache-from type=registry: expected type=registry,ref=NAME or type=local,src=DIR" sandbox image build --cache-from type=registry .
	: >file
	fails 125 "cannot write the cache 'file': *" sandbox image build -q --cache-to type=local,dest=file .
	fails 125 "cannot write the cache '127.0.0.1:9/x': *" sandbox image build -q --cache-to 127.0.0.1:9/x .
}
