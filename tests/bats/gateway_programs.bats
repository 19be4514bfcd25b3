#!/usr/bin/env bats
# bats file_tags=slow
# Programs as people use them, with the default network: each says in the box what it says on the host.

load helpers
load internet

setup() {
	sandbox_setup
	internet_start
	mkdir www
	echo page >www/index.html
	head -c 3000000 /dev/zero >www/big
	project p $'[sandbox]\nlinger = forever'
	servers
	on_host sandbox enter --quiet p -- true
}

teardown() {
	[ ! -e servers ] || on_internet xargs kill <servers
	internet_stop
	sandbox_teardown
}

# On the other machine: HTTPS on 8443, with a certificate of our own CA, and HTTP on 8080.
servers() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out p/ca.pem -days 2 -subj /CN=our-own \
		-addext basicConstraints=critical,CA:TRUE 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=www.example.test 2>/dev/null
	openssl x509 -req -in req.pem -CA p/ca.pem -CAkey ca.key -days 2 -out cert.pem \
		-extfile <(echo subjectAltName=DNS:www.example.test) 2>/dev/null
	cat >server.py <<-'END'
		import http.server, socket, ssl, threading
		class Server(http.server.ThreadingHTTPServer):
		    address_family = socket.AF_INET6
		def page(*a):
		    return http.server.SimpleHTTPRequestHandler(*a, directory='www')
		tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		tls.load_cert_chain('cert.pem', 'key.pem')
		plain, other = Server(('::', 8080), page), Server(('::', 8443), page)
		other.socket = tls.wrap_socket(other.socket, server_side=True)
		threading.Thread(target=plain.serve_forever, daemon=True).start()
		open('listens', 'w').close()
		other.serve_forever()
	END
	on_internet sh -c 'echo $$ >>servers; exec python3 server.py' >server.log 2>&1 3>&- &
	wait_until 100 [ -e listens ]
}

# Runs a shell command in p on the host and in the box, and compares output and status. FILTER: of sed, for
# what differs each time.
same() { # COMMAND [FILTER]
	(cd p && HOME=$T/home on_host sh -c "$1; echo status \$?" </dev/null 2>&1) | sed -E "${2-}" >host
	(cd p && on_host sandbox exec --quiet p sh -c "$1; echo status \$?" </dev/null 2>&1) | sed -E "${2-}" >box
	diff host box
	cat host
}

needs() { # PROGRAM...
	local program

	for program; do
		command -v "$program" >/dev/null || skip "not installed: $program"
	done
}

W=https://www.example.test:8443

