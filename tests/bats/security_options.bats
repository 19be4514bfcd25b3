#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Names and values with every special character: nothing in them is taken for an option, a second
# path or a line of a file. After CVE-2024-1753, CVE-2024-9407.

load helpers
load oracle

# shellcheck disable=SC1003
odd_names=(
	"comma,ro,suid" "colon:/etc:rw" 'back\slash\' "quote'double\"" "lower:upperdir=x,workdir=y"
	"space  two" $'new\nline' $'tab\there' "percent%s%n" 'dollar$HOME`id`' "-dash" "star*?[a]"
	$'\xff\xfe bytes' "unicode-ä-☃" "..." "name=value" "semi;colon #hash"
)

setup() {
	sandbox_setup
	plant
}

teardown() {
	clear_canaries
	sandbox_teardown
}

@test "a project may be in a directory with any name" {
	local name
	for name in "${odd_names[@]}"; do
		project "$name" $'[sandbox]\nlinger = 0s'
		run --separate-stderr sandbox enter "./$name" -- \
			sh -c 'test "$(pwd)/" = "$1/" && echo made >file && cat file' - "$T/$name"
		echo "$name: $status $output $stderr"
		[ "$output" = made ]
		[ "$(cat "./$name/file")" = made ]
	done
	unharmed
}

@test "source and target of a mount may have any name" {
	local name escaped
	for name in "${odd_names[@]}"; do
		mkdir -p "s/$name"
		echo inside >"s/$name/file"
		escaped=${name//\\/\\\\}
		escaped=${escaped//:/\\:}
		run --separate-stderr sandbox run --mount "$T/s/$escaped:/mnt/$escaped:ro" host \
			sh -c 'cat "$1/file"; echo x >"$1/file"' - "/mnt/$name"
		echo "$name: $status $output $stderr"
		[ "$output" = inside ]
		[ "$(cat "s/$name/file")" = inside ]
	done
	unharmed
}

@test "an image may be in a directory with any name" {
	local name
	rootfs
	for name in "${odd_names[@]}"; do
		mkdir -p "i/$name"
		cp -aT rootfs "i/$name"
		run --separate-stderr sandbox run "dir:i/$name" cat /etc/group
		echo "$name: $status $output $stderr"
		[ "$status" = 0 ]
	done
	unharmed
}

@test "HOME, the data directory and the runtime directory may have any name" {
	local name
	for name in "${odd_names[@]}"; do
		mkdir -p "h/$name/data" "h/$name/home"
		mkdir -m 0700 "h/$name/run"
		run --separate-stderr env HOME="$T/h/$name/home" XDG_DATA_HOME="$T/h/$name/data" \
			XDG_RUNTIME_DIR="$T/h/$name/run" "$SANDBOX" run --disk host \
			sh -c 'echo home >~/file; cat ~/file'
		echo "$name: $status $output $stderr"
		[ "$output" = home ]
		says_nothing find "h/$name/data/sandbox"/{boxes,names,tmp} -mindepth 1
	done
}

@test "a home directory's name cannot add lines or fields to the box's passwd" {
	run sandbox run -e HOME=$'/x\nevil:x:0:0::/:/bin/sh' host sh -c 'grep evil /etc/passwd'
	[ "$status" = 1 ]
	rootfs
	mkdir -p $'h:x\nevil:x:0:0:/home'
	run env HOME="$T/"$'h:x\nevil:x:0:0:/home' "$SANDBOX" run dir:rootfs grep -c '^evil' /etc/passwd
	[ "$output" != 1 ]
}

@test "a variable's value is passed unchanged, and is not a second variable" {
	local value
	# shellcheck disable=SC1003
	for value in $'a\nPATH=/evil' "'; id" '$(id)' '"' '\' "=" "" "a,b:c"; do
		[ "$(sandbox run -e X="$value" host printenv X)" = "$value" ]
	done
	run sandbox run -e $'X\nY=1' host true
	[ "$status" = 125 ]
	run sandbox run -e '=x' host true
	[ "$status" = 125 ]
}

@test "invalid host names and box names are refused" {
	local name
	for name in $'a\nb' "a/b" "../x" "a,b" "" "-x" ".." "$(printf '%0300d' 0)"; do
		run sandbox run --name "$name" host true
		echo "$name: $status $output"
		[ "$status" = 125 ]
	done
	for name in $'a\n127.0.0.1 evil' "a b" "a:b" "$(printf '%0300d' 0)"; do
		run sandbox run --hostname "$name" host true
		echo "$name: $status $output"
		[ "$status" = 125 ]
	done
}

@test "mounts with unusual names stay separate" {
	mkdir -p 'd,ro' 'd=x'
	echo 1 >'d,ro/file'
	echo 2 >'d=x/file'
	project p $'[sandbox]\nlinger = 0s\n[mounts]\n/mnt/a,b = ../d,ro\n/mnt/c = ../d=x ro'
	[ "$(sandbox enter --accept ./p -- cat /mnt/a,b/file /mnt/c/file)" = $'1\n2' ]
	sandbox enter --accept ./p -- sh -c 'echo x >/mnt/a,b/new; echo x >/mnt/c/new' 2>/dev/null || true
	[ -e 'd,ro/new' ]
	[ ! -e 'd=x/new' ]
}
