#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# Programs that box-root starts and that switch to another user: the switch takes effect at once, or
# at the next exec, or fails with an error.

load helpers

box() { # OPTION... -- COMMAND...: as box-root
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	sandbox run --root --mount "$BUILD/tests/programs:/programs:ro" "${options[@]}" host "$@"
}

become() {
	box -- /programs/become "$@"
}

# The owner of a new file, as its creator sees it.
see='echo $(id -u):$(id -g) $(touch /tmp/f; stat -c %u:%g /tmp/f)'

@test "setpriv, runuser, perl and start-stop-daemon end up as the requested user" {
	[ "$(box -- setpriv --reuid=33 --regid=34 --clear-groups sh -c "$see")" = '33:34 33:34' ]
	[ "$(box -- setpriv --regid=34 --reuid=33 --init-groups sh -c "$see")" = '33:34 33:34' ]
	[ "$(box -- runuser -u games -- id -un)" = games ]
	[ "$(box -- perl -MPOSIX -e '$) = "34 34"; setgid(34); setuid(33); print "$< $>\n"; exec "id", "-u"')" = $'33 33\n33' ]
	# with a way back: the program sees what it requested, and goes back or executes something
	[ "$(box -- perl -e '($<, $>) = (33, 33); print "$< $>\n"; exec "id", "-u"')" = $'33 33\n33' ]
	[ "$(box -- perl -e '$> = $< = 33; print "$< $>\n"; $< = $> = 0; print "$< $>\n"; exec "id", "-u"')" = $'33 33\n0 0\n0' ]
	[ "$(box -- perl -e '$> = 33; print "$< $>\n"; $< = 33; print "$< $>\n"; exec "id", "-u"')" = $'0 33\n33 33\n33' ]
	if command -v start-stop-daemon >/dev/null; then
		[ "$(box -- start-stop-daemon --start --chuid games --exec /bin/sh -- -c "$see")" = "$(id -u games):$(id -g games) $(id -u games):$(id -g games)" ]
	fi
}

@test "root finds a process by its user: stat of /proc/PID, start-stop-daemon" {
	box -- sh -exc '
		setpriv --reuid=33 --regid=34 --clear-groups sleep 60 & pid=$!
		until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.1; done
		until [ "$(stat -c %u:%g /proc/$pid)" = 33:34 ]; do sleep 0.1; done
		[ "$(stat -c %u:%g /proc/$$)" = 0:0 ]
		# by other names
		[ "$(stat -c %u:%g /proc/$pid/ //proc//$pid// | tr "\n" " ")" = "33:34 33:34 " ]
		[ "$(cd /proc; stat -c %u $pid ./$pid | tr "\n" " ")" = "33 33 " ]
		[ "$(find /proc -maxdepth 1 -user 33)" = /proc/$pid ]
		[ "$(ls -ldn /proc/$pid | tr -s " " | cut -d" " -f3-4)" = "33 34" ]
		(mkdir -p /var/tmp/d/$pid; cd /var/tmp/d; [ "$(stat -c %u $pid)" = 0 ])
		[ "$(setpriv --reuid=44 --clear-groups stat -c %u /proc/$pid)" = 33 ]
		if command -v start-stop-daemon >/dev/null; then
			start-stop-daemon --stop --test --user 33 --exec "$(command -v sleep)"
			start-stop-daemon --status --user 44 --exec "$(command -v sleep)" && exit 1
		fi
		kill $pid; stat /proc/nosuch /proc/99999999999 /proc/12x && exit 1; :'
}

@test "by sudo in a box, and by a process that sudo left running" {
	project p $'[sandbox]\nlinger = 60s'
	[ "$(sandbox enter ./p -- sudo setpriv --reuid=33 --clear-groups id -u)" = 33 ]
	sandbox exec p sudo sh -c 'setsid sh -c "sleep 0.5; setpriv --reuid=33 --clear-groups id -u >/var/tmp/later" >/dev/null 2>&1 &'
	wait_until 50 sandbox exec p grep -qx 33 /var/tmp/later
}

@test "an entrypoint that drops root and re-executes itself does so once" {
	mkdir e
	cat >e/entrypoint.sh <<-'END'
		#!/bin/bash
		echo "round $((++ROUND))"; export ROUND
		[ "$ROUND" -lt 5 ] || exit 9
		if [ "$(id -u)" = 0 ]; then
			exec setpriv --reuid=games --regid=games --clear-groups -- "$0" "$@"
		fi
		exec "$@"
	END
	chmod +x e/entrypoint.sh
	[ "$(box --mount "$PWD/e:/e:ro" -- /e/entrypoint.sh id -un)" = $'round 1\nround 2\ngames' ]
}

