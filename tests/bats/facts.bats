#!/usr/bin/env bats
# What a box takes over from its host: variables refer to what exists in the box.

load helpers

# Sets the glibc locales of the box: NAME... in the archive; those with a slash as directories.
locales() { # NAME...
	mkdir -p rootfs/usr/lib/locale
	python3 - "$@" <<-'END'
		import os, struct, sys
		names = b''.join(n.encode() + b'\0' for n in sys.argv[1:] if '/' not in n)
		with open('rootfs/usr/lib/locale/locale-archive', 'wb') as f:
		    f.write(struct.pack('<8I', 0xde020109, 0, 0, 0, 0, 32, len(names), len(names)) + names)
		for n in sys.argv[1:]:
		    if '/' in n:
		        os.makedirs('rootfs/usr/lib/locale/' + n, exist_ok=True)
		        open('rootfs/usr/lib/locale/' + n + 'LC_CTYPE', 'w').close()
	END
}

# These variables as the box has them.
shown() { # NAME... -- OPTIONS
	local names=()

	while [ "$1" != -- ]; do
		names+=("$1")
		shift
	done
	sandbox run "${@:2}" dir:rootfs sh -c 'for n; do eval "echo \"\${$n-unset}\""; done' - "${names[@]}" |
		paste -sd' '
}

@test "SHELL is one that the box has, also with a command" {
	rootfs
	[ "$(SHELL=/bin/zsh shown SHELL --)" = /bin/sh ]
	ln -s sh rootfs/bin/bash
	[ "$(SHELL=/bin/zsh shown SHELL --)" = /bin/bash ]
	[ "$(SHELL=/bin/ash shown SHELL --)" = /bin/ash ]
	# a value that the user sets stays
	[ "$(SHELL=/bin/ash shown SHELL -- --env SHELL=/bin/none)" = /bin/none ]
}

@test "a locale that the box lacks becomes C.UTF-8" {
	unset LANG LANGUAGE "${!LC_@}"
	rootfs
	locales C.utf8/ en_US.utf8 de_DE.utf8
	[ "$(LANG=fr_FR.UTF-8 LANGUAGE=fr shown LANG LANGUAGE --)" = 'C.UTF-8 unset' ]
	[ "$(LANG=de_DE.UTF-8 LANGUAGE=de shown LANG LANGUAGE --)" = 'de_DE.UTF-8 de' ]
	[ "$(LANG=en_US.utf8 LC_TIME=fr_FR.UTF-8 LC_NUMERIC=de_DE.UTF-8 shown LANG LC_TIME LC_NUMERIC --)" = \
		'en_US.utf8 unset de_DE.UTF-8' ]
	[ "$(LC_TIME=fr_FR.UTF-8 shown LANG LC_TIME --)" = 'C.UTF-8 unset' ]
	[ "$(LC_ALL=fr_FR shown LANG LC_ALL --)" = 'unset C.UTF-8' ]
	[ "$(LANG=C LC_ALL=POSIX shown LANG LC_ALL --)" = 'C POSIX' ]
	[ "$(LANG=../x shown LANG --)" = C.UTF-8 ]
	[ "$(LANG=C shown LANG -- --env LANG=fr_FR)" = fr_FR ]
	[ "$(shown LANG --)" = unset ]
	# an old glibc has no C.UTF-8
	rm -r rootfs/usr/lib/locale
	locales en_US.utf8
	[ "$(LANG=fr_FR.UTF-8 shown LANG --)" = en_US.UTF-8 ]
	# musl accepts any name
	rm -r rootfs/usr/lib/locale
	[ "$(LANG=fr_FR.UTF-8 shown LANG --)" = fr_FR.UTF-8 ]
}

