#!/usr/bin/env bats
# The host's proxies and CA certificates, with a TLS server and a proxy on the loopback.

load helpers

setup() {
	sandbox_setup
	unset {http,https,ftp,all,no}_proxy {HTTP,HTTPS,FTP,ALL,NO}_PROXY SSL_CERT_FILE CURL_CA_BUNDLE \
		REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS
}

teardown() {
	[ ! -e servers ] || xargs kill <servers
	sandbox_teardown
}

# A server with a certificate of our own CA (ca.pem) on $port, a proxy on $proxy that writes its
# requests to the file asked.
serve() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=our-own \
		-addext basicConstraints=critical,CA:TRUE 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=localhost 2>/dev/null
	openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -days 2 -out cert.pem \
		-extfile <(echo subjectAltName=DNS:localhost,IP:127.0.0.1) 2>/dev/null
	echo served >answer
	cat >server.py <<-'END'
		import http.server, ssl
		s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
		c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		c.load_cert_chain('cert.pem', 'key.pem')
		s.socket = c.wrap_socket(s.socket, server_side=True)
		open('port', 'w').write(str(s.server_port))
		s.serve_forever()
	END
	cat >proxy.py <<-'END'
		import http.server, select, socket
		class Proxy(http.server.BaseHTTPRequestHandler):
		    def do_CONNECT(self):
		        with open('asked', 'a') as f:
		            f.write(f"{self.path} {self.headers.get('Proxy-Authorization')}\n")
		        host, port = self.path.split(':')
		        there = socket.create_connection((host, int(port)))
		        self.send_response(200)
		        self.end_headers()
		        pair = {self.connection: there, there: self.connection}
		        while True:
		            for s in select.select(list(pair), [], [])[0]:
		                data = s.recv(65536)
		                if not data:
		                    return
		                pair[s].sendall(data)
		s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Proxy)
		open('proxy', 'w').write(str(s.server_port))
		s.serve_forever()
	END
	python3 server.py >server.log 2>&1 3>&- &
	echo $! >>servers
	python3 proxy.py >proxy.log 2>&1 3>&- &
	echo $! >>servers
	wait_until 50 test -s port
	wait_until 50 test -s proxy
	port=$(cat port) proxy=$(cat proxy)
}

