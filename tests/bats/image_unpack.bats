#!/usr/bin/env bats
# bats file_tags=disk
# Layers are unpacked as by other tools, and shown so in a box.

load helpers
load images

# Everything that a layer can contain and do to those below.
rich() {
	layout app <<-'PY'
		{'pack': 'members', 'layers': [
		  [D('./')] + busybox() + [
		   D('usr'), D('usr/lib'), F('usr/lib/a.so', b'a'), L('lib', 'usr/lib'), D('tmp', 0o1777),
		   D('dir'), F('dir/one'), F('dir/two'), D('opq'), F('opq/old'), F('gone'),
		   F('hl1', b'hard'), H('hl2', 'hl1'), F('suid', mode=0o4755, uid=5, gid=6),
		   F('xattrs', xattrs={'user.k': 'v'}), D('shut', 0o500), F('shut/f', mode=0),
		   C('null', 1, 3), P('pipe'), F('n\u00e4me'), D('mail', 0o2775, gid=8),
		   F('l' * 120 + '/' + 'm' * 120), F('sparse', b'\0' * 300000 + b'end'),
		   D('l' * 120)],
		  [F('tmp/t'), F('lib/b.so', b'b'), F('.wh.gone', b''), F('dir/.wh.one', b''),
		   F('opq/.wh..wh..opq', b''), F('opq/new'), F('.wh.nonexist', b''), H('hl3', 'hl1')],
		  [D('dir', 0o711, mtime=1200000000), F('dir/three'), F('gone', b'back'),
		   F('lib/.wh.a.so', b''), H('hl4', 'hl3')]]}
	PY
}

@test "an image is unpacked as by umoci, entry by entry" {
	rich
	sandbox image import "$T/app" app:1
	sandbox image export app:1 "$T/ours.tar" --format tar
	if am_root; then
		umoci unpack --image "$T/app:v1" "$T/theirs" >/dev/null
	else
		# With a single uid there are no owners, and umoci writes no set-id bits, devices
		# and inaccessible directories then: those are compared as root, and by the next
		# test.
		umoci unpack --rootless --image "$T/app:v1" "$T/theirs" >/dev/null
		skip_for_user='suid|null|shut|mail'
	fi
	run python3 "$IMAGES/compare-tree.py" "$T/ours.tar" "$T/theirs/rootfs"
	left=$(grep -vE "^(${skip_for_user:-none})" <<<"$output" || true)
	chmod -R u+rwx "$T/theirs"
	[ -z "$left" ] || {
		echo "$left" >&2
		return 1
	}
}

@test "attributes that a single uid cannot store are exported again" {
	rich
	sandbox image import "$T/app" app:1
	sandbox image export app:1 "$T/ours.tar" --format tar
	run tar --numeric-owner --full-time -tvf "$T/ours.tar"
	grep -E '^-rwsr-xr-x 5/6 .* suid$' <<<"$output"
	grep -E '^crw-rw-rw- 0/0 +1,3 .* null$' <<<"$output"
	grep -E '^drwxrwsr-x 0/8 .* mail/?$' <<<"$output"
	grep -E '^dr-x------ 0/0 .* shut/?$' <<<"$output"
	grep -E '^---------- 0/0 .* shut/f$' <<<"$output"
}

