#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Sessions on a real terminal: job control, signals, resize, raw mode, hang-up; and every
# combination of terminals, pipes and files as stdio.

load helpers
load screen

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
}

teardown() {
	screen_close
	sandbox_teardown
}

# An interactive shell in the box, with a prompt that a test recognizes.
open_box() {
	screen_open
	type_line "sandbox enter ./p -- env PS1='box> ' bash --norc --noprofile"
	screen_shows '^box>'
}

cooked() {
	[[ $(screen_settings) == *" icanon"* && $(screen_settings) == *" echo "* ]]
}

# The client on the screen: the child of its shell.
client_pid() {
	local shell
	shell=$(tmux -S "$T/tmux" display-message -p '#{pane_pid}')
	pgrep -P "$shell" -x sandbox || pgrep -x sandbox -P "$(pgrep -P "$shell" | head -1)"
}

# No process in box p has a command line like this.
gone() { ! sandbox exec p pgrep -f "$1" >/dev/null; } # PATTERN

@test "a shell: prompt, a command, exit status" {
	open_box
	type_line 'tty; echo answer=$((6*7))'
	screen_shows '^/dev/pts/[0-9]+'
	screen_shows '^answer=42'
	type_line 'exit 3'
	outer_prompt
	type_line 'echo status=$?'
	screen_shows '^status=3'
	wait_until 20 cooked
}

@test "job control inside: Ctrl-Z, jobs, bg, fg, Ctrl-C" {
	open_box
	type_line 'sleep 71'
	wait_until 50 sandbox exec p pgrep -x sleep
	press C-z
	screen_shows 'Stopped +sleep 71'
	prompt box
	type_line 'bg; jobs'
	screen_shows 'Running +sleep 71'
	prompt box
	type_line 'fg'
	screen_shows '^sleep 71'
	press C-c
	prompt box
	type_line 'echo after=$?'
	screen_shows '^after=130'
	type_line 'sleep 72 & kill %1; wait %1; echo killed=$?'
	screen_shows 'killed=143'
}

@test "no message about job control or the terminal's group" {
	open_box
	run screen
	[[ $output != *"no job control"* && $output != *"cannot set terminal"* ]]
}

@test "Ctrl-C ends a bare command, with the status of the signal" {
	screen_open
	type_line 'sandbox enter ./p -- sleep 73'
	wait_until 50 sandbox exec p pgrep -x sleep
	press C-c
	outer_prompt
	type_line 'echo status=$?'
	screen_shows '^status=130'
	run sandbox exec p pgrep -x sleep
	[ "$status" = 1 ]
}

@test "Ctrl-Z of a bare command returns to the outer shell; fg continues it" {
	screen_open
	type_line "sandbox enter ./p -- sh -c 'echo began; read x; echo got=\$x'"
	screen_shows '^began'
	press C-z
	screen_shows 'Stopped'
	outer_prompt
	cooked
	type_line 'echo outer=$((1+1)); jobs'
	screen_shows '^outer=2'
	screen_shows 'Stopped +sandbox enter'
	# the command itself is stopped, not only its client
	stopped() { [[ $(sandbox exec p sh -c 'ps -eo stat,args | grep "[e]cho began"') == T* ]]; }
	wait_until 50 stopped
	type_line 'fg'
	wait_until 50 raw
	type_line 'typed'
	screen_shows '^got=typed'
	outer_prompt
	cooked
}

@test "stopping and continuing a client by signals stops and continues its command" {
	screen_open
	# One process: a shell that is stopped while its child has not yet executed waits for that child
	# in vfork(2), and is not stopped itself. Such a job hangs outside of boxes, too.
	cat >p/beat <<-'EOF'
		#!/usr/bin/perl
		while (1) {
			open my $f, ">>", "beats";
			print $f "x\n";
			close $f;
			select undef, undef, undef, 0.05;
		}
	EOF
	chmod +x p/beat
	type_line 'sandbox enter ./p -- ./beat'
	wait_until 50 test -s p/beats
	kill -TSTP "$(client_pid)"
	screen_shows 'Stopped'
	local n
	beats_no_more() { [[ $(sandbox exec p sh -c 'ps -eo stat,args | grep "[.]/beat"') == T* ]]; }
	wait_until 50 beats_no_more
	n=$(wc -l <p/beats)
	sleep 0.3
	[ "$(wc -l <p/beats)" = "$n" ]
	outer_prompt
	type_line 'bg'
	goes_on() { [ "$(wc -l <p/beats)" -gt "$n" ]; }
	wait_until 50 goes_on
	type_line 'kill %1'
	wait_until 50 gone '[.]/beat'
}

