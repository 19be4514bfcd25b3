#!/usr/bin/env bats
# [network] of a project with network = gateway: what its box may reach, by name, address and port.

load helpers
load internet

# internet.py in the box of a project with these lines in [network].
in_project() { # LINES ARGUMENT...
	project p "[sandbox]
network = gateway
linger = 0
[network]
$1"
	cp internet.py p/
	on_host sandbox enter --accept p -- python3 internet.py "${@:2}"
}

# What fetch says of each SPEC is what comes after it.
fetches() { # LINES {SPEC ANSWER}...
	local lines=$1

	shift
	printf '%s %s\n' "$@" >expected
	mapfile -t specs < <(cut -d' ' -f1 expected)
	in_project "$lines" fetch "${specs[@]}" >box
	diff expected box
}

@test "closed: a name that is allowed is reached by TLS and HTTP that name it, also in pieces; nothing else is" {
	fetches $'default = closed\nallow = www.test *.below.test' \
		www.test:443/tls/www.test hello \
		www.test:443/split/www.test hello \
		WWW.test:80/http/Www.Test:80 hello \
		www.test:80/slow/www.test hello \
		a.b.below.test:5000/tls/a.b.below.test hello \
		www.test:443/tls/evil.test ECONNRESET \
		www.test:443/split/evil.test ECONNRESET \
		www.test:443/tls/ ECONNRESET \
		www.test:80/http/evil.test ECONNRESET \
		www.test:80/twice/www.test ECONNRESET \
		www.test:80/half/ ECONNRESET \
		www.test:22/raw/ ECONNRESET \
		www.test:853/tls/www.test ECONNREFUSED \
		other.test:443/tls/www.test no\ such\ name \
		below.test:443/tls/below.test no\ such\ name \
		203.0.113.11:443/tls/www.test ECONNREFUSED
	run ! grep -v '^\(www.test\|a.b.below.test\) udp$' asked
}

@test "closed: a port makes any protocol allowed, raw: leaves the first bytes alone, an address needs no name" {
	fetches $'default = closed\nallow = www.test:22 raw:other.test 203.0.113.11:5000\ndeny = 203.0.113.11:853' \
		www.test:22/raw/ hello \
		www.test:22/tls/evil.test ECONNRESET \
		www.test:443/tls/www.test ECONNREFUSED \
		203.0.113.11:5000/raw/ hello \
		203.0.113.11:443/raw/ ECONNREFUSED \
		other.test:443/tls/evil.test hello \
		other.test:80/raw/ hello \
		other.test:853/tls/other.test ECONNREFUSED
}

@test "closed: answers that point at the host, its neighbours or a cloud's metadata are none, unless an address is allowed" {
	in_project $'default = closed\nallow = *.test 10.1.2.3' ask 10.0.2.2 \
		www.test loop.test near.test link.test private.test other.net tcp near.test www.test >box
	diff box - <<-END
		www.test ok $ANSWERS
		loop.test NXDOMAIN
		near.test NXDOMAIN
		link.test NXDOMAIN
		private.test ok 10.1.2.3
		other.net NXDOMAIN
		near.test NXDOMAIN
		www.test ok $ANSWERS
	END
	[ "$(in_project $'default = closed\nallow = *.test' ask 10.0.2.2 private.test)" = 'private.test NXDOMAIN' ]
}

has_ended() { # PID
	[[ " $(gateways | tr '\n' ' ')" != *" $1 "* ]]
}

@test "a gateway that is killed leaves the next one the addresses that names had" {
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = www.test:22'
	cat >p/later.py <<-'END'
		import os, socket, sys, time
		address = socket.gethostbyname('www.test')
		open('ready', 'w').close()
		while not os.path.exists('go'):
		    time.sleep(0.05)
		for _ in range(100): # another gateway is started within a second, and drops what comes before
		    try:
		        s = socket.create_connection((address, 22), 2)
		        break
		    except TimeoutError:
		        pass
		s.sendall(b'x')
		print(s.recv(5).decode())
		try:
		    socket.create_connection(('203.0.113.11', 22), 30)
		except OSError as e:
		    print(e.strerror)
		open('told', 'w').write(next(line for line in open('/run/sandbox/refused') if 'killed' in line))
	END
	local session gateway
	on_host sandbox enter --accept p -- python3 later.py >said 2>noted 3>&- &
	session=$!
	wait_until 100 [ -e p/ready ]
	gateway=$(gateways | tail -1)
	kill -9 "$gateway"
	wait_until 50 has_ended "$gateway"
	touch p/go
	wait_for $session
	[ "$(cat said)" = $'hello\nConnection refused' ]
	# That connections ended is told at the session's end; a program in the box reads it as well.
	[[ $(cat noted) = "sandbox: at "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]" the gateway of the project's network was killed and replaced: the connections that it had were ended" ]]
	[ "$(cut -d : -f 1 p/told)" = gateway ]
	[[ $(on_host sandbox why p) = *'gateway: it was killed, and its connections ended; another one runs'* ]]
	[ "$(on_host sandbox net log p | grep -c '^[0-9-]* [0-9:]* ended   gateway: it was killed')" = 1 ]
}

@test "open: what is denied is not reached, by name or address; the rest is" {
	fetches $'deny = www.test *.evil.test *.example.test 203.0.113.11 203.0.113.10:5000' \
		www.test:443/tls/www.test no\ such\ name \
		"$ANSWERS":443/tls/www.test ECONNRESET \
		"$ANSWERS":80/http/a.evil.test ECONNRESET \
		"$ANSWERS":443/tls/fine.test hello \
		"$ANSWERS":22/raw/ hello \
		"$ANSWERS":5000/raw/ ECONNREFUSED \
		203.0.113.11:443/tls/fine.test ECONNREFUSED
}

