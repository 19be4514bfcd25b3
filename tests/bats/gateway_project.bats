#!/usr/bin/env bats
# network = gateway: the boxes of a project share one network, and one process holds it as long as they need it.

load helpers
load internet

setup() {
	sandbox_setup
	internet_start
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0'
}

# A box of the project p that ends when the file p/go is there. Its session is $session.
start_box() {
	rm -f p/ready p/go
	on_host sandbox enter --accept p -- sh -c 'readlink /proc/self/ns/net >net
		python3 -c "import http.server as h
s = h.ThreadingHTTPServer((\"127.0.0.1\", 9000), h.SimpleHTTPRequestHandler)
open(\"ready\", \"w\").close()
s.serve_forever()" >/dev/null 2>&1 &
		until [ -e go ]; do sleep 0.1; done; kill $!' 3>&- &
	session=$!
	wait_until 100 [ -e p/ready ]
}

end_box() {
	touch p/go
	wait_for "$session"
	[ "$status" = 0 ]
}

in_trial() { on_host sandbox try --accept --quiet p -- "$@"; }

@test "a project's second box joins the network of the first: its loopback and its interfaces" {
	start_box
	[ "$(in_trial readlink /proc/self/ns/net)" = "$(cat p/net)" ]
	[ "$(in_trial ls /sys/class/net)" = $'eth0\nlo' ]
	in_trial python3 -c 'import urllib.request as u; assert u.urlopen("http://127.0.0.1:9000").status == 200'
	in_trial python3 -c "import socket; socket.create_connection(('$ANSWERS', 7200))"
	[ "$(gateways | wc -l)" = 2 ]
	[ "$(echo "$XDG_RUNTIME_DIR"/sandbox/net-* | wc -w)" = 1 ]
	project q $'[sandbox]\nnetwork = gateway\nlinger = 0'
	[ "$(on_host sandbox enter --accept q -- readlink /proc/self/ns/net)" != "$(cat p/net)" ]
	end_box
}

@test "the network stays until the last box has ended, whichever that is" {
	start_box
	cat >p/outlive.py <<-END
		import os, socket, time
		print(os.readlink('/proc/self/ns/net'), flush=True)
		try:
		    while True:
		        socket.create_connection(('127.0.0.1', 9000)).close()
		        time.sleep(0.1)
		except ConnectionRefusedError:
		    time.sleep(0.5)
		    socket.create_connection(('$ANSWERS', 7200))
	END
	in_trial python3 outlive.py >there 3>&- &
	trial=$!
	wait_until 100 [ -s there ]
	end_box
	wait_for $trial
	[ "$status" = 0 ]
	[ "$(cat there)" = "$(cat p/net)" ]
	wait_until 50 says_nothing gateways
	run ! ls "$XDG_RUNTIME_DIR"/sandbox/net-*
}

@test "boxes that start and end at the same time find each other, or start the network again" {
	for i in 1 2 3 4 5 6; do
		on_host sandbox enter --accept --quiet p -- python3 -c "import socket; socket.create_connection(('$ANSWERS', 7200))" 3>&- &
		first=$!
		in_trial python3 -c "import socket; socket.create_connection(('$ANSWERS', 7200))"
		wait_for $first
		[ "$status" = 0 ]
	done
}

@test "a start that connects before the one that starts the holder is served, and so is that one" {
	strace -o /dev/null true 2>/dev/null || skip 'strace cannot trace here'
	on_host strace -f -qq -o /dev/null -e trace=listen -e inject=listen:delay_exit=1000000 \
		sandbox enter --accept --quiet p -- true 3>&- &
	first=$!
	listens() { on_host ss -xlH | grep -q "/$(basename "$XDG_RUNTIME_DIR"/sandbox/net-*) "; }
	wait_until 50 listens
	on_host timeout 60 sandbox try --accept --quiet p -- true
	wait_for $first
	[ "$status" = 0 ]
}

@test "a project's user namespace ends with its last box: the next may start in another one" {
	unshare -c true || skip 'no user namespaces here'
	waits() { [ "$(on_host ss -xlH | awk -v name="/$(basename "$XDG_RUNTIME_DIR"/sandbox/net-*)" 'index($5, name) { print $3 }')" = "$1" ]; }
	for i in 1 2 3; do
		start_box
		run -125 --separate-stderr on_host unshare -c sandbox try --accept --quiet p -- true
		[[ "$stderr" == *"the project's boxes run in another user namespace: stop them first" ]]
		# It sees the end of its last box together with the next start, which may find the socket gone.
		holder=$(gateways | head -1)
		kill -STOP "$holder"
		end_box
		on_host unshare -c sandbox enter --accept --quiet p -- true 3>&- &
		next=$!
		wait_until 50 waits 1
		kill -CONT "$holder"
		wait_for $next
		[ "$status" = 0 ]
		wait_until 50 says_nothing gateways
	done
}

@test "a holder that is killed takes the network with it: the next start makes another one" {
	start_box
	kill -9 "$(gateways | head -1)"
	wait_until 50 says_nothing gateways
	[ "$(in_trial readlink /proc/self/ns/net)" != "$(cat p/net)" ]
	end_box
}

@test "services are found before the host's search domains are asked, which hold for other names" {
	project s $'[sandbox]\nnetwork = gateway\nlinger = 0\n[service db]\nimage = host\ncommand = sleep 60'
	on_host sandbox up -d --accept --project s >/dev/null
	on_host sandbox enter --accept s -- sh -c 'getent ahostsv4 db; getent ahostsv4 DB.project.sandbox; getent ahostsv4 www' >box
	[ "$(awk '/STREAM/ { print $1 }' box)" = $'10.0.2.128\n10.0.2.128\n'"$ANSWERS" ]
	grep -qx 'www.example.test udp' asked
	run ! grep -iw 'db\|sandbox' asked
	on_host sandbox down --project s
}
