#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats sets variables
# logs: the output of detached commands, hooks and steps; and debugging one that failed.

load helpers
load screen
load images

said() { # BOX LINE
	[ "$(sandbox logs "$1" | tail -1)" = "$2" ]
}

no_writer() { ! processes | grep -q 'sandbox: log of a box'; }

@test "the output of a detached command is kept, both streams in order, and removed with the box" {
	name=$(sandbox run --detach --name web host sh -c 'echo one; echo two >&2; printf "three\n\nhalf"; sleep 30')
	[ "$name" = web ]
	wait_until 50 eval '[ "$(sandbox logs web | wc -l)" = 4 ]'
	[ "$(sandbox logs web)" = $'one\ntwo\nthree' ]
	[ "$(sandbox logs --tail 2 web)" = three ]
	says_nothing sandbox logs -n 0 web
	[[ $(sandbox logs -t web | head -1) =~ ^20..-..-..\ ..:..:..\ \ run\ \ one$ ]]
	[ "$(sandbox logs --json web | jq -r '[.[].text] | join(",")')" = one,two,three, ]
	[ "$(sandbox logs --json web | jq -r '.[0].source')" = run ]
	[ "$(sandbox logs --json web | jq ".[0].time / 1000 | floor")" -ge $(($(date +%s) - 60)) ]
	sandbox rm -f web
	fails 125 "there is no box named 'web'*" sandbox logs web
	wait_until 50 no_writer
}

@test "a command that ends at once can still be diagnosed; its name is free anyway" {
	for disk in '' --disk; do
		# shellcheck disable=SC2086 # no option, or one
		sandbox run $disk -d --name crash host sh -c 'echo the reason; exit 3'
		wait_until 50 said crash 'the reason'
		wait_until 50 no_processes
		sandbox ls >/dev/null
		[ "$(sandbox logs crash)" = 'the reason' ]
	done
	sandbox run -d --name crash host true
	wait_until 50 no_processes
	says_nothing sandbox logs crash 2>/dev/null
	wait_until 50 no_writer
}

@test "--follow continues until the box ends" {
	sandbox run -d --name f host sh -c 'echo a; sleep 1; echo b; sleep 1; echo c'
	[ "$(timeout 60 sandbox logs -f f)" = $'a\nb\nc' ]
	sandbox run -d --name g host sh -c 'echo a; sleep 30'
	sandbox logs --follow --json g >followed 3>&- &
	wait_until 50 eval '[ "$(jq -r .text followed)" = a ]'
	sandbox rm -f g
	wait_for $!
	[ "$status" = 0 ]
}

@test "a log has a size limit, and lines that are too long are split" {
	local box limit=100000
	sandbox run -d --name big host sh -c 'seq 1000000; head -c 20000 /dev/zero | tr "\0" x; echo; echo end; sleep 30'
	wait_until 100 said big end
	box=$(sandbox inspect --json big | jq -r .folder)
	[ "$(bytes "$box/log" "$box/log.1")" -le $((16 * 1024 * 1024)) ]
	[ "$(sandbox logs --tail 4 big | head -3 | tr -d '\n' | wc -c)" = 20000 ]
	sandbox logs big | grep -qx 1000000
	[ "$(sandbox logs big | head -1)" -gt 100000 ]
	! is_sanitized || limit=unlimited
	(ulimit -v $limit; sandbox logs --json big) >json # an array, but not all of it in memory
	[ "$(jq length json)" = "$(sandbox logs big | wc -l)" ]
	sandbox rm -f big
}

@test "the box only has a pipe: it can add to the log but not change it" {
	sandbox run -d --name h host sh -c '
		ls -l /proc/self/fd/1 | grep -o "pipe:"
		: >/proc/self/fd/1; echo after
		printf "\033]0;title\007\033[31mred\033[0m 10%%\r100%%\r\n\377\n"; sleep 30'
	wait_until 50 said h $'\xff'
	[ "$(sandbox logs h | head -2)" = $'pipe:\nafter' ]
	[ "$(sandbox logs h | sed -n 3p)" = $'\e]0;title\a\e[31mred\e[0m 10%\r100%\r' ]
	run on_terminal 'sandbox logs h'
	[[ $output = *$'after\r\n100%\r\n\\xff'* ]]
	sandbox rm -f h
}