@test "the size reaches the program at the start and when it changes" {
	open_box
	type_line 'stty size'
	screen_shows '^30 100'
	type_line "trap 'echo resized \$(stty size)' WINCH; echo ready"
	screen_shows '^ready'
	prompt box
	screen_resize 120 40
	# bash runs the trap after it has read a line
	seen() { press Enter && screen_matches 'resized 40 120'; }
	wait_until 50 seen
	prompt box
	# sudo has a terminal of its own in between
	type_line "sudo stty size"
	screen_shows '^40 120'
}

@test "a full-screen program draws, takes keys and restores the screen" {
	seq 1000 | sed 's/^/line /' >p/file
	screen_open
	type_line 'sandbox enter ./p -- less file'
	screen_shows '^line 1$'
	press G
	screen_shows '^line 1000$'
	press q
	outer_prompt
	type_line 'echo back=$?'
	screen_shows '^back=0'
	wait_until 20 cooked
}

@test "raw mode is undone after SIGTERM, after a kill of pid 1, and by the shell after SIGKILL" {
	local pid
	for how in TERM INT HUP; do
		screen_open
		type_line "sandbox enter ./p -- sh -c 'echo began; stty raw; sleep 74'"
		screen_shows '^began'
		pid=$(client_pid)
		kill -$how "$pid"
		outer_prompt
		type_line 'echo status=$?'
		screen_shows '^status=[0-9]'
		wait_until 20 cooked
		screen_close
	done
	screen_open
	type_line "sandbox enter ./p -- sh -c 'echo began; sleep 75'"
	screen_shows '^began'
	kill -KILL "$(sandbox inspect --json p | jq .pid)"
	screen_shows 'sandbox: .*box ended'
	outer_prompt
	type_line 'echo status=$?'
	screen_shows '^status=125'
	wait_until 20 cooked
}

@test "a hang-up of the terminal ends only its own session" {
	sandbox enter ./p -- sleep 76 3>&- &
	local other=$!
	screen_open
	type_line 'sandbox enter ./p -- sleep 77'
	wait_until 50 sandbox exec p pgrep -f 'sleep 77'
	wait_until 50 sandbox exec p pgrep -f 'sleep 76'
	screen_close
	wait_until 50 gone '[s]leep 77'
	sandbox exec p pgrep -f 'sleep 76'
	kill -0 $other
	kill $other
	wait_for $other
}

@test "a session that ignores SIGHUP is killed once its client has gone" {
	screen_open
	type_line "sandbox enter ./p -- sh -c 'trap \"\" HUP TERM; echo began; while :; do sleep 1; done'"
	screen_shows '^began'
	kill -KILL "$(client_pid)"
	wait_until 50 gone '[t]rap'
}

@test "a second signal ends the client, whatever the command does with the first; its session ends too" {
	local sig n=0
	for sig in INT TERM QUIT; do
		n=$((n + 1))
		sandbox exec p true 2>/dev/null || sandbox enter ./p -- true
		env --default-signal=INT,QUIT "$SANDBOX" enter ./p -- \
			sh -c "trap 'echo first' INT TERM QUIT; echo up; while :; do sleep 0.$n$n; done" >$sig 3>&- &
		wait_until 50 grep -qs up $sig
		kill -$sig $!
		wait_until 50 grep -q first $sig
		kill -0 $!
		kill -$sig $!
		wait_for $!
		[ "$status" = $((128 + $(kill -l $sig))) ]
		wait_until 30 gone "sleep 0.$n$n"
	done
	# On a terminal that is restored; an endless writer does not prevent it.
	screen_open
	type_line "sandbox enter ./p -- sh -c 'trap \"\" TERM INT HUP; while :; do echo on and on; done'"
	screen_shows '^on and on'
	client=$(client_pid)
	kill -TERM "$client"
	# another one at the same time would be the same signal
	taken() { [[ $(grep '^ShdPnd:' "/proc/$client/status") = *0000 ]]; }
	wait_until 50 taken
	kill -0 "$client"
	kill -TERM "$client"
	wait_until 50 sh -c "! kill -0 $client 2>/dev/null"
	outer_prompt
	wait_until 20 cooked
	wait_until 30 gone 'on and on'
}

