#!/usr/bin/env bats
# The control sockets of boxes, on which each pid 1 is asked for sessions: access to them is access
# to every box of the user.

load ../bats/helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	project q $'[sandbox]\nlinger = 60s'
	sandbox enter --quiet --accept ./q -- true
}

@test "a mount that contains them shows an empty directory in their place" {
	local around
	[ -n "$(find "$XDG_RUNTIME_DIR" -type s -name control)" ]
	for around in "$XDG_RUNTIME_DIR/sandbox" "$XDG_RUNTIME_DIR" "$T/xdg" "$T"; do
		for options in "" :ro; do
			says_nothing sandbox run --mount "$around:/m$options" host sh -c \
				'find /m -type s -name control 2>/dev/null || :'
		done
		printf '[mounts]\n/m = %s\n' "$around" >p/sandbox.ini
		says_nothing sandbox enter --quiet --accept ./p -- sh -c \
			'find /m -type s -name control 2>/dev/null || :'
		sandbox rm --force p
	done
	# nor can their directory be moved away from below it
	sandbox run --mount "$T:/m" host sh -c 'mv /m/xdg/run /m/xdg/away; mv /m/xdg /m/away' 2>/dev/null || true
	[ -d "$XDG_RUNTIME_DIR" ]
	# everything else in it is visible
	echo text >"$XDG_RUNTIME_DIR/file"
	[ "$(sandbox run --mount "$XDG_RUNTIME_DIR:/m" host sh -c 'cat /m/file; ls /m/sandbox')" = text ]
	[ "$(sandbox exec q echo alive)" = alive ]
}
