#!/usr/bin/env bats
# What `sandbox image import` accepts, and its errors for the rest.

load helpers
load images

# The layout $T/app with one layer; its manifest's digest is $digest, its config's $config.
app() {
	layout app <<<"{'pack': '${1:-gzip}', 'layers': [busybox() + [D('etc'), F('etc/who', b'small')]]}"
	digest=$(cat "$T/digest")
	config=$(jq -r .config.digest "$T/app/blobs/sha256/${digest#sha256:}")
	config=${config#sha256:}
	layer=$(jq -r '.layers[0].digest' "$T/app/blobs/sha256/${digest#sha256:}")
	layer=${layer#sha256:}
}

digest_of() { # NAME
	sandbox image inspect --json "$1" | jq -r .digest
}

# Of the image's config: other tools call it the image's id.
id_of() { # NAME
	local manifest

	manifest=$(digest_of "$1")
	jq -r .config.digest "$XDG_DATA_HOME/sandbox/blobs/sha256/${manifest#sha256:}"
}

# Replaces the JSON in FILE by the output of jq.
edit() { # FILE JQ-PROGRAM
	jq -c "$2" "$1" >"$T/edited"
	mv "$T/edited" "$1"
}

@test "a directory's name may end with a slash" {
	app
	[ "$(sandbox image import --quiet app/)" = app:v1 ]
	[ "$(digest_of app:v1)" = "$digest" ]
}

@test "SOURCE:TAG selects by tag, name, or full name; a file with that name takes precedence" {
	local tag

	app
	skopeo copy -q oci:app:v1 docker-archive:d.tar:team/app:one
	skopeo copy -q oci:app:v1 oci-archive:o.tar:docker.io/team/app:one
	for tag in one app:one team/app:one docker.io/team/app:one; do
		sandbox image import --quiet "d.tar:$tag" "docker-$tag"
		sandbox image import --quiet "o.tar:$tag" "oci-${tag/docker.io\//}"
	done
	[ "$(digest_of oci-one)" = "$digest" ]
	[ "$(id_of docker-one)" = "sha256:$config" ]
	fails 125 "cannot import 'd.tar:two': it has no image with the tag 'two'" \
		sandbox image import d.tar:two x
	fails 125 "cannot import 'd.tar:ne': it has no image with the tag 'ne'" \
		sandbox image import d.tar:ne x
	cp o.tar o.tar:two
	sandbox image import --quiet o.tar:two file:1
	[ "$(digest_of file:1)" = "$digest" ]
}

@test "docker-archives of several images and names" {
	app
	layout second <<<"{'layers': [[F('second')]]}"
	skopeo copy -q oci:app:v1 docker-archive:one.tar:a:1
	skopeo copy -q oci:second:v1 docker-archive:two.tar:b:1
	mkdir d
	tar -C d -xf one.tar
	mv d/manifest.json one.json
	tar -C d -xf two.tar
	jq -cs '[.[0][0], .[1][0]] | .[0].RepoTags += ["c:2"]' one.json d/manifest.json >m
	mv m d/manifest.json
	tar -C d -cf both.tar .
	[ "$(sandbox image import --quiet both.tar)" = "a:1
c:2
b:1" ]
	[ "$(id_of a:1)" = "sha256:$config" ]
	[ "$(digest_of a:1)" = "$(digest_of c:2)" ]
	[ "$(digest_of a:1)" != "$(digest_of b:1)" ]
	fails 125 "cannot import 'both.tar': it holds several images: choose one by SOURCE:TAG, of *a:1, c:2, *b:1" \
		sandbox image import both.tar x
	[ "$(sandbox image import --quiet both.tar:b:1)" = b:1 ]
	[ "$(sandbox image import --quiet both.tar:c:2)" = c:2 ]
}

@test "archives written by docker save, kaniko and nix" {
	local layers

	app none
	mkdir old new kaniko nix
	# docker save before 25: <id>/layer.tar, equal layers as links, the documents last.
	mkdir "old/$layer" "old/$config"
	cp "app/blobs/sha256/$layer" "old/$layer/layer.tar"
	echo 1.0 >"old/$layer/VERSION"
	ln -s "../$layer/layer.tar" "old/$config/layer.tar"
	cp "app/blobs/sha256/$config" "old/$config.json"
	echo "[{\"Config\":\"$config.json\",\"RepoTags\":[\"old:1\"],\"Layers\":[\"$config/layer.tar\"]}]" \
		>old/manifest.json
	echo "{\"old\":{\"1\":\"$layer\"}}" >old/repositories
	# Since 25: an OCI layout and a docker-archive in one.
	cp -r app/. new
	edit new/index.json '.manifests[0].annotations["io.containerd.image.name"] = "docker.io/library/new:1"'
	layers="[\"blobs/sha256/$layer\"]"
	echo "[{\"Config\":\"blobs/sha256/$config\",\"RepoTags\":[\"new:1\"],\"Layers\":$layers}]" \
		>new/manifest.json
	cp "app/blobs/sha256/$config" "kaniko/sha256:$config"
	gzip -c "app/blobs/sha256/$layer" >"kaniko/$layer.tar.gz"
	echo "[{\"Config\":\"sha256:$config\",\"RepoTags\":[\"kaniko:1\"],\"Layers\":[\"$layer.tar.gz\"]}]" \
		>kaniko/manifest.json
	cp "app/blobs/sha256/$config" nix/8v3w.json
	mkdir "nix/$layer"
	cp "app/blobs/sha256/$layer" "nix/$layer/layer.tar"
	echo "[{\"Config\":\"8v3w.json\",\"RepoTags\":[\"nix:1\"],\"Layers\":[\"$layer/layer.tar\"]}]" \
		>nix/manifest.json
	(cd old && tar -cf ../old.tar --sort=name -- *)
	(cd new && tar -cf ../new.tar --sort=name -- *)
	(cd kaniko && tar -cf ../kaniko.tar -- sha256:* ./*.gz manifest.json)
	tar -C nix -cf nix.tar --sort=name .
	for name in old new kaniko nix; do
		[ "$(sandbox image import --quiet $name.tar)" = $name:1 ]
		[ "$(id_of $name:1)" = "sha256:$config" ]
		[ "$(sandbox run $name:1 cat /etc/who)" = small ]
	done
	[ "$(digest_of new:1)" = "$digest" ]
}

@test "of several platforms under one name, this machine's is taken" {
	local other

	app
	other=$(jq -c '.annotations.other = "x"' "app/blobs/sha256/${digest#sha256:}" |
		tee other.json | sha256sum | cut -d' ' -f1)
	mv other.json "app/blobs/sha256/$other"
	edit app/index.json "
		.manifests[0] |= (del(.annotations) | .platform = {os: \"linux\", architecture: \"amd64\"}) |
		.manifests[1] = (.manifests[0] | .digest = \"sha256:$other\" |
			.size = $(stat -c %s "app/blobs/sha256/$other") |
			.platform.architecture = \"arm64\")"
	[ "$(uname -m)" = x86_64 ] || digest=sha256:$other
	[ "$(sandbox image import --quiet app)" = app:latest ]
	[ "$(digest_of app)" = "$digest" ]
	sandbox image import --quiet app named:1
	[ "$(digest_of named:1)" = "$digest" ]
	edit app/index.json '.manifests |= map(.platform.os = "plan9")'
	fails 125 "cannot import 'app': there is no image for linux/*, only for: plan9/amd64, plan9/arm64" \
		sandbox image import app x:1
}

@test "from a pipe, in every compression, without a name of its own" {
	local how

	app
	skopeo copy -q oci:app:v1 docker-archive:d.tar:app:one
	tar -C app -cf o.tar .
	rootfs
	tar -C rootfs -cf r.tar .
	for how in cat gzip zstd xz bzip2; do
		"$how" <d.tar | sandbox image import --quiet - "d-$how"
		"$how" <o.tar | sandbox image import --quiet - "o-$how"
		"$how" <r.tar | sandbox image import --quiet - "r-$how"
		[ "$(id_of "d-$how")" = "sha256:$config" ]
		[ "$(digest_of "o-$how")" = "$digest" ]
		[ "$(sandbox run "r-$how" echo works)" = works ]
	done
	[ "$(sandbox image import --quiet - <d.tar)" = app:one ]
	xz --format=lzma <r.tar | bzip2 >twice
	fails 125 "cannot import 'twice': it is packed more than once" sandbox image import twice x
	fails 125 "cannot import '-': give it a NAME: '-:v1' is not the name*" sandbox image import - <o.tar
	fails 125 "cannot import '-': it is empty" sandbox image import - x </dev/null
}

@test "errors name sources that cannot be imported" {
	local at

	app none
	fails 125 "cannot import 'none': cannot open it: No such file*" sandbox image import none
	fails 125 "cannot import 'none:1': cannot open it: No such file*" sandbox image import none:1
	mkdir directory
	fails 125 "cannot import 'directory': the directory is not an OCI layout*" sandbox image import directory
	touch empty
	fails 125 "cannot import 'empty': it is empty" sandbox image import empty x
	echo text >text
	fails 125 "cannot import 'text': it is not a tar archive*" sandbox image import text x
	head -c 100000 /dev/urandom >random
	fails 125 "cannot import 'random': it is not a tar archive*" sandbox image import random x
	tar -cf members.tar -T /dev/null
	fails 125 "cannot import 'members.tar': it is not a tar archive: it has no member" \
		sandbox image import members.tar x
	mkfifo fifo
	fails 125 "cannot import 'fifo': it is neither a file nor a directory" sandbox image import fifo x
	tar -C app -cf no-index.tar oci-layout blobs
	fails 125 "cannot import 'no-index.tar': it is not a complete archive of images*" \
		sandbox image import no-index.tar x
	skopeo copy -q oci:app:v1 docker-archive:d.tar:app:one
	for at in 600 300000; do
		head -c $at d.tar >cut.tar
		fails 125 "cannot import 'cut.tar': *" sandbox image import cut.tar x
		gzip -c d.tar | head -c $((at / 3)) >cut.tar
		fails 125 "cannot import 'cut.tar': *" sandbox image import cut.tar x
	done
	sandbox image prune --quiet # the last ones were stored before it showed what was missing
	tar -C app -cf lost.tar --exclude="$layer" .
	fails 125 "cannot import 'lost.tar': *$layer is not in the store" sandbox image import lost.tar x
	says_nothing sandbox images --names
}

@test "inconsistent members of an archive are detected" {
	app none
	# A blob under another one's digest.
	cp -r app wrong
	cp "wrong/blobs/sha256/$config" "wrong/blobs/sha256/$layer"
	tar -C wrong -cf wrong.tar .
	fails 125 "cannot import 'wrong.tar': member 'blobs/sha256/$layer': its bytes have the digest *" \
		sandbox image import wrong.tar x
	fails 125 "cannot import 'wrong': *" sandbox image import wrong x
	# Links can only refer to members of the archive.
	mkdir d
	cp "app/blobs/sha256/$config" d/c.json
	echo '[{"Config":"c.json","RepoTags":["l:1"],"Layers":["a/layer.tar"]}]' >d/manifest.json
	for target in /etc/passwd ../../../../../../etc/passwd ../b/layer.tar ../a/layer.tar; do
		rm -rf d/a
		mkdir d/a
		ln -s "$target" d/a/layer.tar
		(cd d && tar -cf ../l.tar -- *)
		fails 125 "cannot import 'l.tar': it has no 'a/layer.tar'" sandbox image import l.tar
	done
	# Documents have a size limit.
	head -c 5000000 /dev/zero | tr '\0' ' ' >d/manifest.json
	(cd d && tar -cf ../l.tar -- manifest.json)
	fails 125 "cannot import 'l.tar': *longer than*" sandbox image import l.tar
	says_nothing sandbox images --names
}

@test "existing layers are not written again" {
	local before

	app
	tar -C app -cf o.tar .
	sandbox image import --quiet o.tar a:1
	before=$(stat -c %i "$XDG_DATA_HOME/sandbox/blobs/sha256/$layer")
	sandbox image import --quiet o.tar b:1
	[ "$(stat -c %i "$XDG_DATA_HOME/sandbox/blobs/sha256/$layer")" = "$before" ]
}

@test "a root file system may begin with app.json or blobs, through a pipe too" {
	mkdir -p root/bin root/blobs
	cp "$BUSYBOX" root/bin/busybox
	ln -s busybox root/bin/cat
	echo '{}' >root/app.json
	echo data >root/blobs/x
	for order in 'app.json blobs bin' 'blobs app.json bin' 'app.json bin'; do
		# shellcheck disable=SC2086 # words
		tar -C root -cf root.tar $order
		sandbox image import --quiet root.tar root:1
		[ "$(sandbox run root:1 cat /app.json)" = '{}' ]
		[ "$(sandbox image import --quiet - root:2 <root.tar)" = root:2 ]
	done
	tar -C root -cf documents.tar app.json
	[ "$(sandbox image import --quiet documents.tar documents:1)" = documents:1 ]
}

@test "names in a docker-archive may begin with ./ or /, in the archive and in its manifest" {
	app none
	mkdir old
	cp "$T/app/blobs/sha256/$layer" old/l.tar
	cp "$T/app/blobs/sha256/$config" old/c.json
	for start in './' '/' ''; do
		echo "[{\"Config\": \"${start}c.json\", \"RepoTags\": [\"dot:1\"], \"Layers\": [\"${start}l.tar\"]}]" >old/manifest.json
		tar -C old -cf old.tar ./c.json ./l.tar ./manifest.json
		[ "$(sandbox image import --quiet old.tar)" = dot:1 ]
		tar -C old -cf old.tar c.json l.tar manifest.json
		[ "$(sandbox image import --quiet old.tar)" = dot:1 ]
		[ "$(sandbox image import --quiet - <old.tar)" = dot:1 ]
	done
}
