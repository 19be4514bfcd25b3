#!/usr/bin/env bats
# Other tools read what `sandbox image export` writes.

load helpers
load images

pair() {
	layout app <<-'PY'
		{'pack': 'gzip', 'layers': [
		  busybox() + [D('etc'), F('etc/who', b'small'), F('a', b'twice', mtime=1000000000.5),
		   H('sub/b', 'a'), F('caps', xattrs={'user.k': 'v'}), L('link', 'a'), D('sub', 0o700)],
		  [F('etc/top'), F('.wh.caps', b''), F('-', xattrs={'user.k': 'v'})]]}
	PY
	sandbox image import --quiet "$T/app" app:1
}

podman_here() {
	podman --root "$T/podman/root" --runroot "$T/podman/run" --tmpdir "$T/podman/tmp" \
		--storage-driver vfs --events-backend file "$@"
}

@test "skopeo and umoci read both formats, with the image's digests" {
	local digest=$T/digest format

	pair
	digest=$(cat "$T/digest")
	sandbox image export app:1 oci.tar
	sandbox image export app:1 docker.tar --format docker
	[ "$(skopeo inspect --raw oci-archive:oci.tar | sha256sum)" = "${digest#sha256:}  -" ]
	skopeo copy -q docker-archive:docker.tar dir:as-dir
	skopeo copy -q oci:app:v1 dir:theirs --format v2s2
	[ "$(jq -r .config.digest as-dir/manifest.json)" = "$(jq -r .config.digest theirs/manifest.json)" ]
	for format in oci docker; do
		skopeo copy -q "$format-archive:$format.tar" "oci:$format:1"
		umoci unpack --rootless --image "$format:1" "$format.unpacked" >/dev/null
		[ "$(cat "$format.unpacked/rootfs/etc/who")" = small ]
		[ ! -e "$format.unpacked/rootfs/caps" ]
	done
}

@test "the same image gives the same bytes, with nothing of this machine in them" {
	local format

	pair
	for format in oci docker tar; do
		sandbox image export app:1 "1.$format" --format $format
		(umask 077 && sandbox image export app:1 - --format $format >"2.$format")
		cmp "1.$format" "2.$format"
		[ "$(stat -c %a "1.$format")" = "$(printf %o $((0666 & ~$(umask))))" ]
		[ "$(tar --numeric-owner -tvf "1.$format" | grep -vc ' 0/0 ')" = 0 ]
	done
}

@test "a docker-archive from an import is exported unchanged" {
	local id

	pair
	skopeo copy -q oci:app:v1 docker-archive:theirs.tar:app:2
	sandbox image import --quiet theirs.tar
	sandbox image export app:2 ours.tar --format docker
	mkdir theirs ours
	tar -C theirs -xf theirs.tar
	tar -C ours -xf ours.tar
	for id in Config Layers; do
		[ "$(jq -c ".[0].$id" ours/manifest.json)" = "$(jq -c ".[0].$id" theirs/manifest.json)" ]
	done
	[ "$(jq '.[0].Layers | length' ours/manifest.json)" -ge 1 ]
	for id in $(jq -r '.[0] | .Config, .Layers[]' ours/manifest.json); do
		cmp "ours/$id" "theirs/$id"
	done
}

@test "tar: sorted, links as links, times and attributes kept" {
	pair
	sandbox image export app:1 files.tar --format tar
	run tar -tf files.tar
	[ "$(grep -v ^bin/ <<<"$output")" = "./
-
a
etc/
etc/top
etc/who
link
sub/
sub/b" ]
	[[ $(tar -tvf files.tar sub/b) = h*"sub/b link to a" ]]
	[[ $(TZ=UTC tar --full-time -tvf files.tar a) = *" 2001-09-09 01:46:40.5"*" a" ]]
	[[ $(tar --xattrs --xattrs-include='*' -tvvf files.tar ./- -- - 2>/dev/null) != *LIBARCHIVE* ]]
	[ "$(grep -ac SCHILY.xattr.user.k=v files.tar)" = 1 ]
	[ "$(grep -ac LIBARCHIVE files.tar)" = 0 ]
}

@test "an image without a layer" {
	umoci init --layout none
	umoci new --image none:1
	sandbox image import --quiet none:1 none:1
	sandbox image export none:1 - --format tar >files.tar
	says_nothing tar -tf files.tar
	sandbox image export none:1 none.tar --format docker
	[ "$(skopeo inspect docker-archive:none.tar | jq -c .Layers)" = '[]' ]
}

@test "a pipe or device is written to, never replaced" {
	pair
	sandbox image export app:1 whole.tar
	mkfifo fifo
	cat fifo >from-fifo 3>&- &
	sandbox image export app:1 fifo
	wait_for $!
	[ -p fifo ]
	cmp whole.tar from-fifo
	sandbox image export app:1 /dev/null
	[ -c /dev/null ]
}

@test "a failed export leaves the file as it was" {
	local blob

	pair
	echo before >out.tar
	blob=$(jq -r '.layers[1].digest' "$T/app/blobs/sha256/$(cut -d: -f2 digest)" | cut -d: -f2)
	chmod u+w "$XDG_DATA_HOME/sandbox/blobs/sha256/$blob"
	printf X | dd of="$XDG_DATA_HOME/sandbox/blobs/sha256/$blob" bs=1 seek=100 conv=notrunc status=none
	fails 125 "cannot export 'app:1': *sha256:$blob*" sandbox image export app:1 out.tar
	fails 125 "cannot export 'app:1': *sha256:$blob*" \
		sandbox image export app:1 out.tar --format docker
	[ "$(cat out.tar)" = before ]
	run ! compgen -G 'out.tar.*'
	fails 125 "there is no image 'none' here*" sandbox image export none out.tar
	fails 125 "cannot export 'app:1': cannot write 'none/out.tar*" sandbox image export app:1 none/out.tar
	run ! sandbox image export app:1 /dev/full
	[[ $output = *"No space left on device"* ]]
}

@test "podman loads both formats, and has the same id" {
	local format id

	command -v podman >/dev/null || skip "no podman"
	pair
	id=$(skopeo inspect --raw oci:app:v1 | jq -r .config.digest)
	for format in oci docker; do
		sandbox image export app:1 $format.tar --format $format
		run podman_here load -q -i $format.tar
		[ "$status" = 0 ] || skip "podman cannot load here: $output"
		[ "$(podman_here image inspect app:1 --format '{{.Id}}')" = "${id#sha256:}" ]
		podman_here rmi -f app:1 >/dev/null
	done
}
