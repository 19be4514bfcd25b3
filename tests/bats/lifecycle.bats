#!/usr/bin/env bats
# How long a box lives, who may end it, and concurrent commands.

load helpers
load images

state() { # BOX
	sandbox inspect --json "$1" | jq -r .state
}

is() { # STATE BOX
	[ "$(state "$2")" = "$1" ]
}

pid1() { # BOX
	sandbox inspect --json "$1" | jq .pid
}

@test "several sessions share one running box" {
	project p
	sandbox enter ./p -- sh -c 'echo one >/tmp/x; sleep 20' &
	wait_until 50 sandbox exec p test -e /tmp/x
	first=$(pid1 p)
	[ "$(sandbox enter ./p -- cat /tmp/x)" = one ]
	wait_until 50 sandbox enter ./p -- pgrep -x sleep
	[ "$(pid1 p)" = "$first" ]
	sandbox enter ./p -- pkill -x sleep
	wait_for $!
	[ "$status" = 143 ]
	[ "$(pid1 p)" = "$first" ]
}

@test "a box stays for its linger time after its last session, then ends" {
	project p $'[sandbox]\nlinger = 6s'
	sandbox enter ./p -- true
	first=$(pid1 p)
	sleep 3.2
	sandbox enter ./p -- true
	[ "$(pid1 p)" = "$first" ]
	sleep 3.2
	[ "$(state p)" = running ]
	wait_until 50 is stopped p
	wait_until 50 no_processes
}

@test "linger = 0: it ends at once; linger = forever: it stays" {
	project p $'[sandbox]\nlinger = 0'
	project q $'[sandbox]\nlinger = forever'
	sandbox enter ./p -- true
	wait_until 10 is stopped p
	sandbox enter ./q -- true
	sleep 0.5
	[ "$(state q)" = running ]
}

@test "background processes of a session live as long as the box" {
	project p $'[sandbox]\nlinger = 5s'
	sandbox enter ./p -- sh -c 'sleep 30 >/dev/null 2>&1 &'
	wait_until 20 sandbox exec p pgrep -x sleep # once the shell has become it
	wait_until 20 no_processes
}

@test "the exit status is returned at once, whatever still runs in the box" {
	project p
	SECONDS=0
	sandbox enter ./p -- sh -c 'trap "" TERM HUP; sleep 30 & exit 0' >/dev/null 2>&1
	[ "$SECONDS" -lt 20 ] # and not 30
}

@test "50 starts in sequence, each waiting for the last box to be gone, lose nothing" {
	project p $'[sandbox]\nlinger = 0'
	for i in {1..50}; do
		[ "$(sandbox enter ./p -- sh -c "cat /var/count 2>/dev/null; echo $i >/var/count
			echo $i >~/count; cat ~/count /var/count >/dev/null")" = "$( ((i == 1)) || echo $((i - 1)))" ]
	done
}

@test "a command that arrives while the box is ending runs once" {
	project p $'[sandbox]\nlinger = 0'
	for i in {1..60}; do
		rm -f p/count
		sandbox enter ./p -- true &
		sleep 0.00$((i % 4))
		sandbox enter ./p -- sh -c 'echo x >>count'
		[ "$(cat p/count)" = x ]
		wait_for $!
		[ "$status" = 0 ]
	done
}

@test "20 concurrent enters of a new project end up in one box" {
	project p
	for i in {1..20}; do
		sandbox enter ./p -- sh -c "echo $i >>/var/tmp/who; hostname" >"out.$i" 2>"err.$i" &
		pids[i]=$!
	done
	wait "${pids[@]}"
	[ "$(cat out.* | sort | uniq -c | tr -s ' ')" = ' 20 p' ]
	run ! grep -hv 'you are root' err.*
	[ "$(sandbox ls --names)" = p ]
	[ "$(sandbox enter p -- sort -nu /var/tmp/who | wc -l)" = 20 ]
}

