#!/usr/bin/env bats
# Malicious or broken images and servers: nothing outside the store changes, no name appears, and
# the error is reported.

load helpers
load images
load oracle

setup() {
	sandbox_setup
	plant
}

teardown() {
	registry_stop
	clear_canaries
	sandbox_teardown
}

# An import that must fail, and leave neither a name nor a layer.
refused() { # PATTERN; the description on stdin
	rm -rf "$T/bad"
	layout bad
	fails 125 "cannot import *$1*" sandbox image import --quiet "$T/bad" bad:1
	says_nothing sandbox images --names
	sandbox image prune >/dev/null
	empty "$XDG_DATA_HOME/sandbox/layers" "$XDG_DATA_HOME/sandbox/tmp" "$XDG_DATA_HOME/sandbox/blobs/sha256"
	unharmed
}

# One that succeeds, wherever its entries try to go.
harmless() { # the description on stdin
	rm -rf "$T/odd"
	layout odd
	sandbox image import --quiet "$T/odd" odd:1
	unharmed
}

@test "entries that lead out of the layer are refused" {
	refused "leads out of the layer by '..'" <<<"{'layers': [[F('../canary', b'evil')]]}"
	refused "leads out of the layer by '..'" <<<"{'layers': [[F('a/../../canary', b'evil')]]}"
	refused "leads out of the layer by '..'" <<<"{'layers': [[F('/a/../.././../canary', b'evil')]]}"
	refused "leads out of the layer by '..'" <<<"{'layers': [[D('a'), H('a/x', '../../../etc/passwd')]]}"
	refused "hard link" <<<"{'layers': [[H('x', '.wh..wh.plnk/1.2')]]}"
	refused "hard link" <<<"{'layers': [[H('x', '/etc/hostname')]]}"
	refused "too long" <<<"{'layers': [[F('n' * 300)]]}"
	refused "whiteout" <<<"{'layers': [[D('a'), F('a/.wh...', b'')]]}"
	refused "whiteout" <<<"{'layers': [[D('a'), F('a/.wh.', b'')]]}"
}

@test "absolute names and symlinks planted for later entries stay inside" {
	harmless <<<"{'layers': [[F('$T/home/canary/file', b'evil'), L('out', '$T/home/canary'), F('out/file', b'evil'), L('up', '../../../../..'), F('up/etc/evil', b'evil')]]}"
	[ "$(cat "$T/home/canary/file")" = 'a canary' ]
	[ ! -e /etc/evil ]
	harmless <<<"{'layers': [[L('etc', '/etc')], [F('etc/canary', b'evil')], [F('etc/.wh.passwd', b'')]]}"
	[ ! -e /etc/canary ]
	harmless <<<"{'layers': [[L('a', '$T/home/canary/file')], [H('b', 'a'), F('a', b'evil')]]}"
	harmless <<<"{'layers': [[L('a', '$T/home/canary'), F('a/../b', b'evil'), L('up', '/..'), F('up/x/../file', b'evil')]]}"
	harmless <<<"{'layers': [[L('a', '.wh..wh.plnk'), F('.wh..wh.plnk/1', b'x'), F('a/2', b'evil'), L('a/3', '$T/home/canary'), F('a/3/file', b'evil'), F('a/.wh.4'), H('l', '.wh..wh.plnk/1')]]}"
	says_nothing find "$XDG_DATA_HOME/sandbox/layers" -name '.wh*'
	harmless <<<"{'layers': [[D('d'), F('d/f')], [L('d', '$T/home/canary')], [F('d/file', b'evil'), F('d/.wh.passwd', b'')]]}"
}

# What a layer postpones is done when it is settled: by then its directories may be symlinks.
@test "symlinks that replace a layer's directories do not lead settling outside" {
	mknod "$T/home/canary/mark" c 0 0
	before=$(state)
	harmless <<<"{'layers': [[D('to'), D('to/x'), L('link', 'to/x')], [L('to', '$T/home/canary'), F('link/f')]]}"
	harmless <<<"{'layers': [[F('f')], [H('q/new', 'f'), L('q', '$T/home/canary')]]}"
	harmless <<<"{'layers': [[F('f')], [F('q/.wh.mark'), L('q', '$T/home/canary')]]}"
	harmless <<<"{'layers': [[D('q'), D('q/r')], [F('q/r/f'), L('q', '$T/home/canary')]]}"
	harmless <<<"{'layers': [[D('q'), L('q/file', '/to'), D('to')], [F('q/file/f'), L('q', '$T/home/canary')]]}"
	harmless <<<"{'layers': [[D('q'), F('q/f')], [F('q/.wh..wh..opq'), L('q', '$T/home/canary')]]}"
}

