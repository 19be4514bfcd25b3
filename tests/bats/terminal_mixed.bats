#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Only some of the descriptors are a terminal: pipelines, the background, input from /dev/tty; and a
# client that ends as its command did.

load helpers
load screen

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	seq 1000 | sed 's/^/line /' >p/file
	screen_open
}

teardown() {
	screen_close
	sandbox_teardown
}

# The client on the screen is a stopped job.
stopped_client() {
	pgrep --runstates T -x sandbox -P "$(tmux -S "$T/tmux" display-message -p '#{pane_pid}')"
}

@test "keyboard input for a program whose stdin is a pipe: a pager, a password, a line from /dev/tty" {
	type_line 'cat p/file | sandbox enter ./p -- less'
	screen_shows '^line 1$'
	press G
	screen_shows '^line 1000$'
	press q
	outer_prompt
	type_line "echo data | sandbox exec p sh -c 'read key </dev/tty; cat; echo key=\$key'"
	wait_until 50 raw
	type_line typed
	screen_shows '^key=typed$'
	outer_prompt
	type_line "echo data | sandbox exec p bash -c 'read -rsp secret: key </dev/tty; echo; echo \$(cat) \$key' 2>&1"
	screen_shows '^secret:'
	type_line hidden
	screen_shows '^data hidden$'
	[ "$(screen | grep -c hidden)" = 1 ]
	outer_prompt
	type_line 'stty -a | tr " " "\n" | grep -cxE "icanon;?|echo;?|opost;?"'
	screen_shows '^3$'
}

@test "keyboard input if only stdin, only stdout or only stderr is the terminal" {
	for words in '>out' '</dev/null' '</dev/null >out'; do
		rm -f p/got
		type_line "sandbox enter ./p -- sh -c 'read x </dev/tty; echo \$x >got' $words"
		wait_until 50 raw
		type_line "typed"
		wait_until 50 grep -qx typed p/got
		outer_prompt
	done
}

@test "in a pipeline the terminal stays with the program that reads it" {
	type_line 'sandbox enter ./p -- cat file | less'
	screen_shows '^line 1$'
	press G
	screen_shows '^line 1000$'
	press q
	outer_prompt
	# input typed ahead goes to the shell
	type_line 'seq 3 | sandbox exec p sh -c "sleep 0.5; sort -r"'
	type_line 'echo ahead=$((40+2))'
	screen_shows 'ahead=42$'
	# Ctrl-C ends the whole pipeline
	type_line 'sleep 6161 | sandbox exec p cat; echo over=$?'
	wait_until 50 sandbox exec p pgrep -x cat
	press C-c
	outer_prompt
	run -1 pgrep -u "$(id -u)" -fx 'sleep 6161'
	# newlines are translated once
	run on_terminal 'printf "a\nb\n" | sandbox exec p cat'
	[ "$output" = $'a\r\nb\r' ]
}

@test "a job that reads is stopped in the background, and gets input after fg" {
	type_line "sandbox enter ./p -- sh -c 'read x; echo got=\$x; read x; echo then=\$x' &"
	wait_until 50 stopped_client
	type_line ''
	screen_shows 'Stopped'
	type_line 'fg'
	wait_until 50 raw
	type_line 'first'
	screen_shows '^got=first$'
	press C-z
	outer_prompt
	type_line 'bg'
	screen_shows '^\[1\]\+ sandbox .*&$'
	wait_until 50 stopped_client
	type_line 'fg'
	wait_until 50 raw
	type_line 'second'
	screen_shows '^then=second$'
	outer_prompt
	# moved to the foreground before it reads
	type_line "sandbox exec p sh -c 'sleep 1; read x; echo late=\$x' &"
	type_line 'fg'
	wait_until 50 raw
	type_line 'third'
	screen_shows '^late=third$'
}

@test "Ctrl-C ends a shell's loop around a session" {
	type_line 'while sandbox enter ./p -- sleep 62; do echo again; done; echo loop-is-over'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 62'
	press C-c
	outer_prompt
	run screen
	run ! grep -q '^again' <<<"$output"
	type_line 'for i in 1 2 3; do sandbox exec p sleep 63; done'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 63'
	press C-c
	outer_prompt
	run sandbox exec p pgrep -fx 'sleep 63'
	[ "$status" = 1 ]
}

@test "a client ends as its command did: by its signal, without a core dump" {
	cat >ends.py <<-'EOF'
		import subprocess, sys
		for name, want in (("TERM", -15), ("INT", -2), ("QUIT", -3), ("KILL", -9), ("SEGV", -11), ("PIPE", -13)):
		    for words in (["run", "host"], ["exec", "p"], ["exec", "p", "sudo"]):
		        got = subprocess.run(["sandbox", *words, "sh", "-c", "kill -%s $$" % name]).returncode
		        if got != want:
		            sys.exit("%s of %s: %d, not %d" % (name, words, got, want))
		if subprocess.run(["sandbox", "exec", "p", "sh", "-c", "exit 130"]).returncode != 130:
		    sys.exit("a status is not a signal")
	EOF
	sandbox enter ./p -- true
	ulimit -c unlimited
	python3 ends.py
	says_nothing find . -path ./xdg -prune -o -name 'core*' -print
	run bash -c 'sandbox run host yes | head -1; echo "${PIPESTATUS[0]}"'
	[ "$output" = $'y\n141' ]
	run timeout 1 sandbox exec p sleep 64
	[ "$status" = 124 ]
}
