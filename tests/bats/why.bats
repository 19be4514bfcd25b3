#!/usr/bin/env bats
# sandbox why: what the network of a project's boxes refused last, outside and in the box; files and system calls.

load helpers
load internet

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
	project p $'[sandbox]\nlinger = 60s\nprotect = kept\nio-uring = yes\n[mounts]\n/data = ../data ro'
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
		system call io_uring_setup: no filter of the box refuses it
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
