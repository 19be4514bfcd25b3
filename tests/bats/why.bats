#!/usr/bin/env bats
# sandbox why: what the network of a project's boxes refused last, outside and in the box; files and system calls
# that are named, or that a command run by it met.
# shellcheck disable=SC2016 # scripts run in the box

load helpers
load images
load internet

# What is in `err`, but for the warning that root of the machine gets.
said() { grep -v 'warning: you are root' err; }

@test "the last refusals, each once, are told outside and in the box, with the rule that allows them" {
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = www.test'
	cp internet.py p/
	on_host sandbox enter --accept p -- sh -c 'cat /run/sandbox/refused
		python3 internet.py fetch a.test:80/http/a 10.0.2.2:5432/raw/ a.test:80/http/a www.test:443/tls/www.test 127.1.1.1:1/raw/ \
			169.254.1.1:80/raw/ 10.0.2.2:5432/raw/ >/dev/null
		grep -v example.test /run/sandbox/refused >inside
		if echo x 2>/dev/null >/run/sandbox/refused; then exit 1; fi'
	printf '%s\n' 'dns a.test (4 times): no rule allows it' $'\t[network] allow = a.test' \
		'tcp 169.254.1.1:80: it is link-local, or gives away credentials of a cloud' \
		$'\t[network] allow = 169.254.1.1:80' 'tcp 10.0.2.2:5432 host.sandbox (2 times): it is this machine' \
		$'\t[network] allow = host.sandbox:5432' >expected
	diff expected <(grep -v 'example.test' p/inside)
	on_host sandbox why p >outside
	diff expected <(grep -v 'example.test' outside)
	[ "$(on_host sandbox why --json p | jq -r '.[-1].allow')" = host.sandbox:5432 ]
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host sh -c 'python3 /t/internet.py fetch 10.0.2.2:1/raw/
		cat /run/sandbox/refused' >run
	[ "$(sed -n 2p run)" = 'tcp 10.0.2.2:1 host.sandbox: it is this machine' ]
	project q '[sandbox]'
	sandbox enter q -- true
	says_nothing sandbox why q
}

@test "a file and a system call that the running box would refuse are explained, with the line that allows them" {
	local io_uring='io-uring = yes' calls='system call io_uring_setup: no filter of the box refuses it'

	if [ "$(id -u)" = 0 ]; then # to whom the box would refuse to start with it
		io_uring='; io-uring'
		calls=$'system call io_uring_setup: the box\'s filter answers EPERM\n[sandbox] io-uring = yes'
	fi
	project p $'[sandbox]\nlinger = 60s\nprotect = kept\n'"$io_uring"$'\n[mounts]\n/data = ../data ro'
	mkdir -p p/kept data
	touch data/file "$HOME/secret"
	fails 125 'no box of the project is running: its mounts are known only then' sandbox why --file /x ./p
	sandbox enter --accept p -- true
	(cd p && sandbox why -f kept/a -f b -f /data/file -f /usr/bin/env -f "$HOME/secret" -c mount -c bpf -c clone -c io_uring_setup -c read) >out
	diff - <(tr -d '\t' <out) <<-END
		file $PWD/p/kept/a: sandbox.ini:3 protects 'kept'
		[sandbox] protect, without 'kept'
		file $PWD/p/b: '$PWD/p' is writable in the box: owner and mode decide
		file /data/file: sandbox.ini:6 mounts '/data' read-only
		[mounts] /data = $PWD/data rw
		file /usr/bin/env: '/usr' is read-only in the box
		no line of sandbox.ini opens it
		file $HOME/secret: the box has '$HOME' for itself, and not what this machine has
		[mounts] $HOME/secret = $HOME/secret
		system call mount: the box's filter answers EPERM
		[sandbox] nested = yes
		system call bpf: the box's filter answers EPERM
		no line of sandbox.ini opens it
		system call clone: the box's filter refuses some of its arguments
		[sandbox] nested = yes
		$calls
		system call read: no filter of the box refuses it
	END
	# it is so
	run ! sandbox enter p -- sh -c 'echo >kept/a'
	run ! sandbox enter p -- sh -c 'echo >>/data/file'
	run ! sandbox enter p -- test -e "$HOME/secret"
	[ "$(sandbox why --json -c mount p | jq -r '.[0] | "\(.what): \(.allow)"')" = 'system call mount: [sandbox] nested = yes' ]
	fails 125 "there is no system call 'frob' on this machine" sandbox why -c frob p
	[[ $(sandbox why -f $'/usr/a\e[2J' p) = 'file /usr/a\x1b[2J: '* ]]
	sandbox stop p
}