@test "the terminal's description is provided if the box lacks it" {
	rootfs
	mkdir -p .terminfo/x
	echo made-up >.terminfo/x/xterm-made-up
	[ "$(HOME=$T TERM=xterm-made-up sandbox run dir:rootfs sh -c \
		'echo $TERM; cat "${TERMINFO_DIRS#:}/x/$TERM"')" = $'xterm-made-up\nmade-up' ]
	[ "$(TERMINFO=$T/.terminfo TERM=xterm-made-up shown TERM TERMINFO_DIRS --)" = \
		'xterm-made-up :/run/host/terminfo' ]
	# neither has it
	[ "$(TERM=nobody-knows shown TERM TERMINFO_DIRS --)" = 'xterm-256color unset' ]
	# the box has it
	mkdir -p rootfs/usr/share/terminfo/n
	touch rootfs/usr/share/terminfo/n/nobody-knows
	[ "$(TERM=nobody-knows shown TERM TERMINFO_DIRS --)" = 'nobody-knows unset' ]
	[ "$(TERM=../../../etc/passwd shown TERM --)" = ../../../etc/passwd ]
	[ "$(TERM=vt52 shown TERM -- --env TERM=mine)" = mine ]
}

@test "ncurses finds it" {
	command -v tic >/dev/null
	printf 'xterm-made-up|x,\n\tcolors#77,\n' >src
	tic -x -o .terminfo src
	project p
	[ "$(HOME=$T TERM=xterm-made-up sandbox enter ./p -- tput colors)" = 77 ]
	[ "$(HOME=$T TERM=xterm-made-up sandbox enter ./p -- sudo tput colors)" = 77 ]
}

@test "the time zone is the host's, by its rule if the box has no zones" {
	rootfs
	[ "$(TZ=Asia/Tokyo shown TZ --)" = JST-9 ]
	[ "$(TZ=:Asia/Tokyo sandbox run dir:rootfs date -d @0 +%H)" = 09 ]
	[ "$(TZ=/usr/share/zoneinfo/Asia/Tokyo sandbox run dir:rootfs date -d @0 +%H)" = 09 ]
	[ "$(TZ=XYZ-3 shown TZ --)" = XYZ-3 ]
	[ "$(TZ='' shown TZ --)" = '' ]
	[ "$(TZ=Asia/Nowhere shown TZ --)" = Asia/Nowhere ]
	[ "$(TZ=UTC shown TZ -- --env TZ=Asia/Tokyo)" = Asia/Tokyo ]
	mkdir -p rootfs/usr/share/zoneinfo/Asia
	touch rootfs/usr/share/zoneinfo/Asia/Tokyo
	[ "$(TZ=Asia/Tokyo shown TZ --)" = Asia/Tokyo ]
}

@test "without TZ it follows /etc/localtime, whenever a session begins" {
	# A host with another zone: a mount namespace, in which boxes work normally.
	local how

	[ "${TEST_MODE-}" != nested ] || skip 'no mounts of our own in a box'
	unset TZ
	rootfs
	cp /usr/share/zoneinfo/Asia/Tokyo copy
	for how in /usr/share/zoneinfo/Asia/Tokyo "$T/copy"; do
		[ "$(unshare -Urm sh -c 'mkdir etc work && mount -t overlay -o lowerdir=/etc,upperdir=etc,workdir=work,userxattr overlay /etc &&
			ln -sf "$1" /etc/localtime && exec sandbox run dir:rootfs sh -c "echo \$TZ"' - "$how" 2>err)" = JST-9 ] || {
			cat err
			return 1
		}
		chmod u+rwx work/work
		rm -rf etc work
	done
}

@test "files are made with the caller's umask" {
	local mask

	project p
	sandbox enter ./p -- true
	for mask in 077 002 022 000; do
		(umask $mask && [ "$(sandbox enter ./p -- sh -c umask)" = 0$mask ])
		(umask $mask && [ "$(sandbox run host sh -c umask)" = 0$mask ])
	done
	(umask 077 && sandbox enter ./p -- touch made && sandbox enter ./p -- sudo touch roots)
	[ "$(stat -c %a p/made p/roots | paste -sd' ')" = '600 600' ]
	(umask 002 && [ "$(sandbox enter ./p -- sudo sh -c umask)" = 0022 ])
}

@test "a command has the nice value and the time slice of whoever started the box" {
	local way words

	project p
	cat >p/slice.py <<-'X'
		import ctypes, os, platform, struct, sys
		# sched_setattr(2): size, policy, flags, nice, priority, runtime, deadline, period
		layout, libc = "IIQiIQQQ", ctypes.CDLL(None)
		number = 314 if platform.machine() == "x86_64" else 274
		data = ctypes.create_string_buffer(struct.calcsize(layout))
		def get():
		    assert libc.syscall(number + 1, 0, data, len(data), 0) == 0
		    return list(struct.unpack(layout, data.raw))
		if len(sys.argv) > 1:
		    attributes = get()
		    attributes[3], attributes[5] = attributes[3] + 1, 20000000
		    data.raw = struct.pack(layout, *attributes)
		    assert libc.syscall(number, 0, data, 0) == 0
		    os.execvp(sys.argv[1], sys.argv[1:])
		print(*get())
	X
	# Before Linux 6.12 the slice is 0, also of the caller.
	python3 p/slice.py python3 p/slice.py >callers
	for way in "run host" "enter ./p --" "exec p" "exec --root p"; do
		read -ra words <<<"$way"
		python3 p/slice.py sandbox "${words[@]}" python3 - <p/slice.py >in_box
		diff callers in_box
	done
	python3 p/slice.py script -qec "sandbox exec p sh -c 'python3 slice.py >in_terminal'" /dev/null
	diff callers p/in_terminal
}

@test "config and inspect show what a box takes over, with present values" {
	local command

	project p
	sandbox enter ./p -- true
	for command in config inspect; do
		TERM=xterm-made-up TZ=Asia/Tokyo http_proxy=http://me:secret@proxy:1 sandbox $command ./p >out
		grep -qE '^(host |follows +)TERM = xterm-made-up  at each session: ' out
		grep -qE '^(host |follows +)TZ = Asia/Tokyo  at .*; else ' out
		grep -qE '^(host |follows +)http_proxy = http://proxy:1  ' out
		grep -qE '^(host |follows +)/etc/resolv.conf = -  at each session: ' out
		run -1 grep me:secret out
		TERM=xterm-made-up sandbox $command --json ./p | python3 -c 'import json, sys
facts = {f.pop("name"): f for f in json.load(sys.stdin)["facts"]}
assert facts["TERM"] == {"value": "xterm-made-up", "from": "$TERM, with its terminfo entry",
	"refreshed": "each session", "otherwise": "xterm-256color"}, facts
assert facts["umask"]["value"] is None and facts["COLORTERM"]["otherwise"] is None, facts'
	done
	[ "$(sandbox config ./p image)" = host ]
}
