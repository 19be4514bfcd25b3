#!/usr/bin/env bats
# The store: import and export, names, garbage collection, other tools that read it in place.

load helpers
load images

data() {
	echo "$XDG_DATA_HOME/sandbox"
}

@test "the store is an OCI layout that skopeo and umoci read in place" {
	small_image
	[ "$(skopeo inspect --raw "oci:$(data):docker.io/library/app:1" | sha256sum | cut -d' ' -f1)" = \
		"$(sandbox images --json | jq -r '.[0].digest' | cut -d: -f2)" ]
	umoci ls --layout "$(data)" | grep -x docker.io/library/app:1
	umoci unpack --rootless --image "$(data):docker.io/library/app:1" "$T/b" >/dev/null
	[ "$(cat "$T/b/rootfs/etc/who")" = small ]
}

@test "archives by other tools are imported, with the same digests" {
	small_image
	digest=$(cat "$T/digest")
	[ "$(sandbox images --json | jq -r '.[0].digest')" = "$digest" ]
	skopeo copy -q "oci:$T/app:v1" "docker-archive:$T/docker.tar:app:docker"
	tar -C "$T/app" -cf "$T/oci.tar" .
	gzip -k "$T/oci.tar"
	sandbox image import "$T/docker.tar"
	sandbox image import "$T/oci.tar" fromtar:1
	sandbox image import "$T/oci.tar.gz:v1" fromgz:1
	sandbox image import - stdin:1 <"$T/oci.tar"
	for name in fromtar:1 fromgz:1 stdin:1; do
		[ "$(sandbox image inspect --json $name | jq -r .digest)" = "$digest" ]
	done
	for name in app:docker fromtar:1 stdin:1; do
		[ "$(sandbox run $name cat /etc/who)" = small ]
	done
	# The image's id is its config's digest, and docker-archives keep it.
	[ "$(tar -xOf "$T/docker.tar" manifest.json | jq -r '.[0].Config' | cut -d. -f1)" = \
		"$(jq -r .config.digest "$(data)/blobs/sha256/$(sandbox image inspect --json app:docker | jq -r .digest | cut -d: -f2)" | cut -d: -f2)" ]
}

