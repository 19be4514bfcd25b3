#!/usr/bin/env bats
# bench/start: that it measures. Whether its bars are met is for a machine with nothing else to do.

load helpers

@test "bench/start measures the build that it is given, beside bwrap and the floor" {
	ROUNDS=1 run --separate-stderr "$SOURCE/bench/start" "$BUILD" --json --case 1 --case 2
	[ "$status" -le 1 ] # 1: a bar was missed
	[ "$(jq -s 'map(select(.ours > 0 and .bwrap > 0 and .floor > 0)) | length' <<<"$output")" = 4 ]
}

@test "bench/start refuses what it cannot do" {
	run -2 "$SOURCE/bench/start" --cases 1
	[ "$output" = "bench/start: unknown option '--cases'; see --help" ]
	run -2 "$SOURCE/bench/start" "$T/nowhere"
	[ "$output" = "bench/start: no directory '$T/nowhere' (run make first)" ]
}
