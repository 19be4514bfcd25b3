#!/usr/bin/env bats
# /tmp and /run: a new tmpfs at each start, filled with what the image has there.

load helpers
load images

setup() {
	sandbox_setup
	export TERM=dumb # no description of a terminal is lent
	rootfs
	rm -rf rootfs/run rootfs/tmp
}

# Puts typical content of images into rootfs/$1 and rootfs/$2.
fill() { # RUN TMP
	mkdir -p "rootfs/$1/mysqld/deep" "rootfs/$1/lock" "rootfs/$2"
	chmod 1777 "rootfs/$1/lock"
	chmod 0750 "rootfs/$1/mysqld"
	echo pid >"rootfs/$1/mysqld/deep/pid"
	chmod 0400 "rootfs/$1/mysqld/deep/pid"
	ln -s mysqld "rootfs/$1/mariadb"
	mkfifo "rootfs/$1/pipe"
	echo left >"rootfs/$2/left"
	touch -d 2001-02-03T04:05:06Z "rootfs/$2/left"
}

works() { # OPTIONS
	sandbox run "$@" dir:rootfs sh -ec '
		cat /run/mariadb/deep/pid /tmp/left
		stat -c "%a %F" /run/lock /run/mysqld /run/mysqld/deep/pid /run/pipe
		TZ=UTC date -r /tmp/left +%FT%T
		for d in /run /run/mysqld /run/mysqld/deep /tmp; do touch $d/mine; done
		rm -r /run/mysqld /tmp/left
		test -w $XDG_RUNTIME_DIR' >out || { cat out; return 1; }
	diff out - <<-'END'
		pid
		left
		1777 directory
		750 directory
		400 regular file
		644 fifo
		2001-02-03T04:05:06
	END
}

@test "the image's content is there, writable" {
	fill run tmp
	works
	works --root
	works --disk
	# and is unchanged for the next one
	works
}

@test "directories, symlinks to others, nothing" {
	fill var/run var/tmp
	ln -s /var/run rootfs/run
	ln -s var/tmp rootfs/tmp
	works
	sandbox run dir:rootfs sh -ec 'touch /run/x /tmp/x; test -e /var/run/x && test -e /var/tmp/x'
	rm rootfs/run rootfs/tmp
	sandbox run dir:rootfs sh -c 'cd /run; touch /tmp/x; ls -d * /tmp/x' | diff - <(printf '%s\n' /tmp/x sandbox user)
	ln -s ../not/there rootfs/run
	ln -s /not/here/either rootfs/tmp
	sandbox run dir:rootfs sh -ec 'touch /run/x /tmp/x; sudo touch /run/y'
	rm rootfs/tmp
	ln -s / rootfs/tmp
	fails 125 "*'/tmp'*link to '/'*" sandbox run dir:rootfs true
	rm rootfs/tmp
	touch rootfs/tmp
	fails 125 "*'/tmp'*" sandbox run dir:rootfs true
}

@test "each start has the image's content again" {
	fill run tmp
	project p $'[sandbox]\nimage = dir:../rootfs\nlinger = 0s'
	sandbox enter --quiet --accept ./p -- sh -c 'echo mine >/run/mysqld/deep/mine; rm /tmp/left; touch /tmp/mine'
	sandbox stop ./p # whoever comes before it has ended joins it
	[ "$(sandbox enter ./p -- sh -c 'ls /run/mysqld/deep; ls /tmp/left /tmp/mine 2>/dev/null')" = $'pid\n/tmp/left' ]
	sandbox try ./p -- sh -c 'test -e /run/mariadb/deep/pid && touch /run/x'
	says_nothing sandbox diff ./p
	sandbox discard --force ./p
}