@test "a terminal that no longer shows anything does not block a client, whatever its command writes" {
	command -v python3 >/dev/null || skip 'no python3'
	sandbox enter ./p -- true
	python3 - <<-'PY'
		import os, pty, signal, sys, time
		pid, master = pty.fork()
		if pid == 0:
		    os.execlp("sandbox", "sandbox", "enter", "./p", "--", "sh", "-c",
		              'trap "" TERM HUP; while :; do echo on and on; done')
		time.sleep(2)  # nobody reads: it waits in a write
		os.kill(pid, signal.SIGTERM)
		for _ in range(300):  # until it has taken the signal: a second one would be the same
		    if "0000" in [l[-5:-1] for l in open(f"/proc/{pid}/status") if l.startswith("ShdPnd:")]: break
		    time.sleep(0.1)
		os.kill(pid, signal.SIGTERM)
		for _ in range(300):
		    done, status = os.waitpid(pid, os.WNOHANG)
		    if done: break
		    time.sleep(0.1)
		else:
		    os.kill(pid, signal.SIGKILL)
		    sys.exit("the client goes on")
		sys.exit(not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGTERM))
	PY
	wait_until 30 gone 'on and on'
}

@test "code inside cannot keep a session alive by stopping its leader" {
	open_box
	sandbox exec p sh -c 'kill -STOP $(pgrep -f "^sandbox: session")'
	type_line 'echo answer=$((6*7))'
	screen_shows '^answer=42'
	type_line 'exit 3'
	outer_prompt
	type_line 'echo status=$?'
	screen_shows '^status=3'
	sandbox exec --root p sh -c 'sleep 74 & chown 7 /tmp && kill -STOP $(pgrep -f "^sandbox: identities") &&
		timeout 10 chown 8 /tmp'
}

@test "a signal that the caller ignores ends no session: nohup" {
	sandbox enter ./p -- true
	nohup "$SANDBOX" enter ./p -- sh -c 'echo up; sleep 1; echo end' >out 2>err 3>&- &
	wait_until 50 grep -q up out
	kill -HUP $!
	wait_for $!
	[ "$status" = 0 ]
	grep -q end out
}

@test "exit status through a terminal: the command's own, and 128+n" {
	for pair in "true 0" "false 1" "'kill -9 \$\$' 137" "'kill -TERM \$\$' 143" "'exit 200' 200"; do
		run on_terminal "sandbox enter ./p -- sh -c ${pair% *}"
		[ "$status" = "${pair##* }" ]
	done
	run -127 on_terminal "sandbox enter ./p -- no-such-command"
	run on_terminal "sandbox enter ./p -- /etc/passwd"
	[ "$status" = 126 ]
}

@test "ten megabytes of output arrive complete, through a pipe and through a terminal" {
	local want
	want=$(seq 1500000 | head -c 10000000 | md5sum)
	[ "$(sandbox enter ./p -- sh -c 'seq 1500000 | head -c 10000000' | md5sum)" = "$want" ]
	[ "$(on_terminal "sandbox enter ./p -- sh -c 'seq 1500000 | head -c 10000000'" | tr -d '\r' | md5sum)" = "$want" ]
	# the last bytes before an exit are not lost
	for _ in 1 2 3 4 5 6 7 8; do
		[ "$(on_terminal "sandbox enter ./p -- sh -c 'seq 20000'" |
			tail -1 | tr -d '\r')" = 20000 ]
	done
}

@test "ten megabytes of input arrive complete, through a pipe" {
	[ "$(seq 1500000 | head -c 10000000 | sandbox enter ./p -- md5sum)" = \
		"$(seq 1500000 | head -c 10000000 | md5sum)" ]
}

@test "all bytes pass unchanged without a terminal" {
	head -c 300000 /dev/urandom >bytes
	[ "$(sandbox enter ./p -- cat <bytes | md5sum)" = "$(md5sum <bytes)" ]
	[ "$(sandbox exec p sudo cat <bytes | md5sum)" = "$(md5sum <bytes)" ]
}