@test "host.sandbox is this machine's loopback, at the ports that are allowed" {
	on_host timeout 200 python3 -c 'import socket
import threading
a, b = socket.create_server(("127.0.0.1", 5432)), socket.create_server(("127.0.0.1", 5433))
six = socket.create_server(("::1", 5434), family=socket.AF_INET6)
def serve(s):
    while True:
        c = s.accept()[0]
        c.recv(100)
        c.sendall(b"hello")
        c.close()
threading.Thread(target=serve, args=(six,), daemon=True).start()
open("listens", "w").close()
serve(a)' 3>&- &
	listener=$!
	wait_until 50 [ -e listens ]
	for default in open closed; do
		fetches "default = $default"$'\nallow = host.sandbox:5432 host.sandbox:5434 host.sandbox:5435 127.0.0.1 0.0.0.0/0' \
			host.sandbox:5432/raw/ hello \
			host.sandbox:5434/raw/ hello \
			host.sandbox:5435/raw/ ECONNREFUSED \
			host.sandbox:5433/raw/ ECONNREFUSED \
			127.0.0.1:5433/raw/ ECONNREFUSED \
			198.51.100.2:5433/raw/ ECONNREFUSED
	done
	# a proxy there has that name in the box; a network opens nothing that is closed for its own sake
	https_proxy=http://me:secret@127.0.0.1:5432/ http_proxy=localhost:5432 all_proxy=http://127.0.0.10:1 on_host \
		sandbox enter --accept p -- sh -c 'echo $https_proxy $HTTP_PROXY $all_proxy' 2>/dev/null >box
	[ "$(cat box)" = 'http://host.sandbox:5432/ host.sandbox:5432 http://127.0.0.10:1' ]
	fetches $'default = open\nallow = 0.0.0.0/0' 169.254.169.254:80/raw/ ECONNREFUSED
	kill $listener
}

@test "a rule that opens more is asked about, a closed default that is gone too; a running box keeps its policy" {
	run -0 in_project $'default = closed\nallow = www.test' ask 10.0.2.2 www.test
	project p $'[sandbox]\nnetwork = gateway\n[network]\ndefault = closed\nallow = WWW.Test.'
	fails 125 "p/sandbox.ini:5: bad value 'WWW.Test.' for allow: 'WWW.Test.': expected a host name*" on_host sandbox enter p -- true
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = WWW.Test'
	on_host sandbox enter p -- true </dev/null
	project p $'[sandbox]\nnetwork = gateway\n[network]\ndefault = closed\nallow = www.test evil.test'
	fails 125 '*allow = evil.test*' on_host sandbox enter p -- true
	project p $'[sandbox]\nnetwork = gateway\n[network]\nallow = www.test'
	fails 125 '*no longer: ?network? default = closed*' on_host sandbox enter p -- true
	project p $'[sandbox]\nnetwork = host\n[network]\ndefault = closed'
	fails 125 '*p/sandbox.ini:4: network = host has no policy: ?network? default needs network = gateway' \
		on_host sandbox enter --accept p -- true
	project p $'[sandbox]\nnetwork = gateway\n[network]\nallow = www.test'
	on_host sandbox enter --accept p -- sh -c 'touch ready; until [ -e go ]; do sleep 0.1; done' 3>&- &
	session=$!
	wait_until 100 [ -e p/ready ]
	project p $'[sandbox]\nnetwork = gateway\n[network]\nallow = www.test\ndeny = evil.test'
	fails 125 "*box 'p' runs, and not yet with 'deny' as it is now: 'sandbox stop p' first" on_host sandbox enter --accept p -- true
	fails 125 "*the project's boxes run with another ?network? policy: stop them first" \
		on_host timeout 60 sandbox try --accept p -- true
	touch p/go
	wait_for $session
}

@test "the profiles agent, build and install are closed, to what the project does not allow" {
	local profile

	for profile in agent build install; do
		project $profile "[sandbox]
profile = $profile
network = gateway
linger = 0
[network]
allow = www.test"
		on_host sandbox enter --accept $profile -- getent hosts www.test
		run ! on_host sandbox enter $profile -- getent hosts other.test
		[ "$(on_host sandbox why --json $profile | jq -r '[.[].allow] | index("other.test")')" != null ]
	done
}

@test "the user's [policy] closes the network of every project, and denies names" {
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\nnetwork-default = closed\nnetwork-deny = www.test\n' >"$HOME/.config/sandbox/sandbox.conf"
	fetches $'default = open\nallow = www.test other.test' \
		www.test:443/tls/www.test no\ such\ name \
		"$ANSWERS":443/tls/other.test ECONNREFUSED \
		other.test:443/tls/other.test hello
	project q $'[sandbox]\nnetwork = host'
	fails 125 '*sandbox.conf:2: network = host has no policy*' on_host sandbox enter --accept q -- true
	project r $'[sandbox]\nlinger = 0\n[run]\n1 = grep eth0 /proc/net/dev >/made'
	on_host sandbox enter --accept r -- test -e /made
	printf '[policy]\nnetwork-default = open\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*sandbox.conf:2: expected 'closed'" on_host sandbox enter --accept q -- true
}
