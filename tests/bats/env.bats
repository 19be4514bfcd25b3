#!/usr/bin/env bats
# The environment of sessions: starts empty, then [env], then --env.

load helpers

# The environment inside, sorted, without variables added by the test's shell.
inside() { # ARGUMENTS OF ENTER
	sandbox enter "$@" -- env | LC_ALL=C sort
}

@test "it is built from nothing: exactly these variables" {
	project p
	export AWS_SECRET_ACCESS_KEY=secret SSH_AUTH_SOCK=/x LD_PRELOAD='' DISPLAY=:0 OLDPWD=/x \
		DBUS_SESSION_BUS_ADDRESS=x BASH_ENV='' PYTHONPATH=/x EDITOR=vi
	unset LANG LANGUAGE TZ COLORTERM "${!LC_@}"
	[ "$(TERM=xterm inside ./p | cut -d= -f1 | paste -sd' ')" = \
		'HOME LOGNAME PATH SANDBOX SHELL TERM USER XDG_RUNTIME_DIR' ]
	run ! sandbox enter ./p -- sh -c 'cat /proc/[0-9]*/environ | grep -a secret'
}

@test "a HOME with .. in it is the directory that it means" {
	mkdir -p "$HOME/away" "$HOME/real"
	ln -s ../real "$HOME/away/link"
	for home in "$HOME/away/../real" "$HOME/away/link/../real" "$HOME/real/sub/.."; do
		mkdir -p "$HOME/real/sub"
		[ "$(HOME=$home sandbox run host sh -c 'cd && echo "$HOME $PWD"')" = "$HOME/real $HOME/real" ]
	done
}

@test "user and location variables" {
	project p
	[ "$(sandbox enter ./p -- sh -c 'echo $USER $LOGNAME $SANDBOX $XDG_RUNTIME_DIR')" = \
		"$(id -un) $(id -un) p /run/user/$(id -u)" ]
	[ "$(sandbox enter ./p -- sh -c 'echo $HOME')" = "$(sandbox enter ./p -- sh -c 'echo ~')" ]
	sandbox enter ./p -- sh -c 'test -w "$HOME" && test -w "$XDG_RUNTIME_DIR"'
	[ "$(sandbox enter ./p -- sh -c 'stat -c %a $XDG_RUNTIME_DIR')" = 700 ]
	[ "$(sandbox enter --root ./p -- sh -c 'echo $USER $LOGNAME $HOME $XDG_RUNTIME_DIR')" = \
		'root root /root' ]
}

@test "PATH is the box's, whatever the host's is" {
	project p
	[[ $(PATH=/x:$PATH sandbox enter ./p -- sh -c 'echo $PATH') = \
		/run/sandbox/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ]]
}

@test "TERM, COLORTERM, LANG, LANGUAGE, TZ and LC_* are passed in" {
	project p
	[ "$(TERM=vt100 COLORTERM=truecolor LANG=C.UTF-8 LANGUAGE=de:en TZ=Asia/Tokyo LC_TIME=C \
		LC_ALL=C.UTF-8 sandbox enter ./p -- sh -c \
		'echo $TERM $COLORTERM $LANG $LANGUAGE $TZ $LC_TIME $LC_ALL')" = \
		'vt100 truecolor C.UTF-8 de:en Asia/Tokyo C C.UTF-8' ]
	[ "$(TZ=Asia/Tokyo sandbox enter ./p -- date +%Z)" = "$(TZ=Asia/Tokyo date +%Z)" ]
}

@test "[env] sets variables in order, using the environment so far" {
	project p '[env]
A = one
B = $A-${A}-$UNSET-$$
PATH = /opt/tools/bin:$PATH
A = two $A
HOME_OF = $USER:$HOME
EMPTY =
BLANKS = a  b'
	sandbox enter ./p -- sh -c 'echo "$A|$B|${EMPTY-unset}|$BLANKS|$HOME_OF"' >out
	[ "$(cat out)" = "two one|one-one--\$||a  b|$(id -un):$(sandbox enter ./p -- sh -c 'echo $HOME')" ]
	[[ $(sandbox enter ./p -- sh -c 'echo $PATH') = /opt/tools/bin:/run/sandbox/bin:/usr/local/sbin:* ]]
}

