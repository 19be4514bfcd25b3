#!/usr/bin/env bats
# network = pasta: pasta(1) carries a project's network, if that is asked for, or if there can be no gateway.

load helpers
load internet

setup() {
	command -v pasta >/dev/null || skip 'pasta is not installed'
	sandbox_setup
	internet_start
}

# A command on a machine whose kernel has no nf_tables: a filter refuses its sockets.
without_nft() { # COMMAND...
	cat >without_nft.py <<-'END'
		import ctypes, os, struct, sys
		def rule(code, k, yes=0, no=0):
		    return struct.pack('HBBI', code, yes, no, k)
		low = 0 if sys.byteorder == 'little' else 4
		call = {'x86_64': 41, 'ppc64le': 326, 's390x': 359}.get(os.uname().machine, 198) # socket(2)
		rules = [rule(0x20, 0), rule(0x15, call, 0, 5), rule(0x20, 16 + low), rule(0x15, 16, 0, 3), # AF_NETLINK
		         rule(0x20, 32 + low), rule(0x15, 12, 0, 1), # NETLINK_NETFILTER
		         rule(0x06, 0x50000 | 93), rule(0x06, 0x7fff0000)] # EPROTONOSUPPORT; allowed
		text = ctypes.create_string_buffer(b''.join(rules))
		program = struct.pack('HxxxxxxP', len(rules), ctypes.addressof(text))
		prctl = ctypes.CDLL(None).prctl
		assert prctl(38, 1, 0, 0, 0) == 0 and prctl(22, 2, program, 0, 0) == 0
		os.execvp(sys.argv[1], sys.argv[1:])
	END
	on_host python3 without_nft.py "$@"
}

# This test's processes that run pasta.
pastas() {
	pgrep -u "$(id -u)" -f '^pasta --foreground' || true
}

@test "TCP, UDP, names and pings go out, over IPv4 and IPv6; the host's loopback is closed; it ends with the box" {
	on_host timeout 200 python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 8088))
open("listens", "w").close()
s.accept()' 3>&- &
	listener=$!
	wait_until 50 [ -e listens ]
	on_host sandbox run --quiet --network pasta --mount "$PWD:/t" host sh -c '
		ip -o addr show dev eth0; ip route; cat /etc/resolv.conf; cd /t
		getent ahostsv4 www.example.test
		python3 internet.py ping '"$ANSWERS
		for a in $ANSWERS $ANSWERS6; do"' python3 -c "
import socket, sys
family = socket.AF_INET6 if \":\" in sys.argv[1] else socket.AF_INET
u = socket.socket(family, socket.SOCK_DGRAM)
u.settimeout(2)
for _ in range(5): # pasta of 2023 drops the first one at times
    u.sendto(b\"datagram\", (sys.argv[1], 7300))
    try:
        print(u.recv(10).decode(), end=\" \")
        break
    except TimeoutError:
        pass
s = socket.create_connection((sys.argv[1], 7200), 10)
s.sendall(b\"Estream\")
print(s.recv(10).decode())
" $a; done
		for a in 127.0.0.1 10.0.2.2; do timeout 3 bash -c "exec 3<>/dev/tcp/$a/8088" && echo reached; done
		exec python3 -c "import socket; socket.create_server((\"\", 80)); print(\"listens on 80\")"' >box 2>said
	kill -0 $listener # nobody came
	kill "$(pgrep -P $listener)"
	grep -q 'inet 10.0.2.15/24' box
	grep -q 'inet6 fd00:2::15/64' box
	grep -q '^default via 10.0.2.2 dev eth0' box
	grep -qx 'nameserver 10.0.2.2' box
	grep -q "^$ANSWERS *STREAM www.example.test" box
	[ "$(grep -c '^reply' box)" = 2 ]
	[ "$(grep -cx 'datagram stream' box)" = 2 ]
	run ! grep reached box
	grep -qx 'listens on 80' box
	wait_until 50 says_nothing pastas
}

@test "a project's boxes share it, and it is replaced when it is killed" {
	project p $'[sandbox]\nnetwork = pasta\nlinger = 0'
	on_host sandbox enter --accept p -- sh -c 'readlink /proc/self/ns/net >net; touch ready
		until [ -e go ]; do sleep 0.1; done; getent ahostsv4 www.test' >answer 3>&- &
	session=$!
	wait_until 100 [ -e p/ready ]
	[ "$(on_host sandbox try --accept --quiet p -- readlink /proc/self/ns/net)" = "$(cat p/net)" ]
	fails 125 "*another network: stop them first" on_host sandbox try --accept --network gateway p -- true
	pid=$(pastas)
	kill -9 "$pid"
	wait_until 100 eval '[ -n "$(pastas)" ] && [ "$(pastas)" != "$pid" ]'
	touch p/go
	wait_for $session
	grep -q "^$ANSWERS *STREAM" answer
}

@test "what it cannot do is an error: a policy, ports of this machine, published ports" {
	local rules

	for rules in 'default = closed' 'deny = www.test' 'allow = host.sandbox:5432'; do
		project p $'[sandbox]\nnetwork = pasta\n[network]\n'"$rules"
		fails 125 "*p/sandbox.ini:4: network = pasta has no policy: ?network? ${rules%% *} needs network = gateway" \
			on_host sandbox enter --accept p -- true
	done
	fails 125 "*with 'network = pasta' port 80 of the box cannot be reached" \
		on_host sandbox run --network pasta -p 8080:80 host true
	project p $'[sandbox]\nnetwork = pasta\n[network]\nallow = www.test\n[ports]\nforward = auto'
	on_host sandbox enter --accept p -- true 2>said
	grep -q "'forward = auto' has no effect with 'network = pasta'" said
	fails 125 "*pasta publishes no ports: they need 'network = gateway'" on_host sandbox add p --publish 8080:80
	on_host sandbox stop p
}

@test "it takes the place of a gateway that cannot be, which is said and remembered; doctor tries again" {
	local said="*pasta carries the network, since this machine can have no gateway (cannot *)*but for its loopback*"

	project p $'[sandbox]\nnetwork = gateway\nlinger = 0'
	run --separate-stderr without_nft sandbox enter --accept p -- getent ahostsv4 www.test
	[ "$status" = 0 ]
	# shellcheck disable=SC2053 # a pattern
	[[ $stderr = $said ]]
	[[ $output = "$ANSWERS "* ]]
	[ -s "$XDG_RUNTIME_DIR/sandbox/gateway-missing" ]
	# remembered: it is not even tried
	run --separate-stderr on_host sandbox enter p -- true
	# shellcheck disable=SC2053
	[[ $stderr = $said ]]
	# what pasta cannot do
	fails 125 "*pasta carries the network, since this machine can have no gateway, and publishes no ports" \
		without_nft sandbox run --network gateway -p 8080:80 host true
	project q $'[sandbox]\nnetwork = gateway\n[network]\ndefault = closed'
	fails 125 "*no network = gateway on this machine*; pasta, which could do without, enforces no policy" \
		without_nft sandbox enter --accept q -- true
	without_nft sandbox doctor >doctor
	grep -A2 '^note  network gateway' doctor | grep -q "; '/.*pasta' is installed"
	[ -s "$XDG_RUNTIME_DIR/sandbox/gateway-missing" ]
	on_host sandbox doctor >/dev/null
	[ ! -e "$XDG_RUNTIME_DIR/sandbox/gateway-missing" ]
	run --separate-stderr on_host sandbox enter p -- true
	[ "$stderr" = '' ]
}