@test "one thread: at once, with the groups, and permanently" {
	box -- sh -c 'cd /tmp && /programs/become now' >out
	cat out
	[ "$(head -n 1 out)" = 'uid 33 33 gid 33 33 groups 2:33,34 file 33' ]
	[ "$(tail -n 1 out)" = 'back: setuid EPERM seteuid EPERM setgid EPERM setgroups EPERM own ok' ]
}

@test "many threads: at the next exec, in whichever thread or child" {
	local how
	for how in threads thread fork; do
		[ "$(become $how sh -c "$see")" = '33:33 33:33' ]
	done
	[ "$(become failed sh -c "$see")" = $'exec ENOENT, setuid(0) EPERM\n33:33 33:33' ]
}

@test "a vfork child; the effective uid only; and back to root" {
	[ "$(become vfork id -u)" = $'33\nparent 0' ]
	[ "$(become effective id -u)" = 33 ]
	[ "$(become back id -u)" = 0 ]
}

@test "what cannot be done fails: a traced program, no free descriptor" {
	[ "$(become traced)" = 'setuid EPERM uid 0' ]
	[ "$(become full)" = 'setuid EAGAIN uid 0' ]
	if command -v strace >/dev/null; then
		run -127 box -- strace -f -o /dev/null setpriv --reuid=33 --clear-groups id -u
		[[ $output == *'Operation not permitted'* ]]
	fi
}

@test "a server that switched to a user sees who its clients are" {
	[ "$(become peer | sort)" = $'other 34:34\nroot 0:0' ]
}

@test "signals, stops and kills in the middle of a switch" {
	[ "$(become signals)" = 'setuid 0 uid 33, hit: yes' ]
	[ "$(become storm 150)" = 'all 150 wrong 0, still answered: 0' ]
}

@test "a process that switched has no capability, no descriptor of ours and no way out" {
	box -- setpriv --reuid=33 --clear-groups sh -c '
		sed -n "s/^Cap...:\t//p; s/^NoNewPrivs:\t/nnp /p; s/^Seccomp:\t/seccomp /p" /proc/self/status | sort -u
		ls /proc/self/fd | wc -l' >out
	[ "$(cat out)" = $'0000000000000000\nnnp 1\nseccomp 2\n4' ]
	[ "$(become poke 1)" = 'ptrace EPERM mem EACCES ns EACCES unshare EPERM mount EPERM chroot EPERM sethostname EPERM' ]
}

@test "the supervisor: not dumpable, out of reach of root, not started unless needed" {
	project p $'[sandbox]\nlinger = 60s'
	sandbox enter ./p -- true
	supervisor() { sandbox exec p sh -c 'grep -lsx "sandbox: [i]dentities.*" /proc/[0-9]*/cmdline | cut -d/ -f3'; }
	says_nothing supervisor
	[ "$(sandbox exec --root p setpriv --reuid=33 --clear-groups id -u)" = 33 ]
	pid=$(supervisor)
	[ -n "$pid" ]
	run sandbox exec --root p sh -c "ls -l /proc/$pid/fd /proc/$pid/root; cat /proc/$pid/mem /proc/$pid/environ; strace -p $pid"
	[[ $output != *socket:* && $output != *seccomp* ]]
	[ "$(sandbox exec --root p sed -n 's/^CapEff:\t//p' "/proc/$pid/status")" = 0000000080080000 ]
	# every id has one namespace, whoever asks
	sandbox exec --root p sh -c 'for i in 1 2; do setpriv --reuid=33 --clear-groups readlink /proc/self/ns/user; done' >ns
	[ "$(sort -u ns | wc -l)" = 1 ]
}

@test "without its supervisor a session gets errors, and the next session has a new one" {
	project p $'[sandbox]\nlinger = 60s'
	sandbox enter --root ./p -- sh -c '
		pid=$(grep -lsx "sandbox: [i]dentities.*" /proc/[0-9]*/cmdline | cut -d/ -f3)
		kill -9 $pid; while [ -e /proc/$pid ]; do sleep 0.01; done
		setpriv --reuid=33 --clear-groups id -u || echo failed' >out 2>&1
	[[ $(cat out) == *'Function not implemented'*failed ]]
	[ "$(sandbox exec --root p setpriv --reuid=33 --clear-groups id -u)" = 33 ]
}

