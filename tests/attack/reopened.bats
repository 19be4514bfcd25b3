#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# Descriptors passed to a session and reopened through /proc/self/fd: they give the access they were
# opened with, and no more.

load ../bats/helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	printf 'one\ntwo\nthree\n' >file
	cp file before
	sandbox enter --quiet --accept ./p -- true
}

# Each kind of session: in a new box, a running box, as root, in a throw-away box.
kinds() { # COMMAND of the test, with $kind
	local kind
	for kind in "enter ./p --" "exec p" "enter --root ./p --" "run host" "run --root host"; do
		"$@" || { echo "$kind"; return 1; }
	done
}

reads() {
	# shellcheck disable=SC2086 # words
	sandbox $kind sh -c 'for f in /proc/self/fd/0 /dev/stdin /dev/fd/0; do
			{ echo x >$f; } 2>/dev/null; { echo x >>$f; } 2>/dev/null; { true <>$f; } 2>/dev/null && echo "open: $f"
		done; chmod 777 /dev/stdin 2>/dev/null; cat /dev/stdin; readlink /proc/self/fd/0' <file >got
	cmp <(head -3 got) before
	cmp file before
	[ "$(grep -c "$T" got)" = 0 ]
}

@test "< file: cannot be written, and can be read again" {
	kinds reads
	[ "$(stat -c %a file)" = "$(stat -c %a before)" ]
}

@test "< file: can be seeked, mapped and shared as usual, and the caller's offset advances" {
	[ "$(sandbox exec p perl -e 'seek(STDIN, -6, 2); print <STDIN>' <file)" = three ]
	[ "$({ sandbox exec p sh -c 'read a; echo $a'; sandbox exec p true; cat; } <file | tr '\n' ' ')" = "one two three " ]
	[ "$({ read -r _; sandbox exec p cat; } <file | tr '\n' ' ')" = "two three " ]
	[ "$(while read -r line; do sandbox exec p echo "$line" </dev/null; done <file | wc -l)" = 3 ]
}

appends() {
	cp before log
	# shellcheck disable=SC2086 # words
	sandbox $kind sh -c 'cat /proc/self/fd/1 /dev/stdout /proc/self/fd/2 2>/dev/null >&3 </dev/null & wait
		{ : >/proc/self/fd/1; } 2>/dev/null; perl -e "truncate(q(/proc/self/fd/1), 0)"; echo four' 3>/dev/null >>log 2>>log || return
	# root gets a warning
	cmp <(grep -v '^sandbox: warning: ' log) <(cat before; echo four)
}

@test ">> file: cannot be truncated or read; > file neither" {
	kinds appends
	for n in 1 2; do
		echo secret >>out
		run ! sandbox exec p timeout 1 sh -c "grep -q secret /proc/self/fd/$n && exit 0; exit 1" 2>>out >>out
	done
	[ "$(grep -c secret out)" = 2 ]
}

@test "> file: all output is there in order when the command has ended, and the status is the command's" {
	run -7 sandbox exec p sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; done; exit 7'
	sandbox exec p sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; done' >both 2>&1
	[ "$(tr '\n' ' ' <both)" = "out 1 err 1 out 2 err 2 out 3 err 3 " ]
	sandbox exec p head -c 20000000 /dev/zero >big
	[ "$(stat -c %s big)" = 20000000 ]
	sandbox exec p sh -c 'cat; echo end' <big >big2
	[ "$(stat -c %s big2)" = 20000004 ]
	# a background process can continue to write
	sandbox exec p sh -c '(sleep 2; echo late) & echo now' >later
	[[ $(cat later) == now* ]]
	wait_until 50 grep -q late later
	(ulimit -f 1; trap '' XFSZ; fails 125 '*cannot write what the command wrote to descriptor 1*' \
		sandbox exec --quiet p head -c 100000 /dev/zero) >small || [ "$(stat -c %s small)" -le 1024 ]
}

@test "unnamed files, <> and other descriptors" {
	exec 8<file 9>>kept
	rm file
	sandbox exec p sh -c '{ echo x >/proc/self/fd/0; } 2>/dev/null; head -3' <&8 >got
	grep -q two got
	cmp /proc/self/fd/8 before
	cp before file
	sandbox exec p sh -c 'echo new >&0; cat /dev/null' <>file
	[ "$(head -1 file)" = new ]
	cp before file
	sandbox exec p sh -c '{ echo x >/dev/fd/5; } 2>/dev/null; cat /dev/fd/5' sh /dev/fd/5 5<file >got
	cmp got before
	cmp file before
	[ "$(sandbox exec p cat /dev/fd/63 63< <(echo piped))" = piped ]
	[ "$(sandbox exec p cat <<<here)" = here ]
	sandbox exec p sh -c 'echo x >/dev/null; echo y >/dev/stdout' >/dev/null 2>/dev/null </dev/null
	exec 8<&- 9>&-
}

@test "a directory, and a path-only descriptor, are refused" {
	fails 125 '*descriptor 0 is a directory*' sandbox exec p true </
	run python3 -c 'import os, sys
os.dup2(os.open("/etc/passwd", os.O_PATH), 0)
os.execvp("sandbox", ["sandbox", "exec", "p", "true"])'
	[[ $status != 0 ]]
}

@test "a named pipe that is read cannot be written, and a box that does not read blocks nobody" {
	mkfifo fifo
	echo text >fifo &
	[ "$(sandbox exec p sh -c '{ echo x >/proc/self/fd/0; } 2>/dev/null & wait; cat' <fifo)" = text ]
	head -c 1000000 /dev/zero >fifo &
	timeout 60 sandbox exec p true <fifo
	wait $! || true
}
