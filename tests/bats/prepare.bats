#!/usr/bin/env bats
# [packages] and [run]: additions to a project's image, prepared once and shared.

load helpers
load images

data() { echo "$XDG_DATA_HOME/sandbox"; }

layers() { find "$(data)/layers" -mindepth 1 -maxdepth 1 -name 'step-*' | wc -l; }

# A package manager that records its arguments and its variables.
apk='#!/bin/sh
echo "$@" >>/opt/packages
env >/opt/env'

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox('sh', 'ls', 'cat', 'id', 'echo', 'touch', 'mkdir', 'sleep', 'true', 'cp', 'rm', 'env', 'sort', 'awk') + [D('etc'), D('opt'), D('root', 0o700), D('sbin'), F('sbin/apk', b'''$apk''', 0o755)]]}"
	sandbox image import --quiet "$T/app" app:1
}

@test "steps run once, in the order of their numbers, and are there for every box with the same steps" {
	project one $'[sandbox]\nimage = app:1\n[run]\n10 = echo ten >>/opt/order\n2 = echo two >>/opt/order\n  id -u >>/opt/order'
	run sandbox enter "$T/one" -- cat /opt/order
	[ "$status" = 0 ]
	[[ $output = *'preparing 1/2: run 2: echo two'*'prepared 2/2: run 10: echo ten'* ]]
	[[ $output = *$'two\n0\nten' ]]
	# Once: a rebuilt box finds them made.
	sandbox stop one
	run --separate-stderr sandbox enter --rebuild "$T/one" -- cat /opt/order
	[ "$output" = $'two\n0\nten' ]
	[[ $stderr != *prepar* ]]
	[ "$(layers)" = 2 ]
}

@test "projects with the same packages share their layer; the manager gets only names" {
	for name in one two; do
		project $name $'[sandbox]\nimage = app:1\n[packages]\napk = gcc, make\n[env]\nLD_PRELOAD = /evil-'$name
	done
	[ "$(sandbox enter "$T/one" -- cat /opt/packages 2>"$T/err")" = 'add --no-progress -- gcc make' ]
	grep -q 'preparing 1/1: apk: gcc make' "$T/err"
	[ "$(sandbox enter "$T/two" -- cat /opt/packages 2>"$T/err")" = 'add --no-progress -- gcc make' ]
	run ! grep -q prepar "$T/err"
	[ "$(layers)" = 1 ]
	run ! grep -r evil "$(data)"/layers/step-*/opt
}

@test "a layer that depends on a project's files is never used by another project" {
	project one $'[sandbox]\nimage = app:1\n[packages]\napk = gcc\n[mounts]\n/c = cache:c'
	project two $'[sandbox]\nimage = app:1\n[packages]\napk = gcc'
	sandbox enter --quiet --accept "$T/one" -- true
	sandbox enter --quiet "$T/two" -- true
	[ "$(layers)" = 2 ]
	# The same step in another directory, with other files.
	project three $'[sandbox]\nimage = app:1\n[run]\n1 = sh -c ". ./lib"'
	cp -a three four
	echo 'echo three >/opt/who' >three/lib
	echo 'echo four >/opt/who' >four/lib
	[ "$(sandbox enter --quiet "$T/three" -- cat /opt/who)" = three ]
	[ "$(sandbox enter --quiet "$T/four" -- cat /opt/who)" = four ]
}