@test "a process that waits for an exec to switch dies with the supervisor; no process joins a namespace by itself" {
	run -137 box -- sh -c '
		perl -e "\$| = 1; \$> = 33; print \"waits\n\"; sleep 30; exec q(id)" >/tmp/said & until [ -s /tmp/said ]; do sleep 0.1; done
		kill -9 $(grep -lsx "sandbox: [i]dentities.*" /proc/[0-9]*/cmdline | cut -d/ -f3)
		wait $! || { status=$?; read -r said </tmp/said; echo $said; exit $status; }'
	[[ $output == *waits* && $output != *uid=* ]]
	[ "$(box -- sh -c 'setpriv --reuid=33 --clear-groups sleep 60 & until [ "$(cat /proc/$!/comm)" = sleep ]; do sleep 0.1; done
		/programs/become joins $!')" = 'open ok setns EPERM EPERM' ]
}

@test "nested = yes: in a user namespace made inside, the kernel answers" {
	! am_root || return 0 # refused: tests/attack/kernel_files.bats
	project p $'[sandbox]\nnested = yes\nnetwork = none'
	[ "$(sandbox enter --accept --root ./p -- setpriv --reuid=33 --clear-groups id -u)" = 33 ]
	run -127 sandbox enter --accept --root ./p -- unshare -Ur sh -c 'id -u; setpriv --reuid=33 --clear-groups id -u'
	[[ $output == 0*'nvalid argument'* || $output == 0*'not permitted'* ]]
}

@test "no cost for others: getuid and exec are not intercepted" {
	run become cost 50
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *'vfork, seteuid, exec'* ]]
}

@test "run --user and exec --user: by name and number, with that user's home and groups" {
	rootfs
	printf 'root:x:0:0::/root:/bin/sh\nann:x:1500:1600::/home/ann:/bin/sh\n' >rootfs/etc/passwd
	printf 'root:x:0:\nann:x:1600:\nteam:x:1700:bob,ann\nall:x:1701:ann\n' >rootfs/etc/group
	report='cd /tmp; >f; echo $(id) $HOME $USER $LOGNAME $(stat -c %u:%g f)'
	run_as() { sandbox run --user "$1" dir:rootfs sh -c "$report"; }
	[ "$(run_as ann)" = 'uid=1500(ann) gid=1600(ann) groups=1600(ann),1700(team),1701(all) /home/ann ann ann 1500:1600' ]
	[ "$(run_as 1500)" = "$(run_as ann)" ]
	[ "$(run_as ann:team)" = 'uid=1500(ann) gid=1700(team) groups=1700(team) /home/ann ann ann 1500:1700' ]
	[ "$(run_as 4321:1701)" = 'uid=4321 gid=1701(all) groups=1701(all) / 4321 4321 4321:1701' ]
	[ "$(sandbox run -u ann -e HOME=/x dir:rootfs sh -c 'echo $HOME')" = /x ]
	[ "$(sandbox run -u root dir:rootfs id -u)" = 0 ]
	# chown takes effect for a user that never was root
	run sandbox run -u ann dir:rootfs sh -c 'cd /tmp; >f; chown 7 f'
	[ "$status" = 1 ]
	[ "$(sandbox run -u ann dir:rootfs sed -n 's/^CapEff:\t//p; s/^NoNewPrivs:\t/nnp /p' /proc/self/status)" = $'0000000000000000\nnnp 1' ]
}

@test "exec --user joins a running box, in the same namespace as processes that switched to that user there" {
	project p $'[sandbox]\nlinger = 60s'
	sandbox enter ./p -- true
	[ "$(sandbox exec -u games p id -un)" = games ]
	sandbox exec -u 33:33 p readlink /proc/self/ns/user >ns
	sandbox exec --root p setpriv --reuid=33 --regid=33 --groups=33 readlink /proc/self/ns/user >>ns
	[ "$(sort -u ns | wc -l)" = 1 ]
	run -127 sandbox exec -u games p no-such-command
}

@test "--user with a member of 30,000 groups, more than any call can set" {
	rootfs
	echo 'bob:x:7:7::/:/bin/sh' >>rootfs/etc/passwd
	seq 30000 | sed 's/.*/g&:x:&:bob/' >rootfs/etc/group
	[ "$(timeout 60 sandbox run --user bob dir:rootfs sh -c 'id -u; id -g')" = $'7\n7' ]
}

@test "--user: invalid values" {
	rootfs
	run -125 sandbox run --user nobody-at-all host true
	[[ $output == *"there is no user 'nobody-at-all' in the box" ]]
	run -125 sandbox run --user 33:no-group host true
	[[ $output == *"there is no group 'no-group' in the box" ]]
	run -125 sandbox run --user '' host true
	[[ $output == *"--user '' is not USER[:GROUP]" ]]
	run -125 sandbox run --user 33 --root host true
	[[ $output == *'--user and --root cannot be used together' ]]
	run -125 sandbox run --user 4294967295 host true
	[[ $output == *"there is no user '4294967295' in the box" ]]
	# never blocks on what the box has made of its passwd
	rm rootfs/etc/passwd
	mkfifo rootfs/etc/passwd
	run -125 timeout 60 sandbox run --user ann dir:rootfs true
	[[ $output == *"there is no user 'ann' in the box"* || $output == *passwd* ]]
	rm rootfs/etc/passwd
	truncate -s 15M rootfs/etc/passwd # one line
	run -125 timeout 60 sandbox run --user ann dir:rootfs true
	[[ $output == *"there is no user 'ann' in the box"* || $output == *passwd* ]]
}