@test "HTTP clients and languages: pages, certificates, and each error" {
	needs curl wget python3 node java
	[[ $(same "curl -4 -sS --cacert ca.pem $W/; curl -6 -sS --cacert ca.pem $W/") = page*page*'status 0' ]]
	same "curl -sS --cacert ca.pem $W/big | cksum; curl -sS -r 5-9 --cacert ca.pem $W/index.html"
	same "curl -sS $W/; curl -sS http://$ANSWERS:7777/; curl -sS http://203.0.113.20/; curl -sS http://missing.example.test/
		curl -sS -m 2 http://203.0.113.99/" 's/after [0-9]+ ms|after [0-9]+ mill.*//'
	same "wget -nv -O - --ca-certificate=ca.pem $W/index.html 2>/dev/null; wget -nv --tries=1 http://$ANSWERS:7777/"
	[[ $(same "python3 -c 'import ssl, urllib.request as r
print(r.urlopen(\"$W/\", context=ssl.create_default_context(cafile=\"ca.pem\")).read())'") = *page* ]]
	same "NODE_EXTRA_CA_CERTS=ca.pem node -e 'fetch(\"$W/\").then(r => r.text()).then(console.log)'
		node -e 'require(\"net\").connect(7777, \"$ANSWERS\").on(\"error\", e => console.log(e.code))'"
	cat >p/M.java <<-END
		import java.net.*; import java.net.http.*;
		public class M { public static void main(String[] a) throws Exception {
		    System.out.println(HttpClient.newHttpClient().send(HttpRequest.newBuilder(
		        URI.create("http://www.example.test:8080/")).build(), HttpResponse.BodyHandlers.ofString()).body());
		    try { new Socket("$ANSWERS", 7777); } catch (Exception e) { System.out.println(e); }
		    System.out.println(InetAddress.getByName("$ANSWERS").isReachable(5000));
		} }
	END
	same 'java M.java'
}

@test "git by https and ssh, and rsync" {
	needs git ssh rsync
	python3 -c 'import asyncssh' || skip 'not installed: asyncssh'
	own_git_settings
	git init -q work
	git -C work commit -q --allow-empty -m first
	git clone -q --bare work www/r.git
	git -C www/r.git update-server-info
	same "rm -rf c; GIT_SSL_CAINFO=\$PWD/ca.pem git clone -q $W/r.git c; git -C c log --format=%s"
	ssh-keygen -q -N '' -t ed25519 -f p/id
	cat >ssh_server.py <<-END
		import asyncio, asyncssh, subprocess
		async def run(session):
		    child = await asyncio.create_subprocess_shell(session.command, stdin=subprocess.PIPE,
		        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
		    await session.redirect(child.stdin, child.stdout, child.stderr)
		    await session.stdout.drain()
		    session.exit(await child.wait())
		async def serve():
		    await asyncssh.listen('$ANSWERS', 2222, server_host_keys=['p/id'], authorized_client_keys='p/id.pub',
		        process_factory=run, encoding=None)
		    open('ssh', 'w').close()
		    await asyncio.Event().wait()
		asyncio.run(serve())
	END
	on_internet sh -c 'echo $$ >>servers; exec python3 ssh_server.py' >ssh.log 2>&1 3>&- &
	wait_until 100 [ -e ssh ]
	ssh="ssh -p 2222 -i $T/p/id -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
	[[ $(same "$ssh $ANSWERS echo hello") = hello* ]]
	same "rm -rf c; GIT_SSH_COMMAND='$ssh' git clone -q $ANSWERS:$T/www/r.git c; git -C c log --format=%s"
	same "rsync -a -e '$ssh' $ANSWERS:$T/www/ r; cksum r/big"
}

@test "names, ports, routes and databases" {
	needs getent dig nslookup nc bash ping mtr psql redis-cli mysql
	same 'getent ahosts www.example.test | cut -d" " -f1 | sort -u; getent hosts www | sort; getent hosts missing.example.test'
	same "dig +short www.example.test; dig +tcp +short AAAA www.example.test; dig +short @$ANSWERS www.example.test
		dig missing.example.test | grep -o 'status: [A-Z]*'"
	same 'nslookup www.example.test | tail -n +3'
	same "nc -vz $ANSWERS 8080; nc -vz $ANSWERS 7777; nc -vz -w 2 203.0.113.99 80; nc -vz 2001:db8:9::10 7777"
	[[ $(same "(printf C; head -c 100000 /dev/zero) | nc -N $ANSWERS 7200") = 100000* ]]
	same "bash -c ': >/dev/tcp/$ANSWERS/7777'; bash -c ': >/dev/tcp/$ANSWERS/8080'"
	same "ping -q -c 2 -i 0.2 $ANSWERS; ping -6 -q -c 1 $ANSWERS6; ping -q -c 1 -W 1 203.0.113.99" 's/time [0-9]+ms//; /^rtt/d'
	same "mtr -n -r -c 1 $ANSWERS | grep -o '$ANSWERS'"
	same "psql -h $ANSWERS -p 7777 -c 'select 1'"
	same "redis-cli -h $ANSWERS -p 7777 ping"
	same "mysql -h $ANSWERS -P 7777 -u x"
}

@test "QUIC goes through; a closed policy drops it, so that clients take TCP, and why tells" {
	local address PATH=$PATH:/usr/sbin
	needs gtlsclient gtlsserver
	for address in "$ANSWERS" "$ANSWERS6"; do
		on_internet sh -c "echo \$\$ >>servers; exec gtlsserver -d www '$address' 443 key.pem cert.pem" >"quic$address" 2>&1 3>&- &
		wait_until 50 grep -q root "quic$address"
		[[ $(same "gtlsclient -q --exit-on-all-streams-close --download=. $address 443 https://www.example.test/big
			cksum <big; rm big" '/^ngtcp2/d') = "$(cksum <www/big)"* ]]
	done
	project q $'[sandbox]\nlinger = 0\n[network]\ndefault = closed\nallow = www.example.test'
	cp p/ca.pem q/
	on_host sandbox enter --accept q -- sh -c "getent ahosts www.example.test
		gtlsclient -q --timeout=2s --download=. $ANSWERS 443 https://www.example.test/big
		curl -sS --cacert ca.pem $W/" </dev/null >box 2>&1
	[ ! -e q/big ]
	[ "$(tail -1 box)" = page ]
	[[ $(on_host sandbox why q) = "udp $ANSWERS:443 www.example.test"*'a datagram does not say which host it is for'* ]]
}