@test "20 concurrent throw-away boxes" {
	for i in {1..20}; do
		sandbox run host sh -c "echo $i" >"out.$i" 2>"err.$i" &
		pids[i]=$!
	done
	wait "${pids[@]}"
	[ "$(cat out.* | sort -n | tr '\n' ' ')" = "$(echo {1..20}) " ]
	run ! grep -hv 'you are root' err.*
}

@test "two enters and one rm at the same time: each works, or says in one line why not" {
	project p $'[sandbox]\nlinger = 0'
	for i in {1..30}; do
		for who in 1 2; do
			{
				status=0
				sandbox enter ./p -- echo hello >out.$who 2>err.$who || status=$?
				echo $status >status.$who
			} &
			pids[who]=$!
		done
		{ sandbox rm -f ./p 2>err.rm || true; } &
		wait "${pids[@]}" $!
		for who in 1 2; do
			case $(cat status.$who) in
			0) [ "$(cat out.$who)" = hello ] ;;
			125 | 137 | 143 | 129) ;; # removed under its feet
			*) false ;;
			esac
			[ "$(grep -vc 'you are root' err.$who)" -le 1 ]
		done
		[ "$(grep -vc 'you are root' err.rm)" -le 1 ]
	done
	cat err.*
	[ "$(sandbox enter ./p -- echo fine)" = fine ]
	[ "$(sandbox ls --names)" = p ]
}

@test "enter and rm without --force: whichever comes first" {
	project p $'[sandbox]\nlinger = 0'
	for i in {1..30}; do
		sandbox enter ./p -- echo hello >out 2>err &
		sandbox rm ./p 2>err.rm || true
		wait_for $!
		[ "$status" = 0 ] && [ "$(cat out)" = hello ] || { cat err; false; }
		sandbox enter ./p -- true
	done
}

@test "a killed client ends only its own session" {
	project p
	sandbox enter ./p -- sleep 31 &
	victim=$!
	sandbox enter ./p -- sleep 32 &
	other=$!
	wait_until 50 sandbox exec p pgrep -fx 'sleep 31'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 32'
	kill -KILL $victim
	gone() { ! sandbox exec p pgrep -fx 'sleep 31'; }
	wait_until 30 gone
	sandbox exec p pgrep -fx 'sleep 32'
	kill -TERM $other
	wait_for $other
	[ "$status" = 143 ]
	[ "$(sandbox exec p echo fine)" = fine ]
}

@test "a client killed while the box starts leaves nothing in the way of the next" {
	project p $'[sandbox]\nlinger = 0'
	for delay in 0 0.001 0.002 0.004 0.008 0.016; do
		for i in 1 2 3 4; do
			sandbox enter ./p -- true 2>/dev/null &
			sleep $delay
			kill -KILL $! 2>/dev/null || true
			wait_for $!
			[ "$(timeout 60 "$SANDBOX" enter ./p -- echo fine)" = fine ]
		done
	done
	for delay in 0 0.001 0.002 0.004 0.008; do
		sandbox run host true 2>/dev/null &
		sleep $delay
		kill -KILL $! 2>/dev/null || true
		wait_for $!
	done
	wait_until 20 no_processes
	# swept a minute later: unfinished work, a layer or a box without its lock
	rm -rf "$XDG_DATA_HOME/sandbox/tmp"/*
	for directory in "$XDG_RUNTIME_DIR"/sandbox/*/; do
		[ -e "$XDG_DATA_HOME/sandbox/boxes/$(basename "$directory")" ] || rm -rf "$directory"
	done
}

@test "kill -9 of pid 1: one clear line, 125, and the next command works" {
	project p
	sandbox enter ./p -- sh -c 'echo kept >~/note; sleep 30' 2>err &
	wait_until 50 sandbox exec p pgrep -x sleep
	kill -KILL "$(pid1 p)"
	wait_for $!
	cat err
	[ "$status" = 125 ]
	[ "$(grep -vc 'you are root' err)" = 1 ]
	grep -q "^sandbox: .*ended" err
	[ "$(sandbox enter ./p -- sh -c 'cat ~/note')" = kept ]
}