@test "a command is run as enter does it, and all that it was refused is told: network, files, calls" {
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\nprotect = kept\n[network]\ndefault = closed\n[mounts]\n/data = ../data ro'
	mkdir -p p/kept data
	touch data/file
	cp internet.py p/
	on_host sandbox enter --accept p -- python3 internet.py fetch b.test:80/http/b >before || true
	status=0
	on_host sandbox why p -- sh -c 'echo x >kept/a; echo x >>/data/file; mkdir /data/d; rm -r kept
		sh -c "cd /data; perl -e \"rename q(file), q(other)\"; :>relative"; mount -t tmpfs x /mnt
		python3 -B internet.py fetch a.test:80/http/a # root of the machine may write beside modules
		chmod 600 /etc/passwd; echo >/proc/sys/kernel/hostname; ls /nowhere; cat /root/.profile
		echo the output; exit 3' >out 2>err || status=$?
	[ "$status" = 3 ]
	[ "$(tail -n 1 out)" = 'the output' ]
	cat >expected <<-END
		file $PWD/p/kept/a: p/sandbox.ini:4 protects 'kept'
		[sandbox] protect, without 'kept'
		file /data/file: p/sandbox.ini:8 mounts '/data' read-only
		[mounts] /data = $PWD/data rw
		file /data/d: p/sandbox.ini:8 mounts '/data' read-only
		[mounts] /data = $PWD/data rw
		file $PWD/p/kept: p/sandbox.ini:4 protects 'kept'
		[sandbox] protect, without 'kept'
		file /data/other: p/sandbox.ini:8 mounts '/data' read-only
		[mounts] /data = $PWD/data rw
		file /data/relative: p/sandbox.ini:8 mounts '/data' read-only
		[mounts] /data = $PWD/data rw
		system call mount: the box's filter answers EPERM
		[sandbox] nested = yes
		dns a.test: no rule allows it
		[network] allow = a.test
	END
	[ "$(id -u)" != 0 ] || # what others may not write anyway
		printf '%s\n' "file /proc/sys/kernel/hostname: '/proc/sys' is read-only in the box" \
			'no line of sandbox.ini opens it' >>expected
	list() { grep -A 1 -E '^(file|system call|dns|tcp)' "$1" | grep -v '^--' | tr -d '\t' | sed 's/a.test (.*):/a.test:/'; }
	diff <(sort expected) <(list err | grep -v example.test | sort)
	# it is kept, with what was refused before
	on_host sandbox why p >kept
	[[ $(<kept) == *'dns b.test'*"file $PWD/p/kept/a: "*'dns a.test'* ]]
	on_host sandbox why --json p >kept.json
	[ "$(jq -r '.[] | select(.what == "file /data/file") | "\(.count) \(.allowed) \(.allow)"' kept.json)" = "1 false [mounts] /data = $PWD/data rw" ]
	[ "$(jq -r '.[] | select(.what == "system call mount") | .time' kept.json | cut -c 1-2)" = 20 ]
	# standard error has JSON as well; nothing refused is said, and takes the last list's place
	on_host sandbox why --json p -- sh -c 'echo x >kept/a; true' 2>err
	[ "$(sed -n '/^\[/,$p' err | jq -r '.[].what')" = "file $PWD/p/kept/a" ]
	on_host sandbox why p -- true 2>err
	[ "$(said)" = 'sandbox: the box refused nothing' ]
	[ "$(on_host sandbox why p | grep -c '^file')" = 0 ]
	fails 125 '--file and --call are not for a command that is run' sandbox why -f /x p -- true
	fails 127 '*command not found in the box' sandbox why p -- nosuch
}

@test "a program that is refused thousands of times has a list of 24, and the number of the rest" {
	project p $'[sandbox]\nlinger = 0\nprotect = kept'
	mkdir -p p/kept
	sandbox enter p -- true
	sandbox why p -- bash -c 'for i in {1..3000}; do echo x >kept/$i; done; for i in {1..500}; do echo x >kept/7; done; true' 2>err
	[ "$(grep -c '^file' err)" = 24 ]
	[[ $(<err) == *'/kept/7 (501 times): '* ]]
	[ "$(tail -n 1 err)" = '2976 more of other files and calls, for which there is no room' ]
}