@test "more than fits into memory: /tmp is there without it, an image with such a /run is refused" {
	fill run tmp
	truncate -s 1T rootfs/tmp/huge
	mkdir -p "rootfs/tmp/$(printf 'deep/%.0s' {1..200})" rootfs/tmp/many
	(cd rootfs/tmp/many && seq 5000 | xargs touch)
	works
	sandbox run dir:rootfs sh -ec '
		stat -c "%a %s" /tmp /tmp/huge | grep -q 1777
		[ "$(stat -c %s /tmp/huge)" = 1099511627776 ]
		[ "$(ls /tmp/many | wc -l)" = 5000 ]
		echo changed >/tmp/many/1; rm /tmp/huge; mv /tmp/left /tmp/right'
	[ ! -s rootfs/tmp/many/1 ]
	[ -e rootfs/tmp/huge ]
	[ -e rootfs/tmp/left ]
	project p $'[sandbox]\nimage = dir:../rootfs\nlinger = 0s'
	sandbox enter --quiet --accept ./p -- touch /tmp/mine
	sandbox stop ./p # whoever comes before it has ended joins it
	[ "$(sandbox enter ./p -- sh -c 'ls /tmp/left /tmp/mine 2>/dev/null')" = /tmp/left ]
	truncate -s 1T rootfs/run/huge
	fails 125 "*'/run'*more than 16 MiB*" sandbox run dir:rootfs true
}

@test "sandbox's own files there do not come from the image" {
	mkdir -p rootfs/run/sandbox/bin rootfs/run/host "rootfs/run/user/$(id -u)"
	echo evil >rootfs/run/sandbox/sudo.sock
	echo evil >rootfs/run/sandbox/bin/sudo
	[ "$(sandbox run dir:rootfs sh -c 'sudo id -u; stat -c %a $XDG_RUNTIME_DIR; ls /run')" = \
		$'0\n700\nsandbox\nuser' ]
	rm -r rootfs/run
	mkdir rootfs/run
	ln -s /etc rootfs/run/sandbox
	ln -s /etc rootfs/run/user
	[ "$(sandbox run dir:rootfs sudo id -u)" = 0 ]
}

@test "an empty /tmp and /run of an image are recorded when it is unpacked" {
	local plan
	layout app <<-'PY'
		{'layers': [busybox('sh', 'ls', 'touch') + [D('tmp'), F('tmp/below'), D('run'), D('run/lock')],
		  [F('tmp/.wh.below', b''), F('run/top')]]}
	PY
	sandbox image import --quiet "$T/app" app:1
	plan=$(echo "$XDG_DATA_HOME"/sandbox/plans/*)
	[ "$(grep -e ^bare -e ^only "$plan")" = 'bare /tmp' ]
	has() { # the directory of the test is in /tmp, too
		sandbox run "$@" app:1 sh -ec "[ ! -e /tmp/below ] && ls /run; touch /tmp/x /run/x" >out
		diff out - <<<$'lock\nsandbox\ntop\nuser'
	}
	has
	has --root
	# as older versions made it
	sed -i '/^bare/d' "$plan"
	has
}

@test "a /run with only empty directories is recorded, too" {
	local plan
	layout app <<-'PY'
		{'layers': [busybox('sh', 'ls', 'stat', 'touch') + [D('tmp'), D('run'), D('run/lock', mode=0o1777), D('run/cups', mode=0o710)]]}
	PY
	sandbox image import --quiet "$T/app" app:1
	plan=$(echo "$XDG_DATA_HOME"/sandbox/plans/*)
	diff <(grep -e ^bare -e ^only "$plan") - <<-'END'
		bare /tmp
		only 710 /run/cups
		only 1777 /run/lock
	END
	has() {
		sandbox run "$@" app:1 sh -ec 'stat -c "%a %n" /run/*; touch /run/lock/x /run/cups/x' >out
		diff out - <<-'END'
			710 /run/cups
			1777 /run/lock
			755 /run/sandbox
			755 /run/user
		END
	}
	has
	has --root
	# as older versions made it
	sed -i '/^only/d' "$plan"
	has
}
