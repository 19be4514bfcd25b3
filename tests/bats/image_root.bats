#!/usr/bin/env bats
# Image tests that need the host's root: podman for comparison, own file systems, owners.

load helpers
load images

@test "podman loads what was exported" {
	small_image
	sandbox image export app:1 "$T/docker.tar" --format docker
	run podman --root "$T/p" --runroot "$T/pr" --storage-driver vfs \
		load -i "$T/docker.tar"
	[[ $output = *'Loaded image'* ]]
}

@test "a full disk leaves no name and no partial layer" {
	mkdir "$T/small"
	mount -t tmpfs -o size=3M tmpfs "$T/small"
	layout app <<<"{'layers': [[F('big', bytes(range(256)) * 40000)]]}"
	XDG_DATA_HOME=$T/small run sandbox image import --quiet "$T/app" app:1
	[ "$status" = 125 ]
	[[ $output = *'No space left'* ]]
	XDG_DATA_HOME=$T/small says_nothing sandbox images --names
	empty "$T/small/sandbox/layers" "$T/small/sandbox/tmp"
	umount "$T/small"
}

@test "as root too, an image is unpacked as by umoci, including owners and devices" {
	layout app <<-'PY'
		{'layers': [[D('./'), D('d', 0o2775, gid=8), F('suid', mode=0o4755, uid=5, gid=6), C('null', 1, 3),
		  P('pipe'), D('shut', 0o500, uid=7), F('shut/f', mode=0), F('mine', uid=1000, gid=1000)]]}
	PY
	sandbox image import --quiet "$T/app" app:1
	sandbox image export app:1 "$T/ours.tar" --format tar
	umoci unpack --image "$T/app:v1" "$T/theirs" >/dev/null
	python3 "$IMAGES/compare-tree.py" "$T/ours.tar" "$T/theirs/rootfs"
}

@test "a store of another user, or a read-only one: one clear line, and nothing changes" {
	local other home command before

	small_image
	other=$(mktemp -d /tmp/other-XXXXXX) home=$(mktemp -d /tmp/home-XXXXXX)
	mv "$XDG_DATA_HOME/sandbox" "$other/sandbox"
	# The program itself may be where only root can look.
	cp -a "${SANDBOX%/bin/*}/bin" "${SANDBOX%/bin/*}/libexec" "$home"
	chmod -R a+rX "$home"
	chown 47000 "$home"
	chmod 755 "$other" "$other/sandbox"
	before=$(find "$other" | sort | sha256sum)
	as_other() {
		setpriv --reuid 47000 --regid 47000 --clear-groups env -i PATH="$home/bin:$PATH" HOME="$home" XDG_DATA_HOME="$other" XDG_RUNTIME_DIR="$home" "$@"
	}
	for command in images "image prune" "image rm app:1" "image verify" "image import $T/app b:1" "pull localhost:1/a"; do
		# shellcheck disable=SC2086 # words of a command
		fails 125 "*data directory '$other/sandbox' belongs to uid 0: set XDG_DATA_HOME*" as_other sandbox $command
	done
	fails 125 "*data directory '$other/sandbox' belongs to uid 0: *" as_other sandbox run app:1 true
	mount --bind "$other" "$other"
	mount -o remount,bind,ro "$other"
	for command in "image prune" "image rm app:1" "image import $T/app b:1" "run app:1 true"; do
		# shellcheck disable=SC2086 # words of a command
		XDG_DATA_HOME=$other fails 125 "*'$other/sandbox*Read-only file system" sandbox $command
	done
	umount "$other"
	[ "$(find "$other" | sort | sha256sum)" = "$before" ]
	rm -rf "$other" "$home"
}
