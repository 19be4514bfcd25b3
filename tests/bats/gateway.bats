#!/usr/bin/env bats
# network = gateway: a network of the box's own, in an internet of network namespaces (internet.bash).

load helpers
load internet

@test "a program in the box sees what one on the host sees: connected, refused, unreachable, no answer" {
	on_host python3 internet.py errnos "$ANSWERS" "$ANSWERS6" >host
	in_box python3 /t/internet.py errnos "$ANSWERS" "$ANSWERS6" >box
	[ "$(wc -l <host)" = 9 ]
	diff host box
	for a in $ANSWERS $ANSWERS6; do
		on_host python3 internet.py ping "$a" >host
		in_box python3 /t/internet.py ping "$a" >box
		diff host box
	done
	# Only here: a router sends five such errors at once (net.ipv4.route.error_burst).
	in_box python3 /t/internet.py ping 203.0.113.20 >box
	[ "$(cat box)" = $'EHOSTUNREACH\nEHOSTUNREACH' ]
}

@test "ends, resets, 24 MB, slow readers, large and many datagrams arrive as they were sent" {
	cat >expected <<-END
		carry_end 100000
		carry_reset_of_server ECONNRESET
		carry_reset_of_client ECONNRESET
		carry_24_mb True
		carry_slowly 16
		carry_datagrams [0, 1, 1400, 60000, 65488, 65489, 'largest', 'EMSGSIZE']
		carry_segments True
	END
	in_box sh -c "python3 /t/internet.py carry $ANSWERS; python3 /t/internet.py carry $ANSWERS6" >box
	cat expected expected | diff - box
}

@test "after connections that were reset, with bytes under way both ways, the next ones carry their own bytes and errors" {
	cat >again.py <<-'END'
		import errno, os, socket, struct, sys
		wrong = []
		def connect(host, what, port=7200):
		    c = socket.create_connection((host, port), 30)
		    c.sendall(what)
		    return c
		def reset(c):
		    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
		    c.close()
		def failing(f):
		    try:
		        return repr(f())
		    except OSError as e:
		        return errno.errorcode[e.errno]
		def echo(host):
		    c, data, got = connect(host, b'E'), os.urandom(50000), b''
		    c.sendall(data)
		    c.shutdown(socket.SHUT_WR)
		    while part := c.recv(65536):
		        got += part
		    return got == data
		for i in range(30):
		    host = sys.argv[1 + i % 2]
		    many = [connect(host, b'B' if n % 2 else b'E' + b'e' * 200000) for n in range(20)]
		    for c in many:
		        if c.recv(1) not in b'ze':
		            wrong.append('the bytes of another connection')
		    for c in many:
		        reset(c)
		    for host in sys.argv[1:]:
		        if not echo(host):
		            wrong.append('not what was sent')
		        said = failing(lambda: connect(host, b'R').recv(1)), failing(lambda: connect(host, b'', 7777))
		        if said != ('ECONNRESET', 'ECONNREFUSED'):
		            wrong.append(said)
		print(wrong)
	END
	on_host python3 again.py "$ANSWERS" "$ANSWERS6" >host
	in_box python3 /t/again.py "$ANSWERS" "$ANSWERS6" >box
	[ "$(cat host)" = '[]' ]
	diff host box
}

@test "the box has an interface, a default route, the host's names and servers" {
	in_box sh -c 'ip -o addr show dev eth0; ip route; ls /sys/class/net; cat /etc/resolv.conf
		getent ahostsv4 host.sandbox; getent ahosts www.example.test' >box
	grep -q 'inet 10.0.2.15/24' box
	grep -q 'inet6 fd00:2::15/64' box
	grep -q '^default via 10.0.2.2 dev eth0' box
	grep -qx eth0 box
	run ! grep wire box
	grep -qx 'nameserver 10.0.2.2' box
	grep -qx 'search project.sandbox example.test' box
	grep -q '^10.0.2.2 *STREAM host.sandbox' box
	grep -q "^$ANSWERS *STREAM www.example.test" box
	grep -q "^$ANSWERS6 *STREAM" box
}

