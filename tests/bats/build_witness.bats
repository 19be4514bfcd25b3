#!/usr/bin/env bats
# bats file_tags=slow
# The images of `sandbox image build` beside those of buildah, for the Dockerfiles in
# tests/data/dockerfiles: config, history, and each file with its type, mode, owner, attributes and
# content. Where buildah knows less than BuildKit, FILE.plain says the same in its words.

load helpers
load images

setup() {
	sandbox_setup
	context "$T/context"
	mkdir -p "$BATS_FILE_TMPDIR/layers"
	cd "$T/context" || return
}

# The files that the Dockerfiles copy.
context() { # DIR
	mkdir -p "$1"/src/sub "$1"/expect/{parents/src/sub,parents/sub,excluded}
	(
		umask 022
		cd "$1" || return
		echo a >src/a && echo b >src/sub/b && echo c >src/sub/c && echo t >src/t.txt && echo u >src/u.txt
		echo s >'src/with space' && ln -s a src/link
		printf '#!/bin/sh\nexec "$@"\n' >src/script
		chmod 755 src/script && chmod 640 src/u.txt
		echo 'in value' >expect/plain && printf 'tabs\n' >expect/TWO
		# shellcheck disable=SC2016 # not expanded
		echo 'as is $NAME' >expect/EOT
		cp src/sub/b expect/parents/src/sub && cp src/sub/c expect/parents/sub
		cp -a src/a 'src/with space' src/link src/script expect/excluded
		tar --owner=5 --group=6 -czf archive.tar.gz src
		mkdir o && echo 1 >o/f && tar --owner=70 --group=71 -cf owners.tar o && rm -r o
	)
}

buildah() {
	command buildah --root "$BATS_FILE_TMPDIR/storage" --runroot "$BATS_FILE_TMPDIR/run" --storage-driver overlay "$@"
}

# What buildah keeps is on mounts of its own.
teardown_file() {
	local mount

	buildah rm --all >/dev/null
	awk -v dir="$BATS_FILE_TMPDIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r mount; do
			umount "$mount"
		done
}

# An official image, for both.
base() { # TAG NAME
	local id

	official "$1"
	[ ! -e "$BATS_FILE_TMPDIR/$1" ] || return 0
	XDG_DATA_HOME=$official_store sandbox image export --format oci "$2" "$BATS_FILE_TMPDIR/$1"
	id=$(buildah pull -q "oci-archive:$BATS_FILE_TMPDIR/$1")
	buildah tag "$id" "docker.io/library/$2"
}

# Asserts that both make the same image of each Dockerfile; they become NAME:1 here.
same() { # NAME...
	local name file plain below

	for name; do
		file=$SOURCE/tests/data/dockerfiles/$name
		plain=$file
		[ ! -e "$file.plain" ] || plain=$file.plain
		below=1
		[ "$(grep '^FROM' "$file" | tail -n 1)" != 'FROM scratch' ] || below=0
		buildah build -q --isolation chroot --cap-add MKNOD --layers --format docker --pull-never \
			-f "$plain" -t "$name:1" . >"$T/log" 2>&1 || {
			cat "$T/log" >&2
			return 1
		}
		buildah push -q --disable-compression "$name:1" "dir:$T/theirs"
		sandbox image build -q -f "$file" -o "type=image,name=$name:1" -o "type=oci,dest=$T/ours.tar,name=$name:1" . >/dev/null
		mkdir "$T/ours"
		tar -C "$T/ours" -xf "$T/ours.tar"
		python3 -IS "$IMAGES/facts.py" "$T/theirs" $below "$BATS_FILE_TMPDIR/layers" >"$T/theirs.facts"
		python3 -IS "$IMAGES/facts.py" "$T/ours" $below "$BATS_FILE_TMPDIR/layers" >"$T/ours.facts"
		[ "$(wc -l <"$T/ours.facts")" -gt 2 ]
		diff -u --label "buildah, $name" --label "sandbox, $name" "$T/theirs.facts" "$T/ours.facts" >&2
		rm -r "$T/ours" "$T/theirs" "$T/ours.tar"
	done
}

# bats test_tags=busybox
@test "BusyBox: users by number, chown -R, copies, archives, devices, names, umask" {
	base busybox busybox:1
	same users-by-number chown-busybox copy-shapes add-archives nodes names umask-times
}

# bats test_tags=busybox
@test "variables, stages, scratch, volumes" {
	base busybox busybox:1
	same args-expand stages scratch volumes
}

# bats test_tags=alpine
@test "Alpine: users, owners of copies, links, what is removed and replaced" {
	base alpine alpine:3
	same users-alpine copy-owners copy-onto links removed entrypoint-script
}

# bats test_tags=alpine
@test "every setting of the config, its resets, arguments, triggers, mounts" {
	base alpine alpine:3
	same config-all config-resets config-shell-forms args onbuild caches bind-owners
	# of the image that both just made
	same onbuild.then
}

# bats test_tags=alpine
@test "what buildah does not know: here-documents, --parents, --exclude, --link, modes in words" {
	base alpine alpine:3
	same heredocs parents-exclude
}

# bats test_tags=debian-slim
@test "Debian: users and what they make, chown by every tool, set-id bits" {
	base debian-slim debian:bookworm-slim
	same users-debian chown-spread set-id
}

# bats test_tags=debian-slim
@test "Debian: directories replaced and renamed, WORKDIR, shells, a package with its own user" {
	base debian-slim debian:bookworm-slim
	same replaced-dir renames workdir shells package-like
}

# bats test_tags=busybox
@test "the same input gives the same digest, also if everything is built again" {
	local name first

	base busybox busybox:1
	for name in users-by-number chown-busybox copy-shapes add-archives nodes names umask-times args-expand stages volumes; do
		first=$(sandbox image build -q --no-cache --timestamp 1700000000 -f "$SOURCE/tests/data/dockerfiles/$name" .)
		[ "$(SOURCE_DATE_EPOCH=1700000000 sandbox image build -q --no-cache -f "$SOURCE/tests/data/dockerfiles/$name" .)" = "$first" ]
	done
}