@test "each of stdin, stdout, stderr is a terminal inside exactly when it is outside" {
	local i o e want
	sandbox enter ./p -- true
	local look='exec 9>seen; for fd in 0 1 2; do [ -t $fd ] && printf t >&9 || printf -- - >&9; done'
	for i in '' '</dev/null' '<file'; do
		for o in '' '>out' '| cat'; do
			for e in '' '2>err'; do
				echo text >file
				want=$([ -z "$i" ] && printf t || printf -- -)
				want+=$([ -z "$o" ] && printf t || printf -- -)
				want+=$([ -z "$e" ] && printf t || printf -- -)
				: >p/seen
				on_terminal "sandbox exec p sh -c '$look' $i $e $o"
				echo "$i $o $e: $(cat p/seen), not $want"
				[ "$(cat p/seen)" = "$want" ]
			done
		done
	done
}

@test "a pipe into a session whose output is a terminal ends like a pipe" {
	run on_terminal "printf 'a\\nb\\n' | sandbox enter ./p -- sort -r"
	[ "$output" = $'b\r\na\r' ] || [ "$output" = $'b\na' ] || [ "${output//$'\r'/}" = $'b\na' ]
}

@test "keys typed at a terminal reach a session whose output is a file" {
	screen_open
	type_line 'sandbox enter ./p -- sort >out'
	wait_until 50 sandbox exec p pgrep -x sort
	wait_until 50 raw
	type_line 'b'
	type_line 'a'
	press C-d
	outer_prompt
	type_line 'echo status=$?'
	screen_shows '^status=0'
	[ "$(cat out)" = $'a\nb' ]
}

@test "stdin, stdout or stderr may be closed" {
	run sandbox enter ./p -- true <&-
	[ "$status" = 0 ]
	run sandbox enter ./p -- sh -c 'echo said >file' >&- 2>&-
	[ "$(cat p/file)" = said ]
	sandbox exec p true <&- >&- 2>&-
}

@test "sudo on a terminal: prompt, Ctrl-C, Ctrl-Z, status" {
	open_box
	type_line "sudo env PS1='root> ' bash --norc --noprofile"
	screen_shows '^root>'
	type_line 'id -un; tty'
	screen_shows '^root$'
	prompt root
	type_line 'sleep 78'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 78'
	press C-c
	prompt root
	type_line 'echo inner=$?'
	screen_shows '^inner=130'
	prompt root
	type_line 'exit 5'
	prompt box
	type_line 'echo outer=$?'
	screen_shows '^outer=5'
	prompt box
	type_line 'sudo sleep 79'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 79'
	sleep 0.3
	press C-c
	prompt box
	type_line 'echo sudo=$?'
	screen_shows '^sudo=130'
	prompt box
	type_line 'sudo sleep 80'
	wait_until 50 sandbox exec p pgrep -fx 'sleep 80'
	sleep 0.3
	press C-z
	screen_shows 'Stopped +sudo sleep 80'
	prompt box
	type_line 'kill %1; fg; echo over'
	screen_shows '^over'
}

@test "a session in the background of the outer shell works, and is stopped when it reads" {
	screen_open
	type_line "sandbox enter ./p -- sh -c 'sleep 0.3; echo from-\"back\"ground' &"
	screen_shows 'from-background'
	type_line 'wait; echo status=$?'
	screen_shows '^status=0'
	wait_until 20 cooked
	# the terminal still belongs to the shell
	type_line 'echo still-mine'
	screen_shows '^still-mine'
}

@test "TERM and its description: one that the image lacks is replaced" {
	run on_terminal "TERM=no-such-terminal sandbox enter ./p -- printenv TERM"
	echo "$output"
	[[ $output == *xterm* || $output == *vt100* || $output == *linux* ]]
	run on_terminal "TERM=xterm sandbox enter ./p -- printenv TERM"
	[[ $output == *xterm* ]]
}

@test "the host's terminal cannot be opened from inside" {
	run on_terminal "sandbox enter ./p -- sh -c 'ls -l /proc/self/fd /dev/pts; cat /proc/self/stat'"
	[[ $output == *"/dev/pts/0"* ]]
	[[ $output != *"(unreachable)"* ]]
}