@test "sockets that are bound to the interface, and multicasts, do what they do on a host" {
	cat >bound.py <<-'END'
		import errno, socket, sys
		own, device, host, host6 = sys.argv[1:]
		def code(f):
		    try:
		        return f()
		    except OSError as e:
		        return errno.errorcode[e.errno] if e.errno else 'no answer'
		def bound(family, kind):
		    s = socket.socket(family, kind)
		    s.settimeout(20)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
		    return s
		def ask(family, host, kind, port):
		    s = bound(family, kind)
		    s.connect((host, port))
		    s.send(b'P')
		    return len(s.recv(50)) > 0
		for kind, port in ((1, 7200), (1, 7777), (2, 7300)):
		    print(kind, port, code(lambda: ask(socket.AF_INET, host, kind, port)), code(lambda: ask(socket.AF_INET6, host6, kind, port)))
		def multicast(group, join, how):
		    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    s.bind(('', 5400))
		    s.settimeout(20)
		    s.setsockopt(0, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(join))
		    t = bound(socket.AF_INET, socket.SOCK_DGRAM) if how == 'bound' else socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		    if how == 'interface':
		        t.setsockopt(0, socket.IP_MULTICAST_IF, socket.inet_aton(own))
		    t.sendto(b'm', (group, 5400))
		    return s.recv(9)
		for group in ('224.0.0.251', '239.255.255.250'):
		    for how in ('', 'interface', 'bound'):
		        print(group, how, code(lambda: multicast(group, '0.0.0.0', how)), code(lambda: multicast(group, own, how)))
	END
	on_host python3 bound.py 198.51.100.2 wire "$ANSWERS" "$ANSWERS6" >host
	in_box python3 /t/bound.py 10.0.2.15 eth0 "$ANSWERS" "$ANSWERS6" >box
	diff host box
	grep -q '^1 7200 True True' box
	grep -q "^239.255.255.250 bound b'm' b'm'" box
}

@test "the host cannot be reached, by none of its addresses; nor link-local ones; nor the gateway's own port" {
	cat >all.py <<-'END'
		import socket, sys
		for host in sys.argv[2:]:
		    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
		    s.settimeout(30)
		    try:
		        s.connect((host, int(sys.argv[1])))
		        print(host, 'connected', end=', ')
		        print(s.recv(1))
		    except OSError as e:
		        print(host, e.strerror)
	END
	on_host python3 -c 'import socket, time
s = socket.create_server(("::", 8088), family=socket.AF_INET6, dualstack_ipv6=True)
open("listens", "w").close()
s.accept()' 3>&- &
	listener=$!
	wait_until 50 [ -e listens ]
	hosts='127.0.0.1 127.1.2.3 0.0.0.0 10.0.2.2 198.51.100.2 169.254.169.254 ::1 :: fd00:2::2 2001:db8:1::2
		::ffff:127.0.0.1 ::ffff:198.51.100.2'
	# shellcheck disable=SC2086 # a list
	in_box python3 /t/all.py 8088 $hosts >box
	[ "$(grep -c 'Connection refused$' box)" = 12 ]
	kill -0 $listener # nobody came
	kill "$(pgrep -P $listener)"
	# The listener accepts only what the gateway has asked for.
	in_box sh -c 'port=$(awk "\$4 == \"0A\" { print substr(\$2, length(\$2) - 3); exit }" /proc/net/tcp6)
		exec python3 /t/all.py $((0x$port)) 127.0.0.1 10.0.2.15' >box
	[ "$(grep -c 'Connection reset by peer$' box)" = 2 ]
	# Nor does its socket for datagrams send them to whoever has the box's own address out there.
	cat >own.py <<-'END'
		import socket
		port = next(int(l.split()[1][-4:], 16) for l in open('/proc/net/udp6') if l.split()[2].endswith(':0000'))
		for host in '10.0.2.15', '127.0.0.1', '::1', 'fd00:2::15':
		    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
		    s.settimeout(30)
		    s.connect((host, port))
		    s.send(b'x')
		    try:
		        print(s.recv(10))
		    except OSError as e:
		        print(e.strerror)
	END
	in_box python3 /t/own.py >box
	[ "$(grep -c '^Connection refused$' box)" = 4 ]
}

@test "an address that the host gets while the box runs is closed from then on" {
	cat >later.py <<-'END'
		import os, socket, sys, time
		# asked for once, it is known not to be the host's
		socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.77', 8088))
		time.sleep(0.2)
		open('/t/ready', 'w').close()
		while not os.path.exists('/t/go'):
		    time.sleep(0.05)
		s = socket.socket()
		s.settimeout(30)
		print(os.strerror(s.connect_ex(('198.51.100.77', 8088))))
	END
	in_box python3 /t/later.py >box 3>&- &
	session=$!
	wait_until 100 [ -e ready ]
	on_host_as_root ip addr add 198.51.100.77/32 dev wire
	wait_until 50 eval 'on_host ip -o addr | grep -q 198.51.100.77'
	on_host timeout 200 python3 -c 'import socket
s = socket.create_server(("198.51.100.77", 8088))
open("go", "w").close()
s.accept()' 3>&- &
	listener=$!
	wait_for $session
	kill "$(pgrep -P $listener)" # it still waits
	[ "$(cat box)" = 'Connection refused' ]
}

