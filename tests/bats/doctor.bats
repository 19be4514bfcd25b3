#!/usr/bin/env bats
# sandbox doctor: what this machine allows, and how to fix it.

load helpers

@test "on the test machine, boxes can start" {
	run --separate-stderr sandbox doctor
	[ "$status" = 0 ]
	[[ $output = *'Boxes can start on this machine.' ]]
	run ! grep '^fail' <<<"$output"
}

@test "each check has a state, a name and a finding" {
	sandbox doctor >out
	[ "$(grep -cE '^(ok|note|fail) +[a-z/]' out)" -ge 10 ]
	[ "$(grep -cvE '^((ok  |note|fail)  [a-z/]| {24,29}[^ ]|Boxes can|$)' out)" = 0 ]
	grep -q "^ok    kernel            Linux $(uname -r | cut -d- -f1)" out
	grep -q "uid $(id -u)" out
}

@test "--json has the same content" {
	sandbox doctor --json >out
	[ "$(jq .can_start out)" = true ]
	[ "$(jq -r '.checks[] | .state' out)" = \
		"$(sandbox doctor | sed -nE 's/^(ok|note|fail) .*/\1/p')" ]
	[ "$(jq -c '[.checks[] | select((.name and .state and .seen and
		(.fix | type == "array")) | not)]' out)" = '[]' ]
}

@test "a data directory that is not writable is reported with its path, and the status is 1" {
	am_root || chmod a-w "$T/xdg/data"
	am_root && XDG_DATA_HOME=/proc/nothing
	run --separate-stderr sandbox doctor
	chmod u+w "$T/xdg/data"
	[ "$status" = 1 ]
	[[ $output = *"fail  data directory "*"$XDG_DATA_HOME"*"No box can start"* ]]
	XDG_DATA_HOME=$T/xdg/data
}

@test "if namespaces are forbidden it says so, with the command that allows them" {
	# the limit of our own user namespace: nobody else is affected
	run unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && sandbox doctor --json'
	[ "$status" = 1 ]
	jq -e '.can_start == false' <<<"$output"
	jq -e '.checks[] | select(.name == "user namespaces") |
		.state == "fail" and (.fix | length > 0)' <<<"$output"
}

@test "in a box it reports what a nested box needs" {
	run sandbox run --mount "${SANDBOX%/bin/sandbox}:/inner" host /inner/bin/sandbox doctor
	[ "$status" = 1 ]
	[[ $output = *'fail  user namespaces'*fix:* ]]
}

@test "it leaves nothing behind except the runtime directory" {
	local before

	mkdir -p -m 0700 "$XDG_RUNTIME_DIR/sandbox"
	before=$(find "$T" | LC_ALL=C sort)
	sandbox doctor >/dev/null
	[ "$(find "$T" | LC_ALL=C sort)" = "$before" ]
	wait_until 20 no_processes
}

@test "doctor takes no arguments" {
	fails 125 "unexpected argument 'now': sandbox doctor *" sandbox doctor now
}

# The line of a check's advice with this beginning.
advises() { # WORDS
	sandbox doctor >out
	grep -F -- "$1" out || {
		cat out
		return 1
	}
	[ "$(sandbox doctor --json | jq -r '.checks[] | select(.name == "boxes" or .name == "images") | .fix[]' | grep -cF -- "$1")" = 1 ]
}

@test "damaged boxes and images are listed, with what repairs them" {
	local data=$XDG_DATA_HOME/sandbox box blob

	load images
	sandbox doctor | grep -qE '^ok    boxes +no boxes yet'
	small_image
	project p $'[sandbox]\nimage = app:1\nlinger = 0'
	sandbox enter p -- true
	sandbox stop p
	sandbox doctor >out
	grep -qE '^ok    boxes +1, without damage' out
	grep -qE '^ok    images +1, without damage' out
	box=$data/boxes/$(sandbox inspect --json p | jq -r .id)
	mv "$box/upper" kept
	advises "box 'p': its directory 'upper' is gone, and with it the files that were changed: the next start makes an empty one"
	sandbox enter p -- true
	sandbox stop p
	rm -r "${box:?}/home"
	advises "box 'p': its directory 'home' is gone, and with it its home: the next start makes an empty one"
	sandbox enter p -- true
	sandbox stop p
	mv "$data"/layers/*.meta .
	advises "layer "
	mv ./*.meta "$data/layers"
	: >"$(echo "$data"/refs/*)"
	advises "image 'app:1': its name is damaged: 'sandbox image verify --repair', or 'sandbox pull app:1'"
	sandbox image verify --repair >/dev/null
	blob=$(sandbox image inspect --json app:1 | jq -r .digest)
	rm "$data/blobs/sha256/${blob#sha256:}" "$data/plans"/*
	advises "box 'p': its image 'app:1' (sha256:${blob:7:12}) is gone: 'sandbox pull app:1', or 'sandbox enter --rebuild p', which keeps the home"
	sandbox image import --quiet "$T/app" app:1
	sandbox enter p -- true
	sandbox doctor | grep -qE '^ok    boxes +1, without damage'
}

@test "a running throw-away box does not count as damaged" {
	sandbox run --name thrown host sleep 30 3>&- &
	local pid=$!

	wait_until 50 sandbox exec thrown true
	sandbox doctor | grep -qE '^ok    boxes +1, without damage'
	sandbox stop thrown
	wait_for $pid || true
}