@test "overlayfs marks in an image have no effect" {
	harmless <<<"{'layers': [busybox() + [D('d'), F('d/f')], [D('d', xattrs={'user.overlay.opaque': 'y', 'trusted.overlay.opaque': 'y', 'user.overlay.redirect': '/bin'}), C('bin', 0, 0), F('x')]]}"
	[ "$(sandbox run odd:1 ls /d 2>/dev/null || echo gone)" = gone ] # /bin is a file now
	says_nothing getfattr -hR -m user.overlay "$XDG_DATA_HOME/sandbox/layers" 2>/dev/null
}

@test "sizes and numbers are limited" {
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nmax-size = 1M\nmax-entries = 10\n' >"$HOME/.config/sandbox/sandbox.conf"
	refused 'more than 1048576 bytes*max-size' <<<"{'layers': [[F('bomb', bytes(3000000))]]}"
	refused 'more than 10 entries*max-entries' <<<"{'layers': [[F('f%d' % i) for i in range(20)]]}"
}

@test "a damaged layer is an error, whatever was unpacked of it" {
	refused 'tar archive' <<<"{'layers': [[F('a', bytes(5000))]], 'raw': lambda t: t[:3000]}"
	refused 'tar archive' <<<"{'layers': [[F('a')]], 'raw': lambda t: b'garbage' * 1000}"
	refused 'digest' <<<"{'layers': [[F('a')]], 'lie': ['sha256:' + '0' * 64]}"
	rm -rf "$T/bad"
	layout bad <<<"{'layers': [[F('a', bytes(range(256)) * 1000)]]}"
	blob=$(largest_blob "$T/bad")
	truncate -s -100 "$T/bad/blobs/sha256/$blob"
	fails 125 "cannot import *" sandbox image import --quiet "$T/bad" bad:1
	printf x | dd of="$T/bad/blobs/sha256/$blob" bs=1 seek=60 conv=notrunc status=none
	fails 125 "cannot import *digest*" sandbox image import --quiet "$T/bad" bad:1
	says_nothing sandbox images --names
}

@test "documents that contradict themselves, or have forbidden names, are refused" {
	refused 'at once' <<<"{'layers': [[F('a')]], 'manifest': {'manifests': []}}"
	refused 'layers and its config' <<<"{'layers': [[F('a')]], 'lie': []}"
	refused 'not a digest' <<<"{'layers': [[F('a')]], 'lie': ['sha256:../../../etc/passwd']}"
	refused 'media type' <<<"{'layers': [[F('a')]], 'manifest': {'mediaType': 'application/vnd.oci.image.index.v1+json'}}"
}

@test "a layout whose blobs are symlinks that lead out is refused" {
	layout bad <<<"{'layers': [[F('a')]]}"
	blob=$(largest_blob "$T/bad")
	mv "$T/bad/blobs/sha256/$blob" "$T/outside"
	ln -s "$T/outside" "$T/bad/blobs/sha256/$blob"
	fails 125 "cannot import *" sandbox image import --quiet "$T/bad" bad:1
	rm "$T/bad/index.json"
	ln -s /etc/passwd "$T/bad/index.json"
	fails 125 "cannot import *" sandbox image import --quiet "$T/bad" bad:1
}

# A pull that must fail soon, and set no name.
pull_refused() { # MODE PATTERN
	registry_stop
	rm -f "$T/hostile.port"
	hostile_start app "$1"
	fails 125 "cannot pull '$HOSTILE/app:1': *$2*" sandbox pull --quiet "$HOSTILE/app:1"
	says_nothing sandbox images --names
	sandbox image prune >/dev/null
	unharmed
}

@test "wrong content from a server is detected" {
	layout app <<<"{'layers': [[F('big', bytes(range(256)) * 5000)]]}"
	pull_refused wrong_bytes 'digest'
	pull_refused too_much 'more than'
	pull_refused too_little 'bytes'
	pull_refused wrong_part 'bytes of a blob'
	pull_refused big_manifest 'larger than'
	pull_refused garbage_manifest 'JSON'
	pull_refused two_kinds 'at once'
	pull_refused evil_digest 'digest'
	pull_refused many_headers 'headers'
}

@test "malicious redirects of a server are not followed" {
	layout app <<<"{'layers': [[F('a')]]}"
	pull_refused endless_redirect 'on and on'
	pull_refused redirect_to_file 'refused'
	run sandbox pull --quiet "$HOSTILE/app:1"
	[[ $output != *root:* ]]
	pull_refused broken 'status 500'
	run sandbox pull --quiet "$HOSTILE/app:1"
	[[ $output != *$'\033'* ]]
}