@test "port 0 is what it is on the host; connections as fast as a client can make them all arrive" {
	cat >fast.py <<-'END'
		import errno, socket, struct, sys, threading
		host, wrong = sys.argv[1], []
		def code(f, *a):
		    try:
		        f(*a)
		        return 'nothing'
		    except OSError as e:
		        return errno.errorcode[e.errno]
		tcp = socket.socket()
		tcp.settimeout(30)
		print(code(tcp.connect, (host, 0)), code(socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto, b'x', (host, 0)))
		def one(reset):
		    c = socket.create_connection((host, 7200), 20)
		    c.sendall(b'P')
		    if not reset and not c.recv(64):
		        wrong.append('nothing said')
		    if reset: # at once, while the host's half may still be under way
		        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
		    c.close()
		def many():
		    try:
		        for i in range(100):
		            one(i % 2)
		    except OSError as e:
		        wrong.append(e)
		threads = [threading.Thread(target=many) for _ in range(10)]
		for t in threads:
		    t.start()
		for t in threads:
		    t.join()
		one(False)
		print(wrong)
	END
	on_host python3 fast.py "$ANSWERS" >host
	in_box python3 /t/fast.py "$ANSWERS" >box
	[ "$(tail -1 host)" = '[]' ]
	diff host box
}

@test "a box that sends datagrams to thousands of addresses leaves ports to the host" {
	echo 'echo 40000 41999 >/proc/sys/net/ipv4/ip_local_port_range' >narrow
	on_host_as_root sh narrow
	wait_until 50 on_host grep -q 40000 /proc/sys/net/ipv4/ip_local_port_range
	cat >many.py <<-'END'
		import os, socket, sys, time
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		for port in range(10000, 14000):
		    try:
		        s.sendto(b'x', (sys.argv[1], port))
		    except OSError:
		        pass
		    if port % 50 == 0:
		        time.sleep(0.002)
		c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		c.settimeout(1)
		c.connect((sys.argv[1], 7300))
		for attempt in range(60): # one may be lost behind the others
		    c.send(b'still')
		    try:
		        print(c.recv(10).decode(), flush=True)
		        break
		    except TimeoutError:
		        pass
		while not os.path.exists('/t/looked'):
		    time.sleep(0.1)
	END
	in_box python3 /t/many.py "$ANSWERS" >box &
	box=$!
	wait_until 600 grep -q . box
	on_host python3 -c 'import socket, sys
all = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(800)]
for s in all:
    s.connect((sys.argv[1], 7300))' "$ANSWERS"
	touch looked
	wait "$box"
	[ "$(cat box)" = still ]
}

@test "with more connections than the gateway may open files, those there go on, and so do names and datagrams; then all is as before" {
	cat >many.py <<-'END'
		import socket, sys
		host, udp = sys.argv[1], socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		def connect():
		    c = socket.create_connection((host, 7200), 30)
		    c.sendall(b'E')
		    return c
		def both_ways(c, n):
		    data, got = bytes(n), 0
		    c.sendall(data)
		    while got < n:
		        got += len(c.recv(n))
		    return 'carried'
		def rest():
		    udp.settimeout(30)
		    udp.sendto(b'u', (host, 7300))
		    return udp.recv(10), socket.getaddrinfo('www.example.test', 80)[0][4][0]
		made, room = [], True
		while room:
		    made.append(socket.socket())
		    made[-1].settimeout(8)
		    try:
		        made[-1].connect((host, 7200))
		    except TimeoutError:
		        room = False
		made.pop().close()
		for c in made:
		    c.settimeout(30)
		    c.sendall(b'E')
		print('more than 100' if len(made) > 100 else len(made), set(both_ways(c, 50000) for c in made), rest())
		print(open('/run/sandbox/refused').readline().split(' (')[0])
		for c in made[::2]:
		    c.shutdown(socket.SHUT_WR)
		    assert c.recv(10) == b''
		for c in made:
		    c.close()
		print(both_ways(connect(), 3000000), rest())
	END
	(
		ulimit -n 512
		in_box python3 /t/many.py "$ANSWERS" >box
	)
	diff - box <<-END
		more than 100 {'carried'} (b'u', '$ANSWERS')
		gateway
		carried (b'u', '$ANSWERS')
	END
}

