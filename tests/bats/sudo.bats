#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# sudo inside a box: how it is found beside an image's own, and its command line, which is that of
# sudo(8).

load helpers
load images
load screen

teardown() {
	screen_close
	sandbox_teardown
}

# A project whose box runs, and sudo in it; each line of `says` is a command line and its result.
begin() {
	project p $'[sandbox]\nlinger = 60s'
	sandbox enter ./p -- true
	uid=$(id -u) gid=$(id -g) me=$(id -un)
}

in_box() { sandbox exec p "$@"; }

says() { # EXPECTED COMMAND...
	local expected=$1
	shift
	run in_box sudo "$@"
	# shellcheck disable=SC2053 # a pattern
	if [ "$status" != 0 ] || [[ $output != $expected ]]; then
		echo "sudo $*: $status: $output, not $expected" >&2
		return 1
	fi
}

refuses() { # MESSAGE ARG...
	local expected=$1
	shift
	run in_box sudo "$@"
	# shellcheck disable=SC2053
	if [ "$status" != 1 ] || [[ $output != $expected && $output != "sudo: "$expected ]]; then
		echo "sudo $*: $status: $output, not $expected" >&2
		return 1
	fi
}

# bats test_tags=debian
@test "Debian's own sudo can be installed, used, reinstalled, removed while the box runs; ours is still found first" {
	official debian
	project p $'[sandbox]\nimage = debian:bookworm\nlinger = 60s'
	sandbox enter ./p -- sudo sh -ec '
		apt="apt-get -qy"
		export DEBIAN_FRONTEND=noninteractive
		which -a sudo
		# as in apt.bats
		echo "Dir::Cache::pkgcache parsed; Dir::Cache::srcpkgcache parsed-lists;" >/etc/apt/apt.conf.d/zz-parsed
		$apt update
		$apt install --no-install-recommends sudo
		dpkg --verify sudo
		[ "$(sudo id -u)" = 0 ]
		$apt install --reinstall sudo
		dpkg --verify sudo
		mv /usr/bin/sudo /usr/bin/sudo.moved; mv /usr/bin/sudo.moved /usr/bin/sudo
		touch /usr/bin/sudo' >log 2>&1 || {
		cat log >&2
		return 1
	}
	[ "$(sandbox exec p which -a sudo | head -1)" = /run/sandbox/bin/sudo ]
	# However a shell gets its PATH.
	for shell in 'sh -c' 'bash -lc' 'env -i sh -c' 'env -i bash -c' 'env -i bash -lc' 'su -c' 'su - -c'; do
		# shellcheck disable=SC2086
		[ "$(sandbox exec p sudo $shell 'sudo printenv SUDO_UID')" = 0 ]
	done
	[ "$(sandbox exec p bash -lc 'sudo id -u')" = 0 ]
	# It is not ours, and says itself that it cannot work.
	run sandbox exec p /usr/bin/sudo -n id -u
	[ "$status" = 1 ]
	sandbox exec p sudo env DEBIAN_FRONTEND=noninteractive SUDO_FORCE_REMOVE=yes apt-get -qy purge sudo >log 2>&1
	[ "$(sandbox exec p sudo id -u)" = 0 ]
	[ "$(sandbox exec p bash -lc 'sudo id -u')" = 0 ]
	run -1 sandbox exec p test -e /usr/bin/sudo
}

# bats test_tags=alpine
@test "Alpine's login shell finds it; the symlink does not count as a change of the box; an existing file stays" {
	official alpine
	project p $'[sandbox]\nimage = alpine:3'
	[ "$(sandbox enter ./p -- sh -lc 'sudo id -u')" = 0 ]
	[ "$(sandbox enter ./p -- env -i sh -lc 'sudo id -u')" = 0 ]
	sandbox try ./p -- true
	says_nothing sandbox diff p-try
	sandbox enter ./p -- sudo sh -c 'rm /usr/local/bin/sudo; printf "#!/bin/sh\necho mine\n" >/usr/local/bin/sudo; chmod +x /usr/local/bin/sudo'
	sandbox stop p
	[ "$(sandbox enter ./p -- env -i sh -c 'PATH=/usr/local/bin; sudo id')" = mine ]
	[ "$(sandbox enter ./p -- sudo id -u)" = 0 ]
}

@test "the user of the command: root, yourself, by name, by number; unknown users are errors" {
	begin
	says 0 id -u
	says 0 -n -u root -- id -u
	says 0 -nu root id -u
	says 0 --user=root id -u
	says 0 '-u#0' id -u
	says "$uid" -u "$me" id -u
	says "$uid" "-u#$uid" id -u
	says "$uid" -g "#$gid" id -u
	says "$me $uid $gid" -u "$me" sh -c 'echo $SUDO_USER $SUDO_UID $SUDO_GID'
	says "$me $me" -u "$me" sh -c 'echo $USER $LOGNAME'
	refuses 'unknown user nobody-such' -u nobody-such id
	refuses 'unknown user #x' -u '#x' id
	refuses 'unknown group none-such' -g none-such id
	refuses 'usage:*' -u '' id
}

@test "another user of the box: its ids or an error, never root instead" {
	begin
	run in_box sudo -u games id -u
	if [ "$status" = 0 ]; then
		[ "$output" = "$(in_box id -u games)" ]
	else
		[[ $output = "sudo: unable to change to uid "* ]]
	fi
	# Its internal command line gives nobody anything.
	refuses '--become is for its own use' --become x y z
	refuses 'unable to change to uid 0, gid 0: Operation not permitted' --become 0:0: id id
}

