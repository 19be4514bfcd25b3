#!/usr/bin/env bats
# bats file_tags=slow
# The images of `sandbox image build` beside those of buildah, for the Dockerfiles in
# tests/data/dockerfiles: config, history, and each file with its type, mode, owner, attributes and
# content. Where buildah knows less than BuildKit, FILE.plain says the same in its words.

load helpers
load images
load witness

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
		# the same bytes in every run, since some archives are copied as they are
		tar() { command tar --sort=name --mtime=@1000000000 "$@"; }
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
		mkdir -p tree/dir/deep tree/under globs/{d1,d2,x1}/in
		echo 1 >tree/f && echo 2 >tree/dir/g && ln tree/f tree/dir/hard && ln -s dir tree/rel && ln -s /abs tree/abs
		ln -s nowhere tree/dangling && echo 3 >tree/under/h && chmod 700 tree/dir/deep
		touch globs/{d1/d1,d2/d2,x1/x1,d3} && echo same | tee globs/{d1,d2,x1}/in/same >/dev/null
		more_archives
	)
}

# Of each compression, with hard links, a set-id bit, and an entry for its own directory; and what is
# compressed but no archive.
more_archives() {
	local name

	mkdir -p ar/d && echo x >ar/x && echo y >ar/d/y && ln ar/x ar/d/hx && ln -s x ar/s && chmod 4755 ar/x && chmod 1777 ar/d
	for name in a.tar.gz a.tar.xz a.tar.bz2 a.tar.zst; do
		tar --owner=70 --group=71 -C ar -acf $name x d s
	done
	tar --owner=0 --group=0 -C ar -cf dot.tar . && tar -C ar -czf plain.gz x d && echo text | gzip >text.gz && rm -r ar
}

# bats test_tags=busybox
@test "BusyBox: users by number, chown -R, copies, archives, devices, names, umask" {
	base busybox busybox:1
	same users-by-number chown-busybox copy-shapes add-archives nodes names umask-times
}

# bats test_tags=busybox
@test "BusyBox: patterns that match directories, slashes and dots, links of another stage, archives" {
	base busybox busybox:1
	same globs copy-slashes from-stage-links add-more
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
@test "Alpine: onto directories that others own, settings that an image hands on" {
	base alpine alpine:3
	same copy-merge config-more
	# of the image that both just made
	same config-more.then
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

# bats test_tags=debian-slim
@test "Debian: hard links, what is removed and made again, one change a step, attributes" {
	base debian-slim debian:bookworm-slim
	same hard-links whiteouts one-change xattrs
}

# bats test_tags=debian-slim
@test "Debian: capabilities of files: moved, copied, touched, given away, written to, of another stage" {
	base debian-slim debian:bookworm-slim
	same capabilities
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