@test "box-root has no power over the network, and can use all its ports" {
	in_box sh -c 'id -u' >/dev/null
	on_host sandbox run --quiet --root --network gateway --mount "$PWD:/t" host sh -c '
		ip link set eth0 down && echo link
		ip route del default && echo route
		ip rule del pref 100 && echo rule
		python3 -c "
import socket
def refused(*a):
    try:
        socket.socket(*a)
        print(\"made\", a)
    except OSError:
        pass
refused(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
refused(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
s = socket.socket()
for option in ((socket.SOL_IP, 19), (socket.SOL_SOCKET, 36)):
    try:
        s.setsockopt(*option, 1)
        print(\"set\", option)
    except PermissionError:
        pass
socket.create_server((\"\", 80))
print(\"listens on 80\")
"' >box 2>/dev/null
	[ "$(cat box)" = 'listens on 80' ]
}

@test "a gateway that is killed is replaced; it has no capability, no file, no caller, and ends with its box" {
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host sh -c '
		cd /t; echo >ready; until [ -e go ]; do sleep 0.1; done
		python3 internet.py carry '"$ANSWERS" 3>&- >box &
	box=$!
	wait_until 100 [ -e ready ]
	pid=$(gateways | tail -1)
	grep -q '^NoNewPrivs:.1$' /proc/"$pid"/status
	wait_until 50 grep -q '^Seccomp:.2$' /proc/"$pid"/status
	for p in $(gateways); do
		wait_until 50 eval '[ "$(ps -o sid= -p $p | tr -d " ")" = $p ]'
	done
	grep -q '^CapEff:.0*$' /proc/"$pid"/status
	grep -q '^CapPrm:.0*$' /proc/"$pid"/status
	kill -9 "$pid"
	another() { [ "$(gateways | wc -l)" = 2 ] && grep -q '^Seccomp:.2$' /proc/"$(gateways | tail -1)"/status; }
	wait_until 50 eval '[ ! -e /proc/$pid ] && another'
	touch go
	wait_for $box
	[ "$status" = 0 ]
	[ "$(wc -l <box)" = 7 ]
	run ! grep -v 'ECONNRESET\|True\|16$\|100000\|60000' box
}

@test "sessions of a box share its network, boxes have networks apart, and name servers are followed" {
	project p $'[sandbox]\nnetwork = gateway'
	project q $'[sandbox]\nnetwork = gateway'
	on_host sandbox enter --accept p -- sh -c 'readlink /proc/self/ns/net >net; touch ready
		until getent ahostsv4 www.example.test >>answers; grep "^198.51.100.2 *STREAM" answers; do sleep 0.1; done' 3>&- &
	session=$!
	wait_until 100 [ -e p/ready ]
	[ "$(on_host sandbox exec p readlink /proc/self/ns/net)" = "$(cat p/net)" ]
	[ "$(on_host sandbox enter --accept q -- readlink /proc/self/ns/net)" != "$(cat p/net)" ]
	# another server answers from now on: the box asks the gateway as before
	on_host python3 internet.py another 198.51.100.2 3>&- &
	another=$!
	wait_until 50 [ -e other-served ]
	echo 'nameserver 198.51.100.2' >resolv.conf
	wait_for $session
	kill "$(pgrep -P $another)"
	[ "$status" = 0 ]
}

@test "without any gateway nothing leaves the box, and the box goes on; sessions say so until it is started again" {
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host sh -c '
		cd /t; touch ready; until [ -e go ]; do sleep 0.1; done
		python3 internet.py silence '"$ANSWERS"' >said; echo on >>said' 3>&- &
	box=$!
	wait_until 100 [ -e ready ]
	kill -9 "$(gateways | head -1)"
	wait_until 50 says_nothing gateways
	touch go
	wait_for $box
	[ "$(cat said)" = $'no answer\nno answer\non' ]

	project p
	on_host sandbox enter --accept p -- true
	kill -9 "$(gateways | head -1)"
	wait_until 50 says_nothing gateways
	on_host sandbox exec p true 2>err
	on_host sandbox enter p -- true 2>>err
	[ "$(uniq -c <err)" = "      2 sandbox: warning: box 'p' has no network any more, because its gateway was killed: 'sandbox stop p', and its next start has one" ]
	on_host sandbox stop p
	says_nothing on_host sandbox enter p -- true
}

@test "nmap finds the same ports open, closed and filtered in the box as on the host" {
	command -v nmap >/dev/null || skip 'nmap is not installed'
	scan="nmap -sT -Pn -n --max-retries 2 --min-rtt-timeout 2s -oG - -p 7200,7777 $ANSWERS 203.0.113.20 203.0.113.99"
	# shellcheck disable=SC2086 # a list
	on_host $scan | grep Ports: >host
	# shellcheck disable=SC2086
	in_box $scan | grep Ports: >box
	[ "$(wc -l <host)" = 3 ]
	grep -q '7200/open' host
	grep -q '7777/closed' host
	grep -q '7777/filtered' host
	diff host box
}
