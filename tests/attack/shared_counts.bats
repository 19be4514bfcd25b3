#!/usr/bin/env bats
# Resources counted per user on the whole machine: one box takes half of them at most, whoever runs
# in it, and other boxes and the desktop keep theirs.

load ../bats/helpers

# Takes as many as possible, prints their number, and keeps them.
taker() { # FILE
	cat >"$1" <<-'PY'
		import ctypes, os, sys, time
		libc = ctypes.CDLL(None, use_errno=True)
		def take(what):
		    n = 0
		    while n < 100000:
		        try:
		            fd = what()
		        except OSError:
		            break
		        if fd < 0: break
		        n += 1
		    return n
		inotify = take(lambda: libc.inotify_init1(0))
		fanotify = take(lambda: libc.fanotify_init(0x200, 0))  # FAN_REPORT_FID: without privilege
		ptys = take(lambda: os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))
		print(inotify, fanotify, ptys, flush=True)
		time.sleep(60)
	PY
}

# Another one of each is available.
one_more() { # COMMAND...
	"$@" python3 -c '
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
assert libc.inotify_init1(0) >= 0
fd = libc.inotify_init1(0)
assert libc.inotify_add_watch(fd, b"/", 0x100) >= 0
os.close(os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY))'
}

@test "inotify, fanotify and ptys: a box that takes all it can get leaves as many to others" {
	command -v python3 >/dev/null || skip 'no python3'
	[ -w /proc/sys/user ] || [ "$TEST_MODE" = user ] || skip '/proc/sys is read-only here'
	instances=$(cat /proc/sys/fs/inotify/max_user_instances)
	groups=$(cat /proc/sys/fs/fanotify/max_user_groups)
	mkdir p
	taker p/taker.py
	for who in '' --root; do
		project p $'[sandbox]\nlinger = 0'
		: >out
		# shellcheck disable=SC2086 # no option, or one
		(ulimit -n 4096; exec sandbox enter $who ./p -- python3 taker.py) >out 3>&- &
		wait_until 400 grep -q . out
		read -r inotify fanotify ptys <out
		echo "$who: $inotify of $instances inotify instances, $fanotify of $groups fanotify groups, $ptys ptys"
		[ "$inotify" -le $((instances / 2)) ]
		[ "$inotify" -ge $((instances / 2 - 8)) ]
		[ "$fanotify" -le $((groups / 2)) ]
		[ "$ptys" -ge 500 ]
		[ "$ptys" -le 512 ]
		one_more
		one_more sandbox run host
		sandbox stop -t 0 p
		wait_for $!
	done
	# Nor can root of a box raise the limit, or escape it by a namespace of its own.
	sandbox run --root host sh -c 'cat /proc/sys/user/max_inotify_instances
		echo 100000 2>/dev/null >/proc/sys/user/max_inotify_instances; cat /proc/sys/user/max_inotify_instances' >out
	[ "$(sort -u out)" = $((instances / 2)) ]
	project q $'[sandbox]\nnested = yes\nlinger = 0'
	cp p/taker.py q
	: >out
	(ulimit -n 4096; exec sandbox enter --accept ./q -- unshare -r python3 taker.py) >out 3>&- &
	wait_until 400 grep -q . out
	read -r inotify fanotify ptys <out
	[ "$inotify" -le $((instances / 2)) ]
	[ "$fanotify" -le $((groups / 2)) ]
	one_more
	sandbox stop -t 0 q
	wait_for $!
}