@test "a layout with several images: all of them, or one by its tag" {
	layout two a <<<"{'layers': [[F('a')]]}"
	layout two b <<<"{'layers': [[F('b')]]}"
	fails 125 "cannot import *several images: choose one by SOURCE:TAG, of a, b" \
		sandbox image import "$T/two" one:1
	sandbox image import --quiet "$T/two:b" one:1
	[ "$(sandbox image inspect --json one:1 | jq -r .digest)" = "$(cat "$T/digest")" ]
	run --separate-stderr sandbox image import "$T/two"
	[ "$output" = "two:a
two:b" ]
	fails 125 "cannot import *no image with the tag 'c'" sandbox image import "$T/two:c" x:1
}

@test "a plain tar in any compression becomes an image" {
	rootfs
	tar -C "$T/rootfs" -cf "$T/r.tar" .
	for how in 'gzip gz' 'xz xz' 'bzip2 bz2' 'zstd zst'; do
		${how% *} -kq "$T/r.tar"
		sandbox image import --quiet "$T/r.tar.${how#* }" "plain-${how#* }:1"
		[ "$(sandbox run "plain-${how#* }:1" echo works)" = works ]
	done
	SOURCE_DATE_EPOCH=1000000000 sandbox image import --quiet "$T/r.tar" epoch:1
	[ "$(sandbox image inspect --json epoch:1 | jq -r .created)" = 2001-09-09T01:46:40Z ]
	fails 125 "cannot import *say which NAME*" sandbox image import "$T/r.tar"
}

@test "exports are read by skopeo, umoci and sandbox itself, with the same digests" {
	small_image
	digest=$(cat "$T/digest")
	sandbox image export app:1 "$T/oci.tar"
	sandbox image export app:1 "$T/docker.tar" --format docker
	mkdir "$T/x"
	tar -C "$T/x" -xf "$T/oci.tar"
	[ "$(skopeo inspect --raw "oci:$T/x" | sha256sum)" = "${digest#sha256:}  -" ]
	umoci unpack --rootless --image "$T/x:docker.io/library/app:1" "$T/b" >/dev/null
	[ "$(skopeo inspect --config "docker-archive:$T/docker.tar" | jq -c .rootfs)" = \
		"$(skopeo inspect --config "oci:$T/app:v1" | jq -c .rootfs)" ]
	sandbox image import --quiet "$T/docker.tar" again:1
	[ "$(sandbox run again:1 cat /etc/who)" = small ]
	sandbox image export app:1 "$T/oci2.tar"
	cmp "$T/oci.tar" "$T/oci2.tar"
	sandbox image export app:1 - --format tar | tar -t | grep -x etc/who
}

@test "tag, rm and prune: layers are removed once nothing needs them" {
	small_image
	sandbox image tag app:1 second:1
	sandbox image rm app:1
	[ "$(sandbox run second:1 cat /etc/who)" = small ]
	project p '[sandbox]
image = second:1'
	sandbox enter "$T/p/" -- true
	# A missing one does not stop the others.
	fails 125 "there is no image 'app:1' here*" sandbox image rm app:1 second:1
	says_nothing sandbox images --names
	# The box keeps the image it was made from.
	[ "$(sandbox enter "$T/p/" -- cat /etc/who)" = small ]
	sandbox rm --force p
	run --separate-stderr sandbox image prune
	[[ $output = 'removed 0 names, 1 layers, 3 blobs, 1 plans, 0 temporary files: '* ]]
	empty "$(data)/layers" "$(data)/blobs/sha256" "$(data)/plans"
}

@test "prune waits a moment for boxes that are ending, for nobody else, and says so" {
	small_image
	# Like a pull, or a box that is starting: one whose launcher was killed ends by itself.
	exec 7>>"$(data)/image.lock"
	flock -s 7
	sleep 0.3 7>&7 &
	exec 7>&-
	sandbox image prune
	wait $!
	exec 7>>"$(data)/image.lock"
	flock -s 7
	fails 125 "another command is using images*" sandbox image prune
	sandbox run app:1 true
	exec 7>&-
	sandbox image prune
}

@test "verify finds what is corrupt or missing, and a pull repairs it" {
	small_image
	run --separate-stderr sandbox image verify
	[ "$status" = 0 ]
	[ -z "$output" ]
	blob=$(largest_blob "$(data)")
	printf x | dd of="$(data)/blobs/sha256/$blob" bs=1 seek=60 conv=notrunc status=none
	run --separate-stderr sandbox image verify
	[ "$status" = 1 ]
	[[ $output = "blob sha256:$blob is corrupt"* ]]
	[ "$(sandbox image verify --json app:1 2>/dev/null | jq -r '.[0].kind')" = blob ]
	fails 125 "cannot export 'app:1': *is corrupt*" sandbox image export app:1 "$T/x.tar"
	[ ! -e "$T/x.tar" ]
	rm "$(data)/blobs/sha256/$blob"
	run sandbox image verify
	[[ $output = *'is missing'* ]]
}

@test "layers removed by hand are made again at the next start" {
	small_image
	chmod -R u+rwx "$(data)/layers"
	rm -rf "$(data)/layers" "$(data)/plans"
	[ "$(sandbox run app:1 cat /etc/who 2>/dev/null)" = small ]
	chmod -R u+rwx "$(data)/layers"
	rm -rf "$(data)/layers"
	[ "$(sandbox run app:1 cat /etc/who 2>/dev/null)" = small ]
	# and those of a box, whose image may have no name now
	project p $'[sandbox]\nimage = app:1\nlinger = 0'
	[ "$(sandbox enter ./p -- cat /etc/who)" = small ]
	sandbox image rm app:1
	chmod -R u+rwx "$(data)/layers"
	rm -rf "$(data)/layers" "$(data)/plans"
	[ "$(sandbox enter ./p -- cat /etc/who)" = small ]
	says_nothing ls "$(data)/refs"
}

@test "a second store lends its content, read-only" {
	small_image
	mv "$(data)" "$T/lender"
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nstores = %s\n' "$T/lender" >"$HOME/.config/sandbox/sandbox.conf"
	before=$(cd "$T/lender" && find . | sort | sha256sum)
	[ "$(sandbox run app:1 cat /etc/who)" = small ]
	[ "$(cd "$T/lender" && find . | sort | sha256sum)" = "$before" ]
	# Its layers belong to us: used in place. Its blobs stay there.
	says_nothing find "$(data)/layers" -mindepth 1 -maxdepth 1 ! -name 'host-*'
	rm -rf "$T/lender/layers"
	sandbox image rm app:1
	[ "$(sandbox run app:1 cat /etc/who 2>/dev/null)" = small ]
	[ -n "$(find "$(data)/layers" -mindepth 1 -maxdepth 1)" ]
}

@test "after a kill at any moment the next command works and gc reclaims the leftovers" {
	layout app <<<"{'layers': [busybox(), [F('big', bytes(range(256)) * 40000)]]}"
	for ms in 5 10 20 30 50 80; do
		timeout -s KILL "0.0$(printf %02d "$ms")" sandbox image import --quiet "$T/app" app:1 3>&- || true
		for name in $(sandbox images --names); do
			[ "$(sandbox run "$name" echo fine)" = fine ]
		done
		sandbox image verify
	done
	sandbox image import --quiet "$T/app" app:1
	sandbox image rm app:1
	sandbox image prune >/dev/null
	empty "$(data)/tmp" "$(data)/blobs/sha256" "$(data)/layers"
}

@test "images, tree, history, inspect and df show the content" {
	layout one <<<"{'layers': [busybox(), [F('a')]], 'config': {'Env': ['A=b'], 'Labels': {'k': 'v'}}}"
	layout two <<<"{'layers': [busybox(), [F('b')]]}"
	sandbox image import --quiet "$T/one" one:1
	sandbox image import --quiet "$T/two" two:1
	[ "$(sandbox images --names)" = "one:1
two:1" ]
	[ "$(sandbox image tree --json | jq -r '.[0].children | length')" = 2 ]
	sandbox image tree --dot | grep -q '"two:1" ->'
	[ "$(sandbox image inspect --json one:1 | jq -r '.config.env[0], .config.labels.k, (.layers | length)')" = "A=b
v
2" ]
	sandbox image inspect one:1 | grep -qE '^env +A=b$'
	sandbox image history one:1
	[ "$(sandbox image df --json | jq -r '.images.count, .layers.count, .reclaimable.count')" = "2
3
0" ]
	fails 125 "there is no image 'onee:1' here, did you mean 'one:1'?" sandbox image inspect onee:1
	id=$(sandbox images --json | jq -r '.[0].digest' | cut -c8-20)
	[ "$(sandbox image inspect --json "$id" | jq -r .name)" = one:1 ]
}

@test "df counts the caches of projects, and prune --caches removes them" {
	project p $'[sandbox]\nlinger = forever\n[mounts]\n~/.cache/mine = cache:mine\n~/.two = cache:two'
	sandbox enter --accept p -- sh -c 'head -c 200000 /dev/urandom >~/.cache/mine/file; mkdir ~/.two/d; chmod 0 ~/.two/d'
	[ "$(sandbox image df --json | jq -c '.caches | [.count, .bytes >= 200000]')" = '[2,true]' ]
	sandbox image prune >/dev/null
	[ "$(sandbox image df --json | jq .caches.count)" = 2 ]
	fails 125 "box 'p' runs and may use caches: 'sandbox stop --all' first" sandbox image prune --caches
	sandbox stop --all
	[[ $(sandbox image prune --caches --dry-run) = 'would remove '*', 2 caches: '* ]]
	[ "$(sandbox image prune --caches --json | jq -c '[.caches, .bytes >= 200000]')" = '[2,true]' ]
	[ "$(sandbox image df --json | jq .caches.count)" = 0 ]
	says_nothing ls "$T/xdg/data/sandbox/caches"
	sandbox enter p -- sh -c 'touch ~/.cache/mine/again' # made again
}