@test "credentials go to the registry, and nowhere else" {
	layout app <<<"{'layers': [busybox()]}"
	hostile_start app redirect_elsewhere
	mkdir -p "$HOME/.docker"
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$HOSTILE" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
	sandbox pull --quiet "$HOSTILE/app:1"
	grep -q '^GET /v2/app/blobs/.* auth' "$T/hostile.log"
	# Each blob was requested twice: with the header here, without it there.
	[ "$(grep -c '^GET /v2/app/blobs/.* - ' "$T/hostile.log")" = 2 ]
	registry_stop
	rm -f "$T/hostile.port"
	hostile_start app token_elsewhere
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$HOSTILE" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
	fails 125 "*the password is not sent there*" sandbox pull --quiet "$HOSTILE/app:2"
	run ! grep -q token "$T/hostile.log"
	printf secret >pw
	fails 125 "*the password is not sent there*" sandbox login --username me --password-stdin "$HOSTILE" <pw
}

@test "tokens are requested and used; one that is not a valid header value is refused" {
	layout app <<<"{'layers': [busybox()]}"
	hostile_start app token_here
	sandbox pull --quiet "$HOSTILE/app:1"
	[ "$(grep -c 'GET /token' "$T/hostile.log")" = 1 ]
	sandbox image rm "$HOSTILE/app:1"
	pull_refused token_strange 'no token'
}

@test "temporary failures are retried" {
	layout app <<<"{'layers': [busybox() + [F('big', bytes(range(256)) * 5000)]]}"
	local mode
	for mode in broken_once no_range busy_then_fine; do
		registry_stop
		rm -f "$T/hostile.port"
		hostile_start app $mode
		XDG_DATA_HOME=$T/$mode sandbox pull --quiet "$HOSTILE/app:1"
		XDG_DATA_HOME=$T/$mode sandbox run "$HOSTILE/app:1" ls /big
	done
}

# A pull from a server that never ends, with a short timeout.
given_up() { # MODE
	layout app <<<"{'layers': [busybox() + [F('big', bytes(range(256)) * 5000)]], 'pack': 'none'}"
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nstall-timeout = 1s\n' >"$HOME/.config/sandbox/sandbox.conf"
	pull_refused "$1" 'too slow'
}

@test "a pull gives up on a server that stalls in the middle" { given_up stall; }

@test "a pull gives up on a server that sends a byte now and then" { given_up drip; }

@test "a pull gives up on a server that never answers" { given_up silent; }

@test "a server whose lengths or tags change: only content that matches the digest is taken" {
	layout app <<<"{'layers': [busybox()]}"
	for mode in huge changing; do
		registry_stop
		rm -f "$T/hostile.port"
		hostile_start app $mode
		sandbox pull --quiet "$HOSTILE/app:1"
		[ "$(sandbox run "$HOSTILE/app:1" echo fine)" = fine ]
		says_nothing sandbox image verify
	done
}

@test "a server behind a redirect gets no password, even if it asks for one" {
	layout app <<<"{'layers': [busybox()]}"
	hostile_start app redirect_then_401
	mkdir -p "$HOME/.docker"
	printf '{"auths": {"%s": {"auth": "%s"}}}' "$HOSTILE" "$(printf me:secret | base64)" >"$HOME/.docker/config.json"
	fails 125 "cannot pull*" sandbox pull --quiet "$HOSTILE/app:1"
	# No request there had credentials: each blob with them here, without them there.
	[ "$(grep -c '^GET /v2/app/blobs/.* auth' "$T/hostile.log")" -le "$(grep -c '^GET /v2/app/blobs/.* - ' "$T/hostile.log")" ]
	grep -q '^GET /v2/app/blobs/.* - ' "$T/hostile.log"
}

@test "an interrupted pull continues where it stopped" {
	layout app <<<"{'layers': [busybox() + [F('big', b''.join(i.to_bytes(4, 'little') for i in range(500000)))]], 'pack': 'none'}"
	hostile_start app slow_start
	sandbox pull "$HOSTILE/app:1" 2>"$T/err" 3>&- &
	pid=$!
	wait_until 100 sh -c 'test "$(stat -c %s "$1"/tmp/partial-* 2>/dev/null || echo 0)" -gt 1000' - "$XDG_DATA_HOME/sandbox"
	kill -INT "$(pgrep -P $$ -f "sandbox-image pull" || echo $pid)" 2>/dev/null || kill -INT $pid
	wait_for $pid
	[ "$status" = 130 ]
	grep -q interrupted "$T/err"
	says_nothing sandbox images --names
	ls "$XDG_DATA_HOME/sandbox/tmp"/partial-*
	sandbox pull "$HOSTILE/app:1"
	grep -qE '^GET .* bytes=[1-9][0-9]*-' "$T/hostile.log"
	[ "$(sandbox run "$HOSTILE/app:1" stat -c %s /big)" = 2000000 ]
}