@test "[env] sees nothing of the host's environment" {
	project p $'[env]\nX = <$SECRET>'
	[ "$(SECRET=secret sandbox enter ./p -- sh -c 'echo "$X"')" = '<>' ]
}

@test "[env] overrides passed variables, and its PATH finds the command" {
	mkdir -p p/bin
	printf '#!/bin/sh\necho ours\n' >p/bin/tool
	chmod +x p/bin/tool
	project p "[env]
LANG = de_DE
PATH = $T/p/bin:\$PATH"
	[ "$(LANG=C sandbox enter ./p -- sh -c 'echo $LANG')" = de_DE ]
	[ "$(sandbox enter ./p -- tool)" = ours ]
}

@test "an error in [env] is reported with its line" {
	project p $'[env]\nA-B = 1'
	fails 125 "p/sandbox.ini:2: *variable's name*" sandbox enter ./p -- true
	project p $'[env]\nA = 1\nB = $(date)'
	fails 125 "p/sandbox.ini:3: *" sandbox enter ./p -- true
	project p $'[env]\nA = ${B'
	fails 125 "p/sandbox.ini:2: *" sandbox enter ./p -- true
	project p $'[env]\nA = price: 5$'
	fails 125 "p/sandbox.ini:2: *" sandbox enter ./p -- true
}

@test "an [env] that grows without limit is refused" {
	local i text=$'[env]\nA = 0123456789'

	for i in {1..20}; do
		text+=$'\nA = $A$A$A$A'
	done
	project p "$text"
	fails 125 "*grows beyond 128 KiB*" sandbox enter ./p -- true
}

@test "variants add to [env], only if selected" {
	project p $'[env]\nA = plain\nB = b\n[env:test]\nA = test-$A\n[env:other]\nA = other'
	[ "$(sandbox enter ./p -- sh -c 'echo $A $B')" = 'plain b' ]
	[ "$(sandbox enter --variant test ./p -- sh -c 'echo $A $B')" = 'test-plain b' ]
	[ "$(sandbox enter --variant other ./p -- sh -c 'echo $A $B')" = 'other b' ]
	fails 125 "there is no variant \[env:tst]*test*" sandbox enter --variant tst ./p -- true
}

@test "--env sets a variable, or passes one, and overrides [env]" {
	project p $'[env]\nA = file'
	[ "$(sandbox enter --env A=flag --env 'B=x=y z' --env C= ./p -- \
		sh -c 'echo "$A|$B|${C-unset}"')" = 'flag|x=y z|' ]
	[ "$(PASS=on sandbox enter --env PASS --env NOT_SET ./p -- \
		sh -c 'echo "$PASS|${NOT_SET-unset}"')" = 'on|unset' ]
	[ "$(sandbox enter --env X='$A' ./p -- sh -c 'echo "$X"')" = '$A' ]
	[ "$(sandbox exec --env A=exec p sh -c 'echo $A')" = exec ]
	fails 125 "*--env 'A-B=1' is not NAME=VALUE" sandbox enter --env A-B=1 ./p -- true
	fails 125 "*--env '=1' is not NAME=VALUE" sandbox enter --env =1 ./p -- true
}

@test "each session has its own environment" {
	project p
	sandbox enter --env ONCE=1 ./p -- true
	[ "$(sandbox enter ./p -- sh -c 'echo ${ONCE-unset}')" = unset ]
	[ "$(TZ=UTC sandbox enter ./p -- sh -c 'echo $TZ')" = UTC ]
	[ "$(TZ=Asia/Tokyo sandbox enter ./p -- sh -c 'echo $TZ')" = Asia/Tokyo ]
}

@test "SANDBOX_* variables of the host are not passed in" {
	project p
	[ "$(SANDBOX_LINGER=5s inside ./p | grep -c ^SANDBOX_)" = 0 ]
}
