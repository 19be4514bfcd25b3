#!/usr/bin/env bats
# bench/start: whether it measures. Whether its limits are met is checked on an idle machine.

load helpers

@test "bench/start measures the given build, bwrap and the floor" {
	ROUNDS=1 run --separate-stderr "$SOURCE/bench/start" "$BUILD" --json --case 1 --case 2
	[ "$status" -le 1 ] # 1: a bar was missed
	# Two programs each, on the machine as it is, busy and pinned.
	[ "$(jq -s 'map(select(.ours > 0 and .bwrap > 0 and .floor > 0)) | length' <<<"$output")" = 12 ]
}

@test "bench/start refuses invalid arguments" {
	run -2 "$SOURCE/bench/start" --cases 1
	[ "$output" = "bench/start: unknown option '--cases'; see --help" ]
	run -2 "$SOURCE/bench/start" "$T/nowhere"
	[ "$output" = "bench/start: no directory '$T/nowhere' (run make first)" ]
}

@test "bench/net measures a box's network beside the host's own" {
	command -v pasta >/dev/null && command -v slirp4netns >/dev/null || skip 'pasta and slirp4netns are not installed'
	ROUNDS=1 SECONDS_EACH=0.1 run --separate-stderr "$SOURCE/bench/net" "$BUILD" --json --case udp --case rate
	[ "$status" -le 1 ] # 1: a bar was missed
	[ "$(jq -s 'map(select(.direct > 0 and .box > 0)) | length' <<<"$output")" = 6 ]
}