@test "a watched command starts, stops, is killed and leaves programs behind as any other" {
	project p $'[sandbox]\nlinger = 60s\nprotect = kept'
	mkdir -p p/kept
	sandbox enter p -- true
	status=0
	sandbox why p -- sh -c 'kill -9 $$' 2>err || status=$?
	[ "$status" = 137 ]
	[ "$(sandbox why p -- sh -c 'echo a; cat' <<<b 2>/dev/null)" = $'a\nb' ]
	# threads that execute, a child that is stopped and continued, vfork, refusals in all of them
	cat >p/many.py <<-'END'
		import os, signal, subprocess, threading
		def work(n):
		    for i in range(20):
		        subprocess.run(["true"], check=True)
		        try: open("kept/%d" % n, "w")
		        except OSError as e: assert e.errno == 30
		threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
		for t in threads: t.start()
		for t in threads: t.join()
		pid = os.fork()
		if pid == 0:
		    threading.Thread(target=lambda: os.execvp("sh", ["sh", "-c", "echo x >kept/executed; exit 4"])).start()
		    signal.pause()
		assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 4
		p = subprocess.Popen(["sleep", "100"])
		os.kill(p.pid, signal.SIGSTOP)
		assert os.WIFSTOPPED(os.waitpid(p.pid, os.WUNTRACED)[1])
		os.kill(p.pid, signal.SIGCONT)
		assert os.WIFCONTINUED(os.waitpid(p.pid, os.WCONTINUED)[1])
		p.kill()
		assert p.wait() == -9
		assert os.system("unshare --mount true 2>/dev/null") != 0
	END
	sandbox why p -- python3 many.py 2>err
	[ "$(grep -c '/kept/[0-3] (20 times): ' err)" = 4 ]
	[[ $(<err) == *"/kept/executed: "*'system call unshare: '* ]]
	# what it leaves running goes on, watched, and its watcher ends with it
	sandbox why p -- sh -c '(until [ -e go ]; do sleep 0.1; done; echo x >kept/late; echo x >done) >/dev/null 2>&1 &' 2>err
	[ "$(said)" = 'sandbox: the box refused nothing' ]
	sandbox exec p sh -c 'cat /proc/[0-9]*/cmdline' | grep -qa 'sandbox: why'
	touch p/go
	wait_until 50 [ -s p/done ]
	no_watcher() { ! sandbox exec p sh -c 'cat /proc/[0-9]*/cmdline' | grep -qa 'sandbox: why'; }
	wait_until 50 no_watcher
	sandbox stop p
}

@test "a watched command cannot reach its watcher, and without it ends" {
	project p $'[sandbox]\nlinger = 60s'
	cp "$BUILD/tests/programs/probe" p/
	sandbox enter p -- true
	cat >p/find.sh <<-'END'
		for f in /proc/[0-9]*; do
			case $(tr '\0' ' ' <$f/cmdline) in 'sandbox: why '*) echo ${f##*/} ;; esac
		done
	END
	run --separate-stderr sandbox why p -- sh -c './probe trace $(sh find.sh); cat /proc/$(sh find.sh)/environ /proc/$(sh find.sh)/mem'
	[ "$output" = $'attach EPERM\nseize EPERM\nreadv EPERM\nwritev EPERM' ]
	[[ $stderr == *'Permission denied'*'Permission denied'* ]]
	[[ $stderr == *"system call ptrace (2 times): what is watched can trace nothing: 'sandbox enter' runs it without"* ]]
	sandbox why p -- sh -c 'grep -E "^(Cap|NoNewPrivs|Seccomp:)" /proc/$(sh find.sh)/status' >rights 2>/dev/null
	diff <(sandbox exec p grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status) rights
	status=0
	sandbox why p -- sh -c 'kill -9 $(sh find.sh); sleep 100; echo survived' >out 2>err || status=$?
	[ "$status" = 137 ]
	[ ! -s out ]
	sandbox stop p
}

# bats test_tags=debian
@test "programs of Debian's official image: what works has an empty list, what is refused is in one" {
	official debian
	project p $'[sandbox]\nimage = debian:bookworm\nlinger = 0\nprotect = kept\n[mounts]\n/data = ../data ro'
	mkdir -p p/kept data
	echo 'package p' >p/file
	sandbox enter --accept p -- true
	sandbox why p -- sh -ec 'apt-get -s install -q bash >/dev/null; dpkg -l >list; perl -e "system(q(sort list >sorted)) == 0 or die"
		tar cf t.tar file list; mkdir d; tar xf t.tar -C d; cp -a d e; sed -i s/p/q/ e/file; find . -name file -exec chmod 600 {} +; rm -r d e' 2>err
	[ "$(said)" = 'sandbox: the box refused nothing' ]
	run --separate-stderr sandbox why p -- sh -c 'apt-get -q update; dpkg -i file; tar xf t.tar -C /data; perl -e "mkdir q(kept/d)"
		sed -i s/p/q/ kept/x file; ln -s x /data/link; mount -t proc x /mnt; rm -rf kept'
	echo "$stderr"
	[ "$(grep -E '^(file|system)' <<<"$stderr" | sort)" = "$(sort <<-END
		file /data/file: p/sandbox.ini:6 mounts '/data' read-only
		file /data/list: p/sandbox.ini:6 mounts '/data' read-only
		file $PWD/p/kept/d: p/sandbox.ini:4 protects 'kept'
		file /data/link: p/sandbox.ini:6 mounts '/data' read-only
		file $PWD/p/kept: p/sandbox.ini:4 protects 'kept'
		system call mount: the box's filter answers EPERM
	END
	)" ]
}

@test "a project without a box has nothing to show; one that does not exist is an error" {
	local command
	project p
	for command in why "net log" "net learn"; do
		# shellcheck disable=SC2086 # two words
		says_nothing sandbox $command ./p
		# shellcheck disable=SC2086
		fails 125 "*nosuch*" sandbox $command nosuch
	done
}