@test "kill -9 of pid 1 of a throw-away box leaves nothing" {
	sandbox run --name mine host sleep 30 2>err &
	wait_until 50 sandbox exec mine true
	kill -KILL "$(pid1 mine)"
	wait_for $!
	[ "$status" = 125 ]
	[ "$(grep -vc 'you are root' err)" = 1 ]
	says_nothing sandbox ls --names
}

@test "boxes do not wait for each other" {
	project p
	project q
	sandbox enter ./p -- true
	kill -STOP "$(pid1 p)"
	[ "$(timeout 60 "$SANDBOX" enter ./q -- echo fine)" = fine ]
	[ "$(timeout 60 "$SANDBOX" run host echo fine)" = fine ]
	timeout 60 "$SANDBOX" ls
	kill -CONT "$(pid1 p)"
}

@test "pid 1 reaps orphans" {
	project p
	sandbox enter ./p -- sh -c 'for i in 1 2 3 4 5 6 7 8; do (sleep 0.1 &) done' >/dev/null
	reaped() { [ "$(sandbox exec p sh -c 'pgrep -x sleep; echo end')" = end ]; } # a zombie is still called so
	wait_until 50 reaped
}

@test "a box keeps no caller's terminal, pipe or directory open" {
	project p
	mkdir outside
	# the pipe ends with the client, even if the box lingers
	[ "$(cd outside && timeout 60 "$SANDBOX" enter ../p -- echo x | cat)" = x ]
	[ "$(state p)" = running ]
	rmdir outside
}

@test "linger, sudo and mounts of a changed project file take effect at the next start" {
	project p $'[sandbox]\nhostname = one'
	[ "$(sandbox enter ./p -- hostname)" = one ]
	project p $'[sandbox]\nhostname = two'
	[ "$(sandbox enter ./p -- hostname)" = one ]
	sandbox stop p
	[ "$(sandbox enter ./p -- hostname)" = two ]
}

@test "a running box is found from a login with another runtime directory, and never started twice" {
	project p $'[sandbox]\nlinger = forever\n[hooks]\nenter = echo hook >>hooks'
	mkdir -m 0700 other
	sandbox enter p -- touch /tmp/of-this-start
	(
		export XDG_RUNTIME_DIR=$T/other
		[ "$(sandbox enter p -- ls /tmp/of-this-start)" = /tmp/of-this-start ]
		[ "$(wc -l <p/hooks)" = 2 ]
		sandbox exec p test -e /tmp/of-this-start
		[ "$(sandbox ls --json | jq -r '.[].state')" = running ]
		sandbox stop p
	)
	wait_until 20 no_processes
	# Started from there, joined from here.
	XDG_RUNTIME_DIR=$T/other sandbox enter p -- touch /tmp/of-that-start
	sandbox exec p test -e /tmp/of-that-start
	[[ $(sandbox inspect --json p | jq -r .control) = "$T/other/sandbox/"*/control ]]
	sandbox enter p -- sh -c '(trap "echo asked >>log; exit" TERM; touch up
		while :; do sleep 0.1; done) & while [ ! -e up ]; do sleep 0.05; done'
	# The directory is removed, as at the end of a login.
	rm -r other
	fails 125 "*box 'p' runs as process *'sandbox stop p' ends it" sandbox exec p true
	fails 125 "*box 'p' runs as process *'sandbox stop p' ends it" sandbox enter p -- true
	sandbox stop p
	[ "$(cat p/log)" = asked ]
	sandbox enter p -- true
}

