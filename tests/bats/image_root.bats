#!/usr/bin/env bats
# Images, where the test needs the host's root: podman as a witness, file systems of its own, owners.

load helpers
load images

@test "podman loads what was exported" {
	small_image
	sandbox image export app:1 "$T/docker.tar" --format docker
	run podman --root "$T/p" --runroot "$T/pr" --storage-driver vfs \
		load -i "$T/docker.tar"
	[[ $output = *'Loaded image'* ]]
}

@test "a full disk leaves no name and no half layer" {
	mkdir "$T/small"
	mount -t tmpfs -o size=3M tmpfs "$T/small"
	layout app <<<"{'layers': [[F('big', bytes(range(256)) * 40000)]]}"
	XDG_DATA_HOME=$T/small run sandbox image import --quiet "$T/app" app:1
	[ "$status" = 125 ]
	[[ $output = *'No space left'* ]]
	[ -z "$(XDG_DATA_HOME=$T/small sandbox images --names)" ]
	empty "$T/small/sandbox/layers" "$T/small/sandbox/tmp"
	umount "$T/small"
}

@test "as root too, an image is unpacked as umoci unpacks it, owners and devices included" {
	layout app <<-'PY'
		{'layers': [[D('./'), D('d', 0o2775, gid=8), F('suid', mode=0o4755, uid=5, gid=6), C('null', 1, 3),
		  P('pipe'), D('shut', 0o500, uid=7), F('shut/f', mode=0), F('mine', uid=1000, gid=1000)]]}
	PY
	sandbox image import --quiet "$T/app" app:1
	sandbox image export app:1 "$T/ours.tar" --format tar
	umoci unpack --image "$T/app:v1" "$T/theirs" >/dev/null
	python3 "$IMAGES/compare-tree.py" "$T/ours.tar" "$T/theirs/rootfs"
}