@test "a changed step is reported, and --rebuild continues from there with the same home" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = touch /opt/second'
	sandbox enter --quiet "$T/p" -- sh -c 'touch /marker ~/mine'
	sandbox stop p
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = touch /opt/other'
	run sandbox enter "$T/p" -- ls /opt /marker
	[[ $output = *'have changed since box'*'--rebuild'* ]]
	[[ $output = *second* ]]
	# Nobody uses it: it is ended. If somebody does, it is not.
	sandbox enter --quiet "$T/p" -- sh -c 'echo in; exec sleep 60' >"$T/in" 2>&1 3>&- &
	wait_until 50 grep -q in "$T/in"
	fails 125 "*box 'p' is running: 'sandbox stop p' first" sandbox enter --rebuild "$T/p" -- true
	sandbox stop p
	sandbox enter --quiet "$T/p" -- true
	run sandbox enter --rebuild "$T/p" -- sh -c 'ls /opt /marker; ls ~/mine'
	[[ $output != *'run 1'* && $output != *second* ]]
	[[ $output = *'/marker: No such file'* && $output = *other* && $output = */mine ]]
	find "$(data)/boxes" -path '*/snapshots/*/upper/marker' | grep -q marker
	# Nothing has changed since.
	run -0 sandbox enter "$T/p" -- true
	[ -z "$output" ]
}

@test "a failed step is named with its last lines of output; earlier steps are kept" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = echo so far; false; echo never'
	run sandbox enter "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'  | so far'*"step 2 of 2 (run 2: echo so far; false; echo never) failed with status 1"*"in '$(data)/steps/"* ]]
	[[ $output != *'| never'* ]]
	log=${lines[-1]##*in \'}
	grep -x 'so far' "${log%\'}"
	[ "$(layers)" = 1 ]
	says_nothing sandbox ls --names
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = touch /opt/second'
	run sandbox enter "$T/p" -- ls /opt
	[[ $output != *'run 1'* && $output = *$'first\nsecond' ]]
}

@test "an interrupted step: the command ends by the signal, so that a shell's loop ends" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = sleep 61.25'
	cat >interrupt.py <<-'EOF'
		import os, signal, subprocess, sys, time
		p = subprocess.Popen(["sandbox", "enter", "./p", "--", "true"], stderr=subprocess.PIPE, text=True,
		                     start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
		while "preparing 2/2" not in (line := p.stderr.readline()):
		    assert line
		while subprocess.run(["pgrep", "-u", str(os.getuid()), "-xf", "sleep 61.25"], stdout=-3).returncode:
		    time.sleep(0.1)
		os.killpg(p.pid, signal.SIGINT)
		assert "interrupted in step 2 of 2" in p.stderr.read()
		assert p.wait() == -signal.SIGINT, p.returncode
	EOF
	python3 interrupt.py
	[ "$(layers)" = 1 ]
}

@test "output of a step cannot control the terminal" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = echo -e "\\\\033]0;evil\\\\007"; false'
	run sandbox enter "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'\x1b]0;evil'* && $output != *$'\e'* ]]
}

@test "after a kill in the middle, the next enter continues with that step" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = touch /opt/half; [ -e /run/project/go ] || sleep 100; touch /opt/second'
	sandbox enter "$T/p" -- true 2>"$T/out" 3>&- &
	pid=$!
	wait_until 100 grep -q 'preparing 2/2' "$T/out"
	kill -KILL $pid
	wait_for $pid
	wait_until 50 no_processes
	[ "$(layers)" = 1 ]
	touch p/go
	run sandbox enter "$T/p" -- ls /opt
	[[ $output = *$'first\nhalf\nsecond' && $output != *'run 1'* ]]
	# The throw-away box of the killed one is removed by the next sweep.
	touch -d '1 hour ago' "$XDG_RUNTIME_DIR/sandbox/swept"
	sandbox ls >/dev/null
}

@test "two that need the same environment prepare it once" {
	layout slow <<<"{'layers': [busybox('sh', 'ls', 'sleep', 'touch') + [D('etc'), D('opt'), D('sbin'), F('sbin/apk', b'#!/bin/sh\\nsleep 1; touch /opt/first', 0o755)]]}"
	sandbox image import --quiet "$T/slow" slow:1
	for name in a b; do
		project $name $'[sandbox]\nimage = slow:1\n[packages]\napk = x'
		sandbox enter "$T/$name" -- ls /opt >$name.out 2>$name.err 3>&- &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait_for "$pid"
		[ "$status" = 0 ]
	done
	[ "$(cat a.out b.out)" = $'first\nfirst' ]
	[ "$(cat a.err b.err | grep -c 'prepared 1/1')" = 1 ]
	grep -q 'is preparing the same environment: waiting' a.err b.err
}