@test "the environment: reset, -E, --preserve-env=, NAME=VALUE between options, -H" {
	begin
	run in_box env KEPT=1 sudo printenv KEPT
	[ "$status" = 1 ]
	[ "$(in_box env KEPT=1 sudo -E printenv KEPT HOME USER | head -3)" = $'1\n'"$(in_box printenv HOME)"$'\nroot' ]
	[ "$(in_box env KEPT=1 sudo -EH printenv KEPT HOME)" = $'1\n/root' ]
	[ "$(in_box env KEPT=1 OTHER=2 sudo --preserve-env=KEPT,NONE sh -c 'echo $KEPT-$OTHER-$HOME')" = 1--/root ]
	says b A=b sh -c 'echo $A'
	says 'b 0' A=b -u root sh -c 'echo $A $(id -u)'
	says 'b=c|' 'A=b=c' B= sh -c 'echo "$A|$B"'
	says '/x' PATH=/x /bin/sh -c 'echo $PATH'
	says '/run/sandbox/bin:/usr/local/sbin:*' -E printenv PATH
	says "/root root root 0 $me $uid $gid" sh -c 'echo $HOME $USER $LOGNAME $(id -u) $SUDO_USER $SUDO_UID $SUDO_GID'
	says '*sh -c echo $SUDO_COMMAND' sh -c 'echo $SUDO_COMMAND'
	run -127 in_box sudo -- A=b id
	[ "$output" = 'sudo: A=b: command not found' ]
}

@test "-s and -i run a shell, with the words unchanged; -i in the home, as a login shell" {
	begin
	says '$((1 + 1)) a  b ; c "d" \* ~' -s echo '$((1 + 1))' 'a  b' ';' c '"d"' '*' '~'
	says $'one\ntwo' -s printf '%s' $'one\ntwo'
	says 'a  b;c|d&e(f)' -s echo 'a  b;c|d&e(f)'
	says "$T/p" -s pwd
	says /root -i pwd
	says 'a  b;c /root' -i echo 'a  b;c' '$HOME'
	says '-*' -i echo '$0'
	says root --login printenv USER
	# Without a command it reads one.
	[ "$(echo 'echo in $0; id -u' | in_box env SHELL=/bin/sh sudo -s)" = $'in /bin/sh\n0' ]
	[[ $(echo 'echo $0; pwd' | in_box sudo -i) = *-*$'\n/root' ]]
	refuses 'you may not specify both the -i and -s options*' -is
	refuses 'you may not specify both the -i and -E options*' -iE
}

@test "-l lists and runs nothing" {
	begin
	says "User $me may run the following commands on p:"$'\n'"    (ALL : ALL) NOPASSWD: ALL" -l
	says '/*/touch /tmp/never -x' -l touch /tmp/never -x
	run in_box test -e /tmp/never
	[ "$status" = 1 ]
	refuses 'no-such-command: command not found' -l no-such-command
	says 'User root may run*' -U root -l
	refuses 'the -U option may only be used with the -l option*' -U root id
}

@test "the working directory: -D, else the caller's" {
	begin
	says /var -D /var pwd
	says /var --chdir=/var pwd
	says "$T/p" pwd
	says "$T/p" -u "$me" pwd
	refuses 'unable to change directory to /no-such: No such file or directory' -D /no-such pwd
}

@test "options about passwords and time stamps are accepted, what it cannot do is refused" {
	begin
	says '' -v
	says '' -k
	says '' -K
	says '' -nv
	says 0 -k id -u
	says 0 -A -B -n -S -N -P -p 'Password: ' -C 5 --prompt=x --stdin id -u
	says 'usage: sudo*' -h
	says 'usage: sudo*' --help
	says '*sudo 1.9*' -V
	refuses 'usage:*' -K id
	refuses 'usage:*'
	refuses 'usage:*' A=b
	refuses "invalid option -- 'x'*usage:*" -x
	refuses "unrecognized option '--foo'*usage:*" --foo
	refuses "option requires an argument -- 'u'*" -u
	refuses 'the argument to -C must be a number greater than or equal to 3*' -C 2 id
	refuses 'a remote host may only be specified when listing privileges.' -h localhost id
	refuses 'there is no sudoedit here*' -e /etc/hosts
	refuses '*not permitted to use the -R option*' -R / id
	refuses '*not permitted to set a command timeout*' -T 3 id
}

@test "failures are reported with sudo's messages; a sudo in the background gives the terminal back" {
	begin
	run -127 in_box sudo no-such-command
	[ "$output" = 'sudo: no-such-command: command not found' ]
	run -127 in_box sudo -i no-such-command
	run -126 in_box sudo /etc/passwd
	in_box sh -c 'sudo -b sh -c "until [ -e go ]; do sleep 0.1; done; echo later >later"; [ ! -e later ]; touch go'
	wait_until 50 test -e p/later
	screen_open
	type_line "sandbox exec p env PS1='box> ' sh"
	prompt box
	type_line 'sudo -b sh -c "sleep 1; echo from behind"; echo here'
	screen_shows '^here'
	screen_shows 'from behind$'
	type_line 'echo still $((1 + 1))'
	screen_shows '^still 2'
}
