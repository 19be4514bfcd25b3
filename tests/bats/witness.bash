# shellcheck shell=bash disable=SC2154 # official_store is of images.bash
# witness.bash - images that `sandbox image build` and buildah make of one Dockerfile.
#
# A file that loads this is run as root, and its setup makes $BATS_FILE_TMPDIR/layers.
#
# buildah takes nine tenths of the time, and what it makes of the same input is the same. So the facts of
# its images are kept in TEST_CACHE, if that is set, under a digest of all that they depend on: buildah's
# version, the Dockerfile and those that it builds on, the bytes of the official images, and the files that
# make the context and the facts.

buildah() {
	command buildah --root "$BATS_FILE_TMPDIR/storage" --runroot "$BATS_FILE_TMPDIR/run" --storage-driver overlay "$@"
}

# What buildah keeps is on mounts of its own.
teardown_file() {
	local mount

	[ -d "$BATS_FILE_TMPDIR/storage" ] || return 0
	buildah rm --all >/dev/null
	awk -v dir="$BATS_FILE_TMPDIR/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
		while read -r mount; do
			umount "$mount"
		done
}

# An official image, for both.
base() { # TAG NAME
	official "$1"
	bases+=("$1 $2")
	[ -e "$BATS_FILE_TMPDIR/$1.digest" ] || sha256sum <"$TEST_IMAGES/$1.tar" >"$BATS_FILE_TMPDIR/$1.digest"
}

# Gives buildah the official images of this test.
pull_bases() {
	local tag name id

	for tag in "${bases[@]}"; do
		name=${tag#* } tag=${tag% *}
		[ ! -e "$BATS_FILE_TMPDIR/$tag" ] || continue
		official "$tag"
		XDG_DATA_HOME=$official_store sandbox image export --format oci "$name" "$BATS_FILE_TMPDIR/$tag"
		id=$(buildah pull -q "oci-archive:$BATS_FILE_TMPDIR/$tag")
		buildah tag "$id" "docker.io/library/$name"
	done
}

# The Dockerfile of NAME in words that buildah knows.
plain() { # NAME
	local file=$SOURCE/tests/data/dockerfiles/$1

	[ ! -e "$file.plain" ] || file+=.plain
	echo "$file"
}

# All that the facts of buildah's image depend on. NAME.then starts from the image of NAME.
input() { # NAME
	local tag

	command buildah --version
	cat "$(plain "$1")" "$BATS_TEST_FILENAME" "$SOURCE/tests/bats/witness.bash" "$IMAGES/facts.py"
	for tag in "${bases[@]}"; do
		echo "$tag"
		cat "$BATS_FILE_TMPDIR/${tag% *}.digest"
	done
	[[ $1 != *.then ]] || input "${1%.then}"
}

# Builds NAME by buildah, as NAME:1.
build_theirs() { # NAME
	pull_bases
	buildah build -q --isolation chroot --cap-add MKNOD --layers --format docker --pull-never \
		-f "$(plain "$1")" -t "$1:1" . >"$T/log" 2>&1 || {
		cat "$T/log" >&2
		return 1
	}
}

# How many layers of the image are its base's.
below() { # NAME
	local last

	last=$(grep '^FROM' "$SOURCE/tests/data/dockerfiles/$1" | tail -n 1)
	if [ "$last" = 'FROM scratch' ]; then echo 0; else echo 1; fi
}

# Writes the facts of buildah's image to $T/theirs.facts.
their_facts() { # NAME
	local kept=

	[ -z "${TEST_CACHE-}" ] || {
		kept=$TEST_CACHE/witness/$(input "$1" | sha256sum | cut -d ' ' -f 1)
		mkdir -p "${kept%/*}"
		find "${kept%/*}" -type f -mtime +90 -delete
	}
	if [ -n "$kept" ] && [ -s "$kept" ]; then
		touch "$kept"
		cp "$kept" "$T/theirs.facts"
		return
	fi
	[[ $1 != *.then ]] || buildah inspect --type image "${1%.then}:1" >/dev/null 2>&1 || build_theirs "${1%.then}"
	build_theirs "$1"
	buildah push -q --disable-compression "$1:1" "dir:$T/theirs"
	python3 -IS "$IMAGES/facts.py" "$T/theirs" "$(below "$1")" "$BATS_FILE_TMPDIR/layers" >"$T/theirs.facts"
	rm -r "$T/theirs"
	# at once, for a test of another run
	[ -z "$kept" ] || cp "$T/theirs.facts" "$kept.$$"
	[ -z "$kept" ] || mv "$kept.$$" "$kept"
}

# Asserts that both make the same image of each Dockerfile; they become NAME:1 here.
same() { # NAME...
	local name

	for name; do
		their_facts "$name"
		sandbox image build -q -f "$SOURCE/tests/data/dockerfiles/$name" -o "type=image,name=$name:1" -o "type=oci,dest=$T/ours.tar,name=$name:1" . >/dev/null
		mkdir "$T/ours"
		tar -C "$T/ours" -xf "$T/ours.tar"
		python3 -IS "$IMAGES/facts.py" "$T/ours" "$(below "$name")" "$BATS_FILE_TMPDIR/layers" >"$T/ours.facts"
		[ "$(wc -l <"$T/ours.facts")" -gt 2 ]
		diff -u --label "buildah, $name" --label "sandbox, $name" "$T/theirs.facts" "$T/ours.facts" >&2
		rm -r "$T/ours" "$T/ours.tar"
	done
}
