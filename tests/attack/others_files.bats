#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats sets variables
# Files that others own, lock or fill, and that a command of the host reads.

load ../bats/helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
}

@test "a data directory that belongs to another user, or that others can write to, is refused" {
	chmod 0777 "$XDG_DATA_HOME"
	mkdir -m 0777 "$XDG_DATA_HOME/sandbox"
	chmod 0777 "$XDG_DATA_HOME/sandbox"
	fails 125 "*others can write to the data directory '$XDG_DATA_HOME/sandbox' (mode 0777)*" sandbox enter --accept ./p -- true
	fails 125 '*others can write to the data directory*' sandbox images
	chmod 0770 "$XDG_DATA_HOME/sandbox"
	fails 125 '*others can write to the data directory*' sandbox ls
	chmod 0700 "$XDG_DATA_HOME/sandbox" "$XDG_DATA_HOME"
	sandbox enter --accept ./p -- true
	mkdir -p other/sandbox
	if am_root; then
		chown 12345 other/sandbox
		fails 125 '*belongs to uid 12345*' env XDG_DATA_HOME="$T/other" "$SANDBOX" ls
	else
		# /usr belongs to root
		mkdir links && ln -s /usr/share links/sandbox
		fails 125 '*belongs to uid 0*' env XDG_DATA_HOME="$T/links" "$SANDBOX" ls
	fi
}

@test "a lease on sandbox.ini, held by code in the box: reported, without blocking forever" {
	cat >p/hold.py <<-'END'
		import fcntl, os, signal, time
		signal.signal(signal.SIGIO, signal.SIG_IGN)
		fd = os.open('sandbox.ini', os.O_RDWR)
		fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
		open('held', 'w').write('x')
		time.sleep(60)
	END
	command -v python3 >/dev/null
	sandbox enter --accept ./p -- python3 hold.py 3>&- &
	wait_until 50 test -s p/held
	SECONDS=0
	fails 125 "*cannot open '*sandbox.ini': a process holds a lease on it*'sandbox stop'*" sandbox enter ./p -- true
	[ $SECONDS -lt 20 ]
	sandbox stop p
	wait $! || true
	sandbox enter ./p -- true
}

# bats test_tags=once
@test "a few lines of [env] cannot grow without limit" {
	{
		printf '[env]\nA = %s\n' "$(head -c 1000 /dev/zero | tr '\0' a)"
		printf 'B = $A$A$A$A$A$A$A$A\nC = $B$B$B$B$B$B$B$B\n'
		for i in $(seq 3000); do printf 'V%s = $C\n' "$i"; done
	} >p/sandbox.ini
	[ "$(stat -c %s p/sandbox.ini)" -lt 60000 ]
	local limit=400000

	! is_sanitized || limit=unlimited
	run bash -c 'ulimit -v '$limit'; sandbox enter --accept ./p -- true'
	[[ $status = 125 && $output == *"the variables together grow beyond 1 MiB"* ]]
}

@test "the password of the host's proxy reaches no session, hook, step or matrix without consent" {
	export https_proxy=http://me:s3cret@127.0.0.1:3128 http_proxy=http://me:s3cret@127.0.0.1:3128 \
		ALL_PROXY=socks5://me:s3cret@127.0.0.1:1
	project q $'[run]\n1 = env >/var/tmp/step\n[hooks]\ncreate = env >create\nstart = env >start\nenter = env >enter\n[matrix]\nhost ='
	{
		sandbox enter --accept ./q -- sh -c 'env; cat /var/tmp/step; sudo env' || true
		sandbox exec q env || true
		sandbox run host env
		sandbox exec --tools host q env || true
		cat q/create q/start q/enter || true
	} >all 2>&1
	grep -q '^https_proxy=http://host.sandbox:3128' all
	run ! grep -q s3cret all
}