@test "a login whose runtime directory is removed: nobody hangs, and an unused box is started again" {
	project p $'[sandbox]\nlinger = forever\n[hooks]\nexit = echo exit >>hooks'
	mkdir -m 0700 other
	XDG_RUNTIME_DIR=$T/other sandbox enter p -- touch /tmp/of-that-start
	XDG_RUNTIME_DIR=$T/other sandbox run --detach --name mine host sleep 60
	# Both are listed and entered from here.
	[ "$(sandbox ls --names)" = $'mine\np' ]
	sandbox exec mine true
	rm -r other
	SECONDS=0
	[ "$(sandbox ls --json | jq -r '.[].state' | uniq)" = running ]
	fails 125 "*box 'mine' runs as process *'sandbox stop mine' ends it" sandbox exec mine true
	sandbox ps | grep -q 'sleep 60'
	sandbox stop mine
	fails 125 "*box 'p' runs as process *'sandbox stop p' ends it" sandbox exec p true
	sandbox enter p -- test ! -e /tmp/of-that-start
	[ "$(cat p/hooks)" = exit ] # it was asked, not killed
	[ "$SECONDS" -lt 15 ]
}

@test "throw-away boxes of two logins: each sees the other's, and removes nothing of it" {
	mkdir -m 0700 other
	layout app <<<"{'layers': [busybox('sh', 'sleep', 'cat'), [F('etc/text', b'of the image')]]}"
	sandbox image import --quiet "$T/app" app:1
	(
		export XDG_RUNTIME_DIR=$T/other
		sandbox run --detach --name mine app:1 sleep 60
		sandbox run --detach --name ours host sleep 60
	)
	[ "$(sandbox ls --names)" = $'mine\nours' ]
	sandbox ps | grep -c 'sleep 60' | grep -qx 2
	fails 125 "*box 'mine' is running*" sandbox rm mine
	fails 125 "*'mine' exists already*" sandbox run --name mine host true
	sandbox image rm app:1
	sandbox image prune --all >/dev/null
	# Another /etc/profile.d counts as another host; old layers of the host are removed then.
	touch -d '2 days ago' "$XDG_DATA_HOME"/sandbox/layers/*.used
	unshare -rm sh -c 'mount -t tmpfs tmpfs /etc/profile.d && cd "$T" && sandbox run host true' ||
		skip 'cannot stand in for another host'
	[ "$(sandbox exec mine cat /etc/text)" = 'of the image' ]
	sandbox exec ours sh -c 'test -e /etc/passwd && test -d /var/lib'
	sandbox stop mine
	sandbox rm --force ours
	says_nothing sandbox ls --names
	# Leftovers in the other directory are removed by its next user; a listening socket shows a
	# live box.
	XDG_RUNTIME_DIR=$T/other sandbox run --detach --name more host sleep 60
	touch -d '2 minutes ago' other/sandbox/*
	XDG_RUNTIME_DIR=$T/other XDG_DATA_HOME=$T/elsewhere sandbox ls >/dev/null
	XDG_RUNTIME_DIR=$T/other sandbox exec more true
	sandbox stop more
	touch -d '2 minutes ago' other/sandbox/*
	XDG_RUNTIME_DIR=$T/other sandbox ls >/dev/null
	wait_until 50 nothing_in_other
}

nothing_in_other() {
	[ "$(find other/sandbox -mindepth 1 ! -name swept ! -name gateway-interface | wc -l)" = 0 ]
}

@test "20 concurrent enters of an idle box from two logins are all in one box" {
	project p $'[sandbox]\nlinger = 0'
	mkdir -m 0700 other
	for round in 1 2 3; do
		sandbox enter ./p -- true
		wait_until 50 no_processes
		rm -f p/starts go
		for i in {1..20}; do
			(
				[ $((i % 2)) = 0 ] || export XDG_RUNTIME_DIR=$T/other
				exec sandbox enter ./p -- sh -c 'readlink /proc/self/ns/pid >>starts
					while [ ! -e go ]; do sleep 0.1; done'
			) 3>&- &
		done
		wait_until 100 sh -c '[ "$(wc -l <p/starts)" = 20 ]'
		[ "$(sort -u p/starts | wc -l)" = 1 ]
		[ "$(processes | grep -c 'pid 1 of a box')" = 1 ]
		touch p/go
		wait_until 50 no_processes
		rm p/go
	done
}

@test "a throw-away box that somebody still uses stays until they have left" {
	mkfifo leave
	exec 9<>leave
	for disk in '' --disk; do
		# shellcheck disable=SC2086 # no option, or one
		sandbox run $disk --name mine host sh -c 'while [ ! -e /tmp/go ]; do sleep 0.1; done' 3>&- &
		run=$!
		wait_until 50 sandbox exec mine true
		sandbox exec mine sh -c 'touch /tmp/go; read -r _; test -d /var/lib && echo still here' <leave >out 3>&- 9>&- &
		exec=$!
		wait_for $run
		[ "$status" = 0 ]
		[ "$(sandbox ls --names)" = mine ]
		fails 125 "*'mine' exists already*" sandbox run --name mine host true
		echo >&9
		wait_for $exec
		[ "$(cat out)" = 'still here' ]
		wait_until 50 no_processes
		says_nothing sandbox ls --names
	done
}

@test "a box started by another version: one clear line, and stop ends it" {
	# The number at the beginning of each message, PROTOCOL_MAGIC, is the version.
	mkdir other
	cp -a "$(dirname "$SANDBOX")/.." other/build
	perl -pi -e 's/\x06OBS/\x05OBS/g' other/build/bin/sandbox
	run ! cmp -s other/build/bin/sandbox "$SANDBOX"
	project p $'[sandbox]\nlinger = forever'
	other/build/bin/sandbox enter p -- sh -c '(trap "echo asked >>log; exit" TERM; touch up
		while :; do sleep 0.1; done) & while [ ! -e up ]; do sleep 0.05; done'
	# An older version recorded fewer of its settings: that does not count as a change. Written
	# in place, because it is the box's lock.
	sed '/^ca /d; /^proxy-password /d; /^devices /d' "$XDG_DATA_HOME"/sandbox/boxes/*/lock >notes
	cat notes >"$(echo "$XDG_DATA_HOME"/sandbox/boxes/*/lock)"
	run sandbox enter p -- true
	[[ $status = 125 && $output = "sandbox: cannot enter '$T/p': box 'p' was started by another version of sandbox: 'sandbox stop p' first"* ]]
	fails 125 "*box 'p' was started by another version of sandbox: 'sandbox stop p' first*" sandbox exec p true
	sandbox stop p
	[ "$(cat p/log)" = asked ]
	sandbox enter p -- true
}

