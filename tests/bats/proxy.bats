#!/usr/bin/env bats
# network = gateway behind an HTTP proxy that the host's variables name: the policy holds for what is asked of it.

load helpers
load internet

PROXY=3128 WEB=8000

setup() {
	unset {http,https,ftp,all,no}_proxy {HTTP,HTTPS,FTP,ALL,NO}_PROXY
	sandbox_setup
	internet_start
	: >servers
}

# A program in the background, which ends with the test.
serve() { # on_host|on_internet COMMAND...
	# shellcheck disable=SC2016 # of the inner shell
	"$1" sh -c 'echo $$ >>servers; exec "$@"' - "${@:2}" >>servers.log 2>&1 3>&- &
}

teardown() {
	xargs -r kill <"$T/servers"
	internet_stop
	sandbox_teardown
}

proxy_accepts() { # on_host|on_internet ADDRESS
	"$1" bash -c "true >/dev/tcp/$2/$PROXY" 2>/dev/null
}

# tinyproxy, on the machine and at the address that are named. What it was asked for is in the file proxied.
start_proxy() { # on_host|on_internet ADDRESS [LINE]...
	local where=$1 address=$2

	printf '%s\n' "Port $PROXY" "Listen $address" 'LogLevel Connect' "LogFile \"$PWD/proxied\"" 'MaxClients 20' "${@:3}" >tinyproxy.conf
	: >proxied
	serve "$where" tinyproxy -d -c "$PWD/tinyproxy.conf"
	wait_until 100 proxy_accepts "$where" "$address"
}

# HTTP on $WEB and TLS on 8443 of every name: the file hello, a repository, packages.
start_web() {
	mkdir -p web/apt
	echo 'it is there' >web/hello
	: >web/apt/Packages
	git init -q --bare web/repo.git
	git -C web/repo.git update-server-info
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=www.test \
		-addext subjectAltName=DNS:www.test,DNS:evil.test 2>/dev/null
	cat >web.py <<-'END'
		import functools, http.server, ssl, sys, threading
		class Web(http.server.SimpleHTTPRequestHandler):
		    protocol_version = 'HTTP/1.1'
		    def do_POST(self):
		        size = self.headers.get('Content-Length')
		        n = 0
		        if size:
		            n = len(self.rfile.read(int(size)))
		        else:
		            while chunk := int(self.rfile.readline(), 16):
		                n += len(self.rfile.read(chunk))
		                self.rfile.readline()
		            self.rfile.readline()
		        self.send_response(200)
		        self.send_header('Content-Length', str(len(str(n))))
		        self.end_headers()
		        self.wfile.write(str(n).encode())
		web = functools.partial(Web, directory='web')
		plain = http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), web)
		tls = http.server.ThreadingHTTPServer((sys.argv[1], 8443), web)
		context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		context.load_cert_chain('cert.pem', 'key.pem')
		tls.socket = context.wrap_socket(tls.socket, server_side=True)
		threading.Thread(target=tls.serve_forever, daemon=True).start()
		open('web-served', 'w').close()
		plain.serve_forever()
	END
	serve on_internet python3 web.py "$ANSWERS" $WEB
	wait_until 100 [ -e web-served ]
}

# A shell script in the box of a project with such lines in [network].
in_project() { # LINES SCRIPT
	project p "[sandbox]
network = gateway
linger = 0
home = own
[network]
$1"
	cp cert.pem p/
	on_host sandbox enter --quiet --accept p -- sh -c "$2"
}

# What is said, a line each, to one connection after the other: `talk HOST PORT {PIECE...} -- {PIECE...}`. A piece
# tls/NAME is a ClientHello.
talk='import internet, socket, sys
host, port, *pieces = sys.argv[1:]
c = None
for piece in pieces:
    if piece == "--":
        c = None
        continue
    try:
        c = c or socket.create_connection((host, int(port)), 10)
        c.sendall(internet.hello(piece[4:]) if piece.startswith("tls/") else piece.encode().decode("unicode_escape").encode())
        said = c.recv(65536)
        while said.startswith(b"HTTP/1.0 200 Connection") and b"\r\n\r\n" not in said:
            said += c.recv(65536)
        print((said.decode("latin-1").splitlines() or ["ended"])[0] if not piece.startswith("tls/") or said[:5] == b"hello" else "TLS")
        while said.startswith(b"HTTP/1.1 403 Access") and c.recv(65536): # the rest of the page of tinyproxy
            pass
    except ConnectionRefusedError:
        print("refused")
    except (ConnectionResetError, BrokenPipeError):
        print("ended")'

