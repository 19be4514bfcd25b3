# shellcheck shell=bash disable=SC2154 # official_store is of images.bash
# witness.bash - images that `sandbox image build` and buildah make of one Dockerfile.
#
# A file that loads this is run as root, and its setup makes $BATS_FILE_TMPDIR/layers.

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