@test "a box shows the merged image" {
	rich
	sandbox image import "$T/app" app:1
	run sandbox run app:1 sh -c 'ls -d /gone /opq/* /dir/* /usr/lib/* /tmp; cat /gone; stat -c %a /dir'
	[ "$status" = 0 ]
	[ "$output" = "/dir/three
/dir/two
/gone
/opq/new
/tmp
/usr/lib/b.so
back711" ]
	run sandbox run app:1 ls /
	[[ $output != *wh.* && $output != *nonexist* ]]
	[ "$(sandbox run app:1 sh -c 'stat -c %h /hl1 /hl2 /hl3 /hl4; [ /hl1 -ef /hl4 ] && echo same')" = "4
4
4
4
same" ]
}

@test "gzip, zstd and plain layers give the same files" {
	local how

	for how in gzip zstd none; do
		layout "$how" <<<"{'pack': '$how', 'layers': [[D('etc'), F('etc/x', b'$how' * 100000)]]}"
		sandbox image import "$T/$how" "$how:1"
		sandbox image export "$how:1" "$T/$how.tar" --format tar
		tar -xOf "$T/$how.tar" etc/x | cmp - <(printf "$how%.0s" {1..100000})
	done
}

@test "a directory that a layer does not list keeps the attributes of the one below" {
	layout app <<-'PY'
		{'layers': [busybox() + [D('usr'), D('usr/share', 0o750, mtime=1100000000), L('share', 'usr/share')],
		            [F('usr/share/a')], [F('share/b')]]}
	PY
	sandbox image import "$T/app" app:1
	[ "$(sandbox run app:1 sh -c 'stat -c %a /usr/share; ls /usr/share; test -h /share && echo link')" = "750
a
b
link" ]
}

@test "a layer with only an empty directory, and an image with forty layers" {
	{
		echo "{'layers': [busybox()] + ["
		for i in $(seq 1 39); do echo "[F('f$i', b'$i')],"; done
		echo "]}"
	} | layout many
	sandbox image import "$T/many" many:1
	[ "$(sandbox run many:1 cat /f1 /f20 /f39)" = 12039 ]
}

# bats test_tags=debian
@test "the layer of Debian's official image is unpacked as by tar" {
	sandbox image import "$TEST_IMAGES/debian.tar" debian:test
	sandbox image export debian:test "$T/ours.tar" --format tar
	mkdir "$T/theirs"
	tar -C "$T/theirs" -xpf "$TEST_IMAGES/debian.tar" --no-same-owner
	run python3 "$IMAGES/compare-tree.py" "$T/ours.tar" "$T/theirs"
	# tar drops set-id bits together with the owner, and sees the directory's own time.
	left=$(am_root || grep -v "'0o[2-7]" <<<"$output" | grep -v '^\. ' || true)
	[ -z "$left" ] || {
		head -20 <<<"$left" >&2
		return 1
	}
	run sandbox run --root debian:test dpkg --version
	[ "$status" = 0 ]
	[[ $output = *'Debian '* ]]
}

# As in umoci, podman and containerd.
@test "unusual entries by old and other tools are unpacked as elsewhere" {
	layout app <<-'PY'
		{'layers': [busybox() + [
		  D('.wh..wh.plnk', 0o700), F('.wh..wh.plnk/12.34', b'shared', 0o755), F('.wh..wh.aufs'), D('.wh..wh.orph'), F('.wh..wh.orph/x'),
		  H('one', '.wh..wh.plnk/12.34'), H('usr/two', './/.wh..wh.plnk/12.34'),
		  D('app'), F('app/../x', b'up'), F('app/y/../../z', b'up'), F('./dot'), F('/abs'),
		  F('a', b'hello'), H('b', 'a', size=5, pax={'comment': 'c'}), F('c', b'after'), H('d', 'a', size=0, pax={'size': '700'}),
		  D('dir', size=512, pax={'comment': 'c'}), L('link', 'c', size=512, pax={'comment': 'c'}), F('last', b'last')]]}
	PY
	sandbox image import --quiet "$T/app" app:1
	# shellcheck disable=SC2016 # for the shell inside
	[ "$(sandbox run app:1 sh -c 'cat one usr/two x z a b c d link last; stat -c %h one a')" = "sharedsharedupuphellohelloafterhelloafterlast2
3" ]
	[ "$(sandbox run app:1 ls -A | grep '^\.wh' || echo none)" = none ]
	umoci raw unpack --rootless --image "$T/app:v1" "$T/theirs" >/dev/null 2>&1
	[ "$(cat "$T/theirs"/{a,b,c,d,link,last,x,z})" = "$(sandbox run app:1 cat a b c d link last x z)" ]
}