# The same from the box of a project to its proxy on the host, and what must be said.
talks() { # LINES {PIECE...} <EXPECTED
	sed '/^hosts = /,$d' internet.py >lib.py
	mkdir -p p
	cp lib.py p/internet.py
	printf '%s\n' "$talk" >p/talk.py
	printf 'python3 talk.py host.sandbox %s' "$PROXY" >p/run
	printf " '%s'" "${@:2}" >>p/run
	in_project "$1" '. ./run' >said
	diff - said
}

@test "closed: programs reach what is allowed through the proxy on the host's loopback, and are told what is not" {
	start_web
	start_proxy on_host 127.0.0.1
	export http_proxy=http://me:secret@localhost:$PROXY HTTPS_PROXY=http://127.0.0.1:$PROXY
	in_project "default = closed
allow = www.test www.test:$WEB www.test:8443" "
		curl -sS http://www.test:$WEB/hello
		curl -sS --cacert cert.pem https://www.test:8443/hello
		curl -sS http://www.test:$WEB/hello http://evil.test:$WEB/ http://www.test:$WEB/hello | tr -d '\t'
		curl -sS https://evil.test:8443/ 2>&1
		curl -sS -d 1234567 -H 'Transfer-Encoding: chunked' http://www.test:$WEB/
		python3 -c 'import urllib.request as r; print(r.urlopen(\"http://www.test:$WEB/hello\").read())
try: r.urlopen(\"https://evil.test:8443/hello\")
except OSError as e: print(e)'
		git clone -q http://www.test:$WEB/repo.git 2>/dev/null && ls repo/.git/HEAD
		git clone -q http://evil.test:$WEB/repo.git bad 2>&1 | sed -n 1p
		mkdir -p apt/lists apt/cache
		echo 'deb [trusted=yes] http://www.test:$WEB/apt ./' >apt/sources
		apt-get -o Dir::Etc::SourceList=\$PWD/apt/sources -o Dir::Etc::SourceParts=- -o Dir::State::Lists=\$PWD/apt/lists \
			-o Dir::Cache=\$PWD/apt/cache -o APT::Sandbox::User= update >apt/log 2>&1 && grep -c '^Get.*Packages' apt/log
		tr -d '\t' </run/sandbox/refused | sed -n '1,4s/ ([0-9]* times)//; 1,4p'
	" >out
	diff - out <<-END
		it is there
		it is there
		it is there
		proxy :$WEB evil.test: no rule allows it
		[network] allow = evil.test:$WEB
		it is there
		curl: (56) CONNECT tunnel failed, response 403
		7b'it is there\n'
		<urlopen error Tunnel connection failed: 403 Forbidden by sandbox>
		repo/.git/HEAD
		remote: proxy :$WEB evil.test: no rule allows it
		1
		proxy :8443 evil.test: no rule allows it
		[network] allow = evil.test:8443
		proxy :$WEB evil.test: no rule allows it
		[network] allow = evil.test:$WEB
	END
	run ! grep evil proxied
	[ "$(on_host sandbox why --json p | jq -r '.[-1] | "\(.what) \(.name) \(.allow)"')" = "proxy :$WEB evil.test evil.test:$WEB" ]
	on_host sandbox net learn p >learned
	[ "$(sort learned)" = $'evil.test:8000\nevil.test:8443' ]
}

@test "each request of a connection is looked at, what a tunnel carries too, and nothing that reads in two ways passes" {
	start_web
	start_proxy on_host 127.0.0.1 'ConnectPort 443' 'ConnectPort 22'
	export http_proxy=http://127.0.0.1:$PROXY
	talks "default = closed
allow = www.test www.test:$WEB www.test:22 203.0.113.10:443" \
		"GET http://www.test:$WEB/hello HTTP/1.1\r\nHost: www.test:$WEB\r\n\r\nGET http://evil.test/ HTTP/1.1\r\n\r\n" -- \
		'CONNECT www.test:443 HTTP/1.1\r\nHost: www.test:443\r\n\r\n' tls/www.test -- \
		'CONNECT WWW.test.:443 HTTP/1.1\r\n\r\n' tls/evil.test -- \
		'CONNECT www.test:443 HTTP/1.1\r\n\r\n' 'SSH-2.0-x\r\n' -- \
		'CONNECT www.test:22 HTTP/1.1\r\n\r\n' 'SSH-2.0-x\r\n' -- \
		'CONNECT 203.0.113.10:443 HTTP/1.1\r\n\r\n' 'SSH-2.0-x\r\n' -- \
		"CONNECT www.test:$WEB HTTP/1.1\r\n\r\n" 'GET / HTTP/1.1\r\nHost: www.test\r\n\r\nGET http://evil.test/ HTTP/1.1\r\n\r\n' -- \
		'CONNECT 203.0.113.11:443 HTTP/1.1\r\n\r\n' -- \
		'CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n' -- \
		'CONNECT 0x7f.1:22 HTTP/1.1\r\n\r\n' -- \
		'CONNECT www.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n' -- \
		'GET / HTTP/1.1\r\nHost: www.test\r\n\r\n' -- \
		"POST http://www.test:$WEB/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" <<-END
			ended
			HTTP/1.0 200 Connection established
			hello
			HTTP/1.0 200 Connection established
			ended
			HTTP/1.0 200 Connection established
			ended
			HTTP/1.0 200 Connection established
			hello
			HTTP/1.0 200 Connection established
			hello
			HTTP/1.1 403 Access violation
			ended
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
		END
	run ! grep evil proxied
}

@test "open: a proxy on this machine leads to no server of this machine, and to nothing that is denied" {
	start_web
	start_proxy on_host 127.0.0.1
	export all_proxy=127.0.0.1:$PROXY
	talks 'deny = evil.test' \
		'CONNECT other.test:443 HTTP/1.1\r\n\r\n' tls/other.test -- \
		'CONNECT evil.test:443 HTTP/1.1\r\n\r\n' -- \
		'CONNECT other.test:443 HTTP/1.1\r\n\r\n' tls/evil.test -- \
		"CONNECT localhost:$PROXY HTTP/1.1\r\n\r\n" -- \
		'GET http://127.0.0.1:631/ HTTP/1.1\r\n\r\n' -- \
		'GET http://198.51.100.2/ HTTP/1.1\r\n\r\n' -- \
		'GET http://169.254.169.254/ HTTP/1.1\r\n\r\n' -- \
		'GET http://[::1]:631/ HTTP/1.1\r\n\r\n' -- \
		'CONNECT loop.test:5432 HTTP/1.1\r\n\r\n' <<-END
			HTTP/1.0 200 Connection established
			hello
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.0 200 Connection established
			ended
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
			HTTP/1.1 403 Forbidden by sandbox
		END
	# a rule for the proxy itself leaves it to that; a denied one is no way
	talks "default = closed
allow = host.sandbox:$PROXY" 'CONNECT evil.test:443 HTTP/1.1\r\n\r\n' <<<'HTTP/1.0 200 Connection established'
	talks "deny = host.sandbox:$PROXY" 'CONNECT evil.test:443 HTTP/1.1\r\n\r\n' <<<refused
}

@test "a proxy elsewhere is reached by its name, also in a closed network and if its address is private" {
	start_web
	start_proxy on_internet 203.0.113.10
	export http_proxy=http://proxy.test:$PROXY
	in_project "default = closed
allow = www.test:$WEB" "curl -sS http://www.test:$WEB/hello http://evil.test/ | tr -d '\t'
		curl -sS --noproxy '*' --max-time 10 http://proxy.test:80/ 2>&1 | grep -c \"Couldn't connect\"" >out
	diff - out <<-'END'
		it is there
		proxy :80 evil.test: no rule allows it
		[network] allow = evil.test
		1
	END
}
