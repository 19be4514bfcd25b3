#!/usr/bin/env bats
# sandbox matrix: one command in several environments at once.

load helpers
load images

setup() {
	sandbox_setup
	for v in 1 2; do
		layout app$v <<<"{'layers': [busybox() + [D('etc'), D('opt'), F('etc/who', b'app$v\n')]]}"
		sandbox image import --quiet "$T/app$v" app:$v >/dev/null
	done
	project p $'[sandbox]\nprofile = ./team.ini\n[matrix]\none = app:1\ntwo = app:2\n[run]\n1 = cp /etc/who /opt/prepared'
	printf '[env]\nTEAM = red\n' >p/team.ini
	echo kept >p/file
}

matrix() { sandbox matrix --accept --quiet "$@"; }

@test "each environment has its own image with the project's steps and variables; one table shows the results" {
	run -0 matrix "$T/p" -- sh -c 'cat /opt/prepared file; echo $TEAM $SANDBOX_MATRIX'
	[[ ${lines[0]} = ENVIRONMENT*IMAGE*RESULT*SECONDS*LOG ]]
	[[ ${lines[1]} = one*app:1*ok*.log && ${lines[2]} = two*app:2*ok*.log ]]
	grep -c . "${lines[1]##* }"
	[ "$(tail -3 "${lines[1]##* }")" = $'app1\nkept\nred one' ]
	[ "$(tail -3 "${lines[2]##* }")" = $'app2\nkept\nred two' ]
	# Throw-away boxes: none is left.
	says_nothing sandbox ls --names
}

@test "what they write in the project affects nobody and is discarded" {
	run -0 matrix "$T/p" -- sh -c '[ ! -e mine ] && echo $SANDBOX_MATRIX >mine && rm file && mkdir sub && sleep 0.3 && [ "$(cat mine)" = $SANDBOX_MATRIX ]'
	[ "$(find p -mindepth 1 | sort | tr '\n' ' ')" = 'p/file p/sandbox.ini p/team.ini ' ]
	[ "$(cat p/file)" = kept ]
}

@test "they run in parallel, as many as --jobs says" {
	together='touch /cache/$SANDBOX_MATRIX; i=0; while [ $i -lt $0 ]; do [ -e /cache/one ] && [ -e /cache/two ] && exit 0; sleep 0.1; i=$((i+1)); done; exit 3'
	printf '[mounts]\n/cache = cache:c\n' >>p/sandbox.ini
	run -0 matrix --jobs 2 "$T/p" -- sh -c "$together" 300
	rm -f xdg/data/sandbox/caches/c/*
	run -1 matrix --jobs 1 "$T/p" -- sh -c "$together" 20
	[[ ${lines[1]} = one*'status 3'* && ${lines[2]} = two*ok* ]]
}

@test "a failing command gives 1, an environment that cannot be prepared 125; the log has the reason" {
	run -1 matrix "$T/p" -- sh -c 'echo said; [ $SANDBOX_MATRIX = two ] || exit 7'
	[[ ${lines[1]} = one*'status 7'* && ${lines[2]} = two*ok* ]]
	run -125 --separate-stderr matrix --image app:1 --image 'bad=dir:/nowhere' "$T/p" -- true
	[[ ${lines[1]} = app-1*ok* && ${lines[2]} = bad*error* ]]
	grep -q "cannot use image 'dir:/nowhere'" "${lines[2]##* }"
}

@test "a directory named on the command line needs no consent" {
	mkdir -p "$T/root/bin"
	cp "$(command -v busybox)" "$T/root/bin/sh"
	project plain
	run -0 sandbox matrix --quiet --image "a=dir:$T/root" "$T/plain" -- sh -c true
	[[ $output = *ok* ]]
}

@test "JUnit XML and JSON have the same content; output of a box is data" {
	run -1 matrix --junit out.xml --logs logs --json "$T/p" -- sh -c 'printf "<&\"]]>\033[31m\n"; [ $SANDBOX_MATRIX = one ]'
	[ "$(jq -r '.[] | "\(.name) \(.status) \(.ran)"' <<<"$output")" = $'one 0 true\ntwo 1 true' ]
	[ "$(jq -r '.[0].log' <<<"$output")" = "$T/logs/one.log" ]
	python3 - out.xml <<-'PYTHON'
		import sys, xml.etree.ElementTree as tree
		suite = tree.parse(sys.argv[1]).getroot()
		assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "1", suite.attrib
		one, two = suite.findall("testcase")
		assert one.attrib["name"] == "one" and one.find("failure") is None
		assert two.find("failure").attrib["message"] == "status 1"
		assert '<&"]]>' in one.find("system-out").text
	PYTHON
}

@test "interrupted: what runs is ended, the rest is not run, and nothing is left behind" {
	sandbox matrix --accept --jobs 1 --junit out.xml "$T/p" -- sh -c 'echo up; sleep 100' >out 2>err 3>&- &
	pid=$!
	wait_until 100 grep -qrs up xdg/data/sandbox/matrix
	kill -INT $pid $(pgrep -P $pid)
	wait_for $pid
	[ "$status" = 130 ]
	grep -x 'sandbox: interrupted' err
	grep -q 'two .*not run' out
	grep -q '<skipped/>' out.xml
}

@test "errors name what is missing" {
	project q
	fails 125 'no environments: name them in \[matrix], or with --image' sandbox matrix "$T/q" -- true
	fails 125 'no command given: sandbox matrix -- COMMAND' sandbox matrix "$T/p"
	fails 125 "two environments are called 'x'" sandbox matrix --image x=app:1 --image x=app:2 "$T/p" -- true
	project r $'[matrix]\nbad name = app:1'
	fails 125 "*r/sandbox.ini:2: *" sandbox matrix "$T/r" -- true
}

@test "an image of the project's file that is a directory of this machine needs consent" {
	mkdir -p "$T/other/bin"
	project s $'[matrix]\nx = dir:'"$T/other"
	fails 125 "*asks for these of this machine*image = dir:$T/other*" sandbox matrix "$T/s" -- true
}

# bats test_tags=once
@test "any amount of output, and lines of any length, use no memory here" {
	local limit=30000 # KiB: the program as it is needs a third

	! is_sanitized || limit=unlimited
	run -125 --separate-stderr bash -c 'ulimit -v '$limit'; exec sandbox matrix --junit junit.xml --image app:1 "$1" -- \
		sh -c "yes | tr -d \"\\n\" | head -c 45000000; exit 125"' - "$T/p"
	[[ ${lines[1]} = app-1*error* ]]
	[[ $stderr = *'app-1: error ('*'yyyyyyyyyy'* ]]
	[ ${#stderr} -lt 10000 ]
	[ "$(stat -c %s junit.xml)" -lt 100000 ]
}