@test "proxy variables, in both cases, without the password" {
	project p
	export https_proxy=http://me:s%40cret@127.0.0.1:3128/ HTTP_PROXY=other:pa/ss@proxy:80 \
		no_proxy='localhost,user@host' ALL_PROXY=socks5h://127.0.0.1:1080
	sandbox enter ./p -- env >out
	grep -i _proxy out | LC_ALL=C sort | diff - <(printf '%s\n' \
		ALL_PROXY=socks5h://host.sandbox:1080 HTTPS_PROXY=http://host.sandbox:3128/ HTTP_PROXY=proxy:80 \
		'NO_PROXY=localhost,user@host' all_proxy=socks5h://host.sandbox:1080 http_proxy=proxy:80 \
		https_proxy=http://host.sandbox:3128/ 'no_proxy=localhost,user@host')
	run -1 grep -e cret -e pa/ss out
	# sudo, and variables that the user sets
	[ "$(sandbox enter ./p -- sudo printenv https_proxy HTTPS_PROXY)" = $'http://host.sandbox:3128/\nhttp://host.sandbox:3128/' ]
	[ "$(sandbox exec --env https_proxy=mine p printenv https_proxy)" = mine ]
	sandbox stop p
	# the host's network has its loopback
	[ "$(sandbox run --network host host printenv https_proxy)" = http://127.0.0.1:3128/ ]
	# without a network there is no proxy
	run sandbox run --network none host sh -c 'env | grep -i _proxy'
	[ "$status" = 1 ]
}

@test "the password is passed if that was agreed to" {
	project p $'[sandbox]\nproxy-password = yes'
	export https_proxy=http://me:secret@127.0.0.1:3128
	fails 125 "*proxy-password = yes*" sandbox enter ./p -- true
	[ "$(sandbox enter --accept ./p -- printenv HTTPS_PROXY)" = http://me:secret@host.sandbox:3128 ]
}

@test "a running box gets no password and no CA certificates by an edit of its file, such as from inside" {
	project p $'[sandbox]\nlinger = forever'
	echo CERT >ca.pem
	export SSL_CERT_FILE=$T/ca.pem https_proxy=http://me:secret@127.0.0.1:3128
	sandbox enter ./p -- sh -c 'printf "[sandbox]\nlinger = forever\nca = yes\nproxy-password = yes\n[hooks]\nenter = env >hook\n" >sandbox.ini'
	for how in 'exec p' 'exec --root p' 'enter ./p --'; do
		# shellcheck disable=SC2086
		[ "$(sandbox $how sh -c 'printenv https_proxy; echo ${SSL_CERT_FILE-none}')" = $'http://host.sandbox:3128\nnone' ]
	done
	run ! grep secret p/hook
	run sandbox enter ./p -- true
	[[ $output = *"started with other settings (ca, proxy-password)"* ]]
	sandbox stop p
	fails 125 "*proxy-password = yes*" sandbox enter ./p -- true
	[ "$(sandbox enter --accept ./p -- printenv https_proxy)" = http://me:secret@host.sandbox:3128 ]
	[ "$(sandbox exec p printenv https_proxy)" = http://me:secret@host.sandbox:3128 ]
}

@test "programs reach a server with the host's CA certificates, through its proxy" {
	serve
	# Both listen on the loopback.
	project p $'[sandbox]\nnetwork = host\nca = yes\nproxy-password = yes'
	export SSL_CERT_FILE=$T/ca.pem https_proxy=http://me:secret@127.0.0.1:$proxy no_proxy=
	fails 125 "*ca = yes*" sandbox enter ./p -- true
	[ "$(sandbox enter --accept --quiet ./p -- curl -sS "https://localhost:$port/answer")" = served ]
	[ "$(cat asked)" = "localhost:$port Basic $(printf me:secret | base64)" ]
	[ "$(sandbox enter ./p -- python3 -c 'import sys, urllib.request as r
print(r.urlopen(sys.argv[1]).read().decode(), end="")' "https://localhost:$port/answer")" = served ]
	[ "$(sandbox enter ./p -- sudo curl -sS "https://localhost:$port/answer")" = served ]
	cp ca.pem p
	sandbox enter ./p -- sh -c 'for v in SSL_CERT_FILE CURL_CA_BUNDLE REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS \
		PIP_CERT CARGO_HTTP_CAINFO GIT_SSL_CAINFO npm_config_cafile; do eval "cmp \"\$$v\" ca.pem"; done'
	# the next session has the host's present certificates
	cat ca.pem ca.pem >two.pem
	SSL_CERT_FILE=$T/two.pem sandbox enter ./p -- sh -c 'cmp $SSL_CERT_FILE -' <two.pem
	NODE_EXTRA_CA_CERTS=$T/ca.pem sandbox enter ./p -- sh -c 'cmp $SSL_CERT_FILE -' <two.pem
	# a file without certificates is passed over
	SSL_CERT_FILE=$T/asked CURL_CA_BUNDLE=$T/ca.pem sandbox enter ./p -- sh -c 'cmp $SSL_CERT_FILE -' <ca.pem
	# and nothing of it is there without being asked for
	[ "$(sandbox run host sh -c 'echo ${SSL_CERT_FILE-none}; ls /run/host/ca* 2>/dev/null')" = none ]
	run sandbox run host curl -sS "https://localhost:$port/answer"
	[ "$status" != 0 ]
}

@test "an image without certificates gets the host's, and the layer of a step has none" {
	rootfs
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=our-own 2>/dev/null
	tar -cf r.tar -C rootfs .
	sandbox image import --quiet r.tar r:1
	export SSL_CERT_FILE=$T/ca.pem
	project p $'[sandbox]\nimage = r:1\nca = yes\n[run]\n1 = cmp $SSL_CERT_FILE /etc/ssl/certs/ca-certificates.crt && env | grep -i proxy >/proxies'
	https_proxy=http://me:secret@proxy:1 sandbox enter --accept --quiet ./p -- \
		cat /etc/ssl/certs/ca-certificates.crt | cmp - ca.pem
	sandbox enter ./p -- cat /proxies | sort | diff - <(printf '%s\n' HTTPS_PROXY=http://proxy:1 https_proxy=http://proxy:1)
	says_nothing find "$XDG_DATA_HOME/sandbox/layers" -name 'ca-cert*'
	# an image's own file stays
	mkdir -p rootfs/etc/ssl/certs
	echo own >rootfs/etc/ssl/certs/ca-certificates.crt
	project q $'[sandbox]\nimage = dir:../rootfs\nca = yes'
	[ "$(sandbox enter --accept --quiet ./q -- cat /etc/ssl/certs/ca-certificates.crt)" = own ]
}