@test "a file that a step names is a part of it, and the project is not changed" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = sh ./setup.sh; ! touch ./new'
	echo 'cp words /opt/words' >p/setup.sh
	echo 1 >p/words
	[ "$(sandbox enter --quiet "$T/p" -- cat /opt/words)" = 1 ]
	[ ! -e p/new ]
	sandbox stop p
	echo 'echo 2 >/opt/words' >p/setup.sh
	run sandbox enter "$T/p" -- true
	[[ $output = *'steps or lock have changed'* ]]
	sandbox stop p
	[ "$(sandbox enter --quiet --rebuild "$T/p" -- cat /opt/words)" = 2 ]
}

@test "steps have the project's variables and caches, and nothing else of it or of the caller" {
	project p $'[sandbox]\nimage = app:1\nnetwork = none\n[env]\nCOLOUR = blue\n[mounts]\n~/.cache/x = cache:x\n/secret = ../secret\n[run]\n1 = echo $COLOUR >/opt/env; env >>/opt/env; touch ~/.cache/x/used; ls / /etc >/opt/root'
	mkdir secret
	export TOKEN=the-secret
	sandbox enter --accept --quiet "$T/p" -- cat /opt/env /opt/root >out
	grep -x blue out
	grep -x HOME=/root out
	run -1 grep -E 'TOKEN|secret' out
	[ -e "$(data)/caches/x/used" ]
	# Nor does the layer contain anything of the user or of the machine.
	run find "$(data)/layers" -path '*step-*' ! -name 'step-*' -printf '%P\n'
	run -1 grep -E '/(hosts|resolv.conf|passwd)$' <<<"$output"
}

@test "a layer without its text belongs to nobody, and is made again" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first'
	sandbox enter --quiet "$T/p" -- true
	text=$(find "$(data)/steps" -type f ! -name '*.log')
	key=$(sha256sum <"$text")
	[ "$(data)/steps/${key%% *}" = "$text" ]
	[ -d "$(data)/layers/step-${key%% *}" ]
	rm "$text"
	sandbox stop p
	run sandbox enter --rebuild "$T/p" -- ls /opt
	[[ $output = *'prepared 1/1'*first* ]]
	[ "$(layers)" = 1 ]
}

@test "packages need an image in which something can be installed" {
	project p $'[sandbox]\nimage = host\n[packages]\napt = gcc'
	fails 125 "*need an image of their own: 'host' shows this machine's /usr*" sandbox enter --accept "$T/p" -- true
	mkdir root
	project p $'[sandbox]\nimage = dir:../root\n[run]\n1 = true'
	fails 125 "*need an image that stays as it is*" sandbox enter --accept "$T/p" -- true
	project p $'[sandbox]\nimage = app:1\n[packages]\napt = --evil'
	fails 125 "*'--evil' is an option, not a package" sandbox enter --accept "$T/p" -- true
	says_nothing sandbox ls --names
}

@test "steps work on the image host too" {
	project p $'[sandbox]\nimage = host\n[run]\n1 = touch /var/prepared'
	sandbox enter --quiet "$T/p" -- test -e /var/prepared
}

@test "prune removes the layers of steps that no box uses" {
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first\n2 = touch /opt/second'
	sandbox enter --quiet "$T/p" -- true
	sandbox image prune >/dev/null
	[ "$(layers)" = 2 ]
	sandbox rm --force p
	sandbox image prune >/dev/null
	[ "$(layers)" = 0 ]
	says_nothing find "$(data)/steps" -mindepth 1
}