# A file that nobody can open: whoever tries waits until its lease ends (fcntl(2)).
lease() { # FILE
	python3 -c 'import fcntl, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
f = open(sys.argv[1])
fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open(sys.argv[1] + ".held", "w").close()
time.sleep(60)' "$1" 3>&- &
	lessee=$!
	wait_until 50 test -e "$1.held"
}

@test "a box whose first command cannot be opened ends with Ctrl-C, and with its client" {
	local sig
	project p
	cp /bin/true p/tool
	lease p/tool
	for sig in INT TERM KILL; do
		python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' sandbox enter ./p -- ./tool &
		wait_until 50 is running p
		sleep 0.2 # it is in execve now
		kill -$sig $!
		wait_for $!
		[ "$status" = $((128 + $(kill -l $sig))) ]
		wait_until 20 no_processes
	done
	kill "$lessee"
	wait_for "$lessee"
	sandbox enter ./p -- ./tool
}

@test "a box whose first command cannot be executed lingers as any other" {
	local i processor
	project p
	# On one processor the client can end before pid 1, which waits for the execve, continues.
	processor=$(awk '/^Cpus_allowed_list:/ { print int($2) }' /proc/self/status)
	for i in 1 2 3 4 5; do
		fails 127 '*no-such-command*' taskset -c "$processor" sandbox enter ./p -- no-such-command
		is running p
		sandbox exec p true
		sandbox stop -t 0 p
	done
}
