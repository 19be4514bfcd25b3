#!/usr/bin/env bats
# bats file_tags=slowest
# Base images from a Debian mirror, made in a box.

load helpers

# Both tests look at one base, in its store.
setup_file() {
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 3)) BASE=$BATS_FILE_TMPDIR/base

	mkdir -p "$BASE/run"
	env HOME="$BASE" XDG_DATA_HOME="$BASE" XDG_RUNTIME_DIR="$BASE/run" SOURCE_DATE_EPOCH=1700000000 \
		"$SANDBOX" image bootstrap debian:bookworm >"$BASE/out" 2>"$BASE/log" || {
		cat "$BASE/log" >&2
		return 1
	}
}

use_base() {
	export XDG_DATA_HOME=$BASE
}

@test "a base is made without root, apt works in it, and a second run gives the same image" {
	use_base
	[ "$(cat "$BASE/out")" = debian:bookworm ]
	[ "$(sandbox image inspect --json debian:bookworm | jq -r .created)" = 2023-11-14T22:13:20Z ]
	[ "$(sandbox run debian:bookworm sh -c '. /etc/os-release; echo $VERSION_CODENAME')" = bookworm ]
	sandbox run --root debian:bookworm sh -c 'apt-get update && apt-get install -y --no-install-recommends hello' >"$T/log" 2>&1 || {
		cat "$T/log" >&2
		return 1
	}
	SOURCE_DATE_EPOCH=1700000000 sandbox image bootstrap --name again:1 debian:bookworm >/dev/null 2>&1
	[ "$(sandbox image inspect --json again:1 | jq -r '.layers[0].diff_id')" = \
		"$(sandbox image inspect --json debian:bookworm | jq -r '.layers[0].diff_id')" ]
}

@test "the base has the owners, set-id bits and modes that root would have set" {
	use_base
	sandbox image export debian:bookworm "$T/base.tar" --format tar
	# According to Debian's packages and their scripts.
	tar --numeric-owner -tvf "$T/base.tar" | awk '{print $1, $2, $6}' >"$T/list"
	grep -x -- '-rw-r----- 0/42 \(\./\)\?etc/shadow' "$T/list"
	grep -x -- '-rwxr-sr-x 0/42 \(\./\)\?usr/bin/chage' "$T/list"
	grep -x -- '-rwsr-xr-x 0/0 \(\./\)\?usr/bin/passwd' "$T/list"
	grep -x -- 'drwxrwsr-x 0/8 \(\./\)\?var/mail/' "$T/list"
	grep -x -- 'drwxrwsr-x 0/50 \(\./\)\?var/local/' "$T/list"
	grep -x -- 'drwxrwxrwt 0/0 \(\./\)\?tmp/' "$T/list"
	run ! grep fakeroot "$T/list"
}

@test "errors name what cannot be made" {
	fails 125 "'debian' is not DISTRO:SUITE*" sandbox image bootstrap debian
	fails 125 "'debian:../x' is not DISTRO:SUITE*" sandbox image bootstrap debian:../x
	run ! sandbox image bootstrap debian:nosuchsuite
	[ "$status" = 125 ]
	[[ $output = *"cannot make 'debian:nosuchsuite': mmdebstrap failed"* ]]
	says_nothing sandbox images --names
}
