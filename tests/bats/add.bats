#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# `sandbox add` of mounts, to a box that runs. Ports are in ports.bats.

load helpers
load oracle

# Enters p in the background with a program that lasts until the file `go`, and then runs SCRIPT.
session=
enter_until_go() { # SCRIPT [OPTION...]
	local script=$1

	shift
	rm -f p/here p/go
	sandbox enter --accept --quiet "$@" ./p -- sh -c "
		refused() { if sh -c \"\$1\"; then echo \"not refused: \$1\"; fi; }
		touch here
		until [ -e go ]; do sleep 0.1; done
		$script" \
		>said 2>&1 3>&- &
	session=$!
	wait_until 100 [ -e p/here ]
}

go() {
	touch p/go
	wait_for $session
	if [ "$status" != 0 ] || grep 'not refused' said; then
		cat said >&2
		return 1
	fi
}

@test "a program that runs sees the mount at once, with the files' owners; the next start does not have it" {
	project p $'[sandbox]\nnetwork = none\nlinger = 0'
	mkdir -p data/sub
	echo from outside >data/file
	chmod u+s data/file
	enter_until_go '
		cat /data/file
		stat -c "%a %U" /data/file
		echo from inside >/data/sub/new
		cat /one
		refused "echo x >/one"
		refused "echo x >/deep/er/file"
		grep -o " /data .*relatime" /proc/self/mountinfo'
	sandbox add ./p -v "$PWD/data:/data" -v data/file:/one:ro --mount type=bind,source=data,target=/deep/er,readonly
	sandbox add -v cache-of-mine:/cache p
	[ "$(sandbox inspect p | sed -n 's/^added *//p')" = "$PWD/data:/deep/er:ro
$PWD/data:/data
$PWD/data/file:/one:ro
$XDG_DATA_HOME/sandbox/caches/cache-of-mine:/cache" ]
	[ "$(sandbox inspect --json p | jq -r '.added[2]')" = "$PWD/data/file:/one:ro" ]
	go
	[ "$(grep -v 'Read-only file system' said)" = "from outside
4644 $(id -un)
from outside
 /data rw,nosuid,nodev,relatime" ]
	[ "$(grep -c 'Read-only file system' said)" = 2 ]
	[ "$(cat data/sub/new)" = 'from inside' ]
	# what is mounted is no change of the box's
	[[ $(sandbox diff p) != *data* ]]
	[ "$(sandbox enter ./p -- sh -c 'ls -A /data; grep -c " /data " /proc/self/mountinfo')" = 0 ]
	[ "$(sandbox inspect --json p | jq -c .added)" = '[]' ]
}

@test "a throw-away box, and one of the gateway's, get mounts too" {
	mkdir data
	for network in none gateway host; do
		rm -f data/*
		sandbox run --quiet --network $network --name thrown --mount "$PWD:/t" host sh -c \
			'touch /t/here; until [ -e /added/go ]; do sleep 0.1; done' 3>&- &
		wait_until 100 [ -e here ]
		sandbox add thrown -v ./data:/added
		touch data/go
		wait_for $!
		[ "$status" = 0 ]
		rm here
	done
}

@test "what is protected is protected in an added mount, and control sockets are not in one" {
	project p $'[sandbox]\nnetwork = none\nprotect = .git\nlinger = 0'
	git init -q p
	enter_until_go '
		echo mine >/again/file
		refused "echo x >/again/.git/config"
		refused "mv /again/.git /again/.hg"
		refused "echo x >/around/p/.git/config"
		refused "echo x >/around/p/sandbox.ini"'
	sandbox add p -v ./p:/again -v .:/around
	sandbox add p -v "$XDG_RUNTIME_DIR:/runtime"
	[ -n "$(ls -A "$XDG_RUNTIME_DIR/sandbox")" ]
	[ "$(sandbox exec p sh -c 'ls -A /runtime; ls -A /runtime/sandbox')" = sandbox ]
	go
	[ -e p/file ]
	git -C p status -s
}

@test "nothing inside can remove an added mount, look beneath it, ask for one, or turn its target elsewhere" {
	project p $'[sandbox]\nnetwork = none\nlinger = 0'
	mkdir data
	enter_until_go '
		refused "sudo umount /data"
		refused "sudo mount -o remount,rw /data"
		refused "mv /data /other"
		ls /data' --root
	echo 1 >data/one
	sandbox exec --root p sh -c 'mkdir /under; ln -s /proc /link; ln -s / /top; ln -s under /good'
	sandbox add p -v ./data:/data:ro
	for target in /link /link/1 /top; do
		fails 125 "cannot mount '$target': a symlink of the box leads '$target' to a place of the box's own" \
			sandbox add p -v "./data:$target"
	done
	sandbox add p -v ./data:/good
	[ "$(sandbox exec p cat /under/one)" = 1 ]
	# what a session may ask pid 1 for is all that sudo's socket answers
	cp "$PROBE" p/probe
	[ "$(sandbox exec p ./probe mounts /run/sandbox/sudo.sock)" = 'no answer' ]
	[ "$("$PROBE" mounts "$(find "$XDG_RUNTIME_DIR/sandbox" -name control)")" = given ]
	go
	grep -x one said
}

@test "what cannot be added is refused, and nothing with it" {
	project p $'[sandbox]\nnetwork = none\nlinger = 0'
	mkdir data secret
	ln -s ../secret p/link
	fails 125 "directory '*' has no box yet: *" sandbox add ./p -v ./data:/data
	enter_until_go '[ ! -e /data ]'
	fails 125 "nothing to add: *" sandbox add p
	for target in / /proc /proc/x /dev/x /sys; do
		fails 125 "mount target '$target' is *" sandbox add p -v ./data:/data -v "./data:$target"
	done
	fails 125 "*--volume './none:/x': there is no '$PWD/none' *" sandbox add p -v ./data:/data -v ./none:/x
	fails 125 "--mount 'data' is not SOURCE:TARGET*" sandbox add p -m data
	fails 125 "'$PWD/p/link' is in the project, but a symlink leads out of it to '$PWD/secret': *" \
		sandbox add p -v ./data:/data -v ./p/link:/link
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = mounts\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "cannot mount '$PWD/data': the policy of *sandbox.conf:2 denies 'mounts'" sandbox add p -v ./data:/data
	sandbox add p -v ./p:/again
	rm "$HOME/.config/sandbox/sandbox.conf"
	go
	fails 125 "box 'p' is not running: *" sandbox add p -v ./data:/data

	# Nor is one that ends instead of answering.
	enter_until_go :
	pid=$(sandbox inspect --json p | jq .pid)
	kill -STOP "$pid"
	sandbox add p -v ./data:/data 2>error 3>&- &
	adds=$!
	sleep 0.3 # most times it asks by then
	kill -KILL "$pid"
	wait_for $adds
	[ "$status" = 125 ]
	grep "box 'p' is not running: " error
	wait_for $session

	session=
	sandbox try ./p -- sh -c 'touch /tmp/here; until [ -e /data/go ]; do sleep 0.1; done' >said 2>&1 3>&- &
	session=$!
	wait_until 100 sandbox exec p-try test -e /tmp/here
	fails 125 "box 'p-try' is a trial, which writes nothing outside: add '$PWD/data:/data:ro'" \
		sandbox add p-try -v ./data:/data
	sandbox add p-try -v ./data:/data:ro
	touch data/go
	wait_for $session
	[ "$status" = 0 ]
}