@test "exec --detach: returns at once, keeps the box running, logs its output" {
	project p $'[sandbox]\nlinger = 0'
	sandbox enter ./p -- sleep 60 3>&- &
	wait_until 50 sandbox exec p true
	says_nothing sandbox exec -d p sh -c 'echo from $((40 + 2)); sleep 61'
	wait_until 50 said p 'from 42'
	[ "$(sandbox logs --json p | jq -r '.[0].source')" = exec ]
	kill $!
	wait_for $! || true
	sleep 0.5
	sandbox exec p pgrep -fx 'sleep 61'
	run -127 sandbox exec -d p no-such-command
	fails 125 "--tools and --detach cannot be used together" sandbox exec -d --tools host p true
	sandbox stop -t 0 p
	wait_until 50 no_writer
}

@test "hooks: their output is shown as it comes, and kept; that of background processes is kept too" {
	project p $'[sandbox]\nlinger = 60s\n[hooks]\ncreate = echo making\nstart = echo starting; (until [ -e go ]; do sleep 0.1; done; echo later; sleep 60) &\nenter = echo entering >&2\nexit = echo leaving'
	run --separate-stderr sandbox enter ./p -- echo mine
	[ "$output" = mine ]
	[ "$stderr" = $'making\nstarting\nentering' ]
	touch p/go
	wait_until 50 said p later
	[ "$(sandbox logs -t ./p | awk '{print $3, $4}')" = $'create making\nstart starting\nenter entering\nstart later' ]
	sandbox stop p
	wait_until 50 said p leaving
	wait_until 50 no_writer
	cd p
	[ "$(sandbox logs | wc -l)" = 5 ]
}

@test "a box without output says so" {
	project p
	sandbox enter ./p -- echo hi
	run --separate-stderr sandbox logs p
	[ "$status" = 0 ]
	[ -z "$output" ]
	[[ $stderr = *"box 'p' has no log"* ]]
	[ "$(sandbox logs --json p)" = '[]' ]
	fails 125 "there is no box named 'nosuch'*" sandbox logs nosuch
}

@test "--rescue: a shell even if a hook fails" {
	project p $'[hooks]\ncreate = echo broken; exit 3'
	run sandbox enter ./p -- true
	[ "$status" = 125 ]
	[[ $output = *"the hook 'create' failed with status 3; 'sandbox enter --rescue' "* ]]
	[ "$(sandbox logs p)" = broken ]
	run --separate-stderr sandbox enter --rescue ./p -- echo in
	[ "$status" = 0 ]
	[ "$output" = in ]
	[[ $stderr = *"warning: the hook 'create' failed with status 3"*"entered all the same"* ]]
}

@test "--rescue: a shell where a step fails; logs shows the output of steps" {
	layout app <<<"{'layers': [busybox('sh', 'ls', 'cat', 'id', 'echo', 'touch', 'seq', 'tr', 'head', 'yes', 'true') + [D('etc'), D('opt'), D('root', 0o700)]]}"
	sandbox image import --quiet "$T/app" app:1
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first; seq 30\n2 = touch /opt/half; echo why; false'
	run sandbox enter ./p -- true
	[ "$status" = 125 ]
	[[ $output = *"step 2 of 2 "*" failed with status 1: 'sandbox enter --rescue' opens a shell there; "* ]]
	[ "$(sandbox logs ./p)" = why ]
	run --separate-stderr sandbox enter --rescue ./p <<<'id -u; ls /opt; cat sandbox.ini | head -1; touch /opt/third'
	[ "$status" = 125 ]
	printf '%s\n' "$output" "$stderr" # for a failure
	[ "$output" = $'0\nfirst\nhalf\n[sandbox]' ]
	says_nothing sandbox ls --names
	# a step that never stops writing ends too
	project p $'[sandbox]\nimage = app:1\n[run]\n1 = touch /opt/first; seq 30\n2 = yes "$(seq -s . 1000)" | head -c 50000000; echo; echo end'
	sandbox enter --quiet ./p -- true
	[ "$(sandbox logs --steps p | head -30)" = "$(seq 30)" ]
	[ "$(sandbox logs --steps p | tail -1)" = end ]
	[ "$(sandbox logs --steps p | wc -c)" -lt 17000000 ]
	[ "$(sandbox logs --steps --json p | jq -r '.[0].source')" = 'step 1' ]
}
