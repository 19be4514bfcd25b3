#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the boxes; bats sets variables
# devcontainer_compose.bats - a devcontainer.json with compose files: its own service is the project's box, the others are
# services of the project.
bats_require_minimum_version 1.8.0
load helpers
load images

teardown() {
	cd "$T" || return 1
	sandbox_teardown
}

# .devcontainer/devcontainer.json of the project p with these members, and a compose file on stdin.
compose() { # MEMBERS
	mkdir -p p/.devcontainer
	echo "{\"dockerComposeFile\": \"compose.yml\", \"service\": \"app\"${1:+, $1}}" >p/.devcontainer/devcontainer.json
	cat >p/.devcontainer/compose.yml
}

# The settings that are of the project, "KEY = VALUE FILE:LINE" with single blanks, without what is built in.
settings() {
	sandbox config ./p 2>/dev/null | sed -n 's/  */ /g; / p\/[^ ]*$/p'
}

# app:1 with a shell and httpd, as root and dev.
server_image() {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('srv'), D('run'), D('tmp'), F('srv/id', b'volume'), F('etc/passwd', b'root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n'),
		F('etc/group', b'root:x:0:\ndev:x:1000:\n'), D('root'), D('home'), D('home/dev', uid=1000, gid=1000)]], 'config': {'Env': ['PATH=/bin']}}"
	sandbox image import "$T/app" app:1 2>/dev/null
}

@test "an app from a Dockerfile with a service that it needs: entered with one command" {
	server_image
	compose '"workspaceFolder": "/work", "remoteUser": "dev", "containerEnv": {"A": "json"}, "postCreateCommand": "wget -qO made http://db:8080/id"' <<-'YAML'
		services:
		  app:
		    image: ours
		    build:
		      context: ..
		      dockerfile: .devcontainer/Dockerfile
		      args: {WHO: "${WHO-me}"}
		    volumes:
		      - ..:/work:cached
		      - tools:/tools
		    environment:
		      - A=compose
		      - B=cost $$5
		      - C=$(date) $1$
		    command: sleep infinity
		    depends_on: [db]
		  worker: {image: ours, command: sleep 1000}
		  db:
		    build: ./db
		    command: sh -c 'echo "$$GREETING" >/srv/hello; exec httpd -f -p 8080 -h /srv'
		    environment:
		      GREETING: ${GREETING:-good day}
		    volumes: ["data:/srv"]
		    healthcheck:
		      test: ["CMD", "wget", "-qO", "/dev/null", "http://localhost:8080/id"]
		      interval: 1s
		volumes: {data: , tools: }
	YAML
	mkdir -p p/.devcontainer/db
	printf 'FROM app:1\nARG WHO\nENV BUILT=$WHO\n' >p/.devcontainer/Dockerfile
	printf 'FROM app:1\nRUN echo built >/srv/id\nCOPY note /note\n' >p/.devcontainer/db/Dockerfile
	echo one >p/.devcontainer/db/note
	GREETING=hi run ! sandbox enter ./p -- true
	[[ $output = *'asks for these of this machine: variable of yours: GREETING, for [service db] env.GREETING'* ]]
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'id -un; pwd; echo "$A|$B|$C|$BUILT"; cat made; ls -d /tools; wget -qO - http://db:8080/hello'
	[ "$output" = $'dev\n/work\njson|cost $5|$(date) $1$|me\nbuilt\n/tools\ngood day' ]
	[ -O p/made ]
	cd p
	[ "$(sandbox exec worker sh -c 'echo $BUILT')" = me ]
	[[ $(sandbox ps --json | jq -r '.[].service | select(.name == "db") | "\(.state) \(.health)"') = 'running healthy' ]]
	sandbox down >/dev/null
	# Files that are copied into an image come with --rebuild.
	echo two >.devcontainer/db/note
	sandbox enter --quiet --rebuild --accept -- true
	[ "$(sandbox exec db cat /note)" = two ]
	sandbox down >/dev/null
	# The volume has what the service wrote; a second start reads no file of these.
	GREETING=changed sandbox up -d --accept >/dev/null
	sandbox down >/dev/null
	sandbox config >/dev/null
	run -0 strace -f -qq -e trace=execve -o "$T/trace" sandbox config
	run -1 grep -c sandbox-image "$T/trace"
	echo '# more' >>.devcontainer/compose.yml
	run -0 strace -f -qq -e trace=execve -o "$T/trace" sandbox config
	grep -q sandbox-image "$T/trace"
}

@test "what services say becomes their sections; what a box cannot follow is named with its line" {
	compose '"workspaceFolder": "/w/p", "runServices": ["db"], "forwardPorts": ["db:5432", "web:80", "none:1"]' <<-'YAML'
		name: shop
		x-common: &common
		  restart: unless-stopped
		  environment: &env {LEVEL: info, MODE: dev}
		services:
		  app:
		    <<: *common
		    image: app:1
		    volumes: ["../..:/w:cached", "/var/run/docker.sock:/var/run/docker.sock", "cache:/c:ro", {type: tmpfs, target: /t}, "/dev:/dev"]
		    environment: {<<: *env, MODE: test}
		    ports: ["8000:80", "127.0.0.1:8001:81", 9000, {target: 82, published: "8002"}, ":8003:83"]
		    network_mode: service:db
		    user: dev
		    cap_add: [SYS_PTRACE, NET_ADMIN]
		    command: [npm, run, dev]
		    extra_hosts: ["host.docker.internal:host-gateway"]
		    quux: 1
		  db:
		    <<: *common
		    image: postgres:16
		    command: ["postgres", "-c", "log line"]
		    environment: ["POSTGRES_PASSWORD=a$$b c", "discovery.type=single-node"]
		    env_file: [{path: none.env, required: false}, db.env]
		    volumes: ["data:/var/lib/postgresql/data", "./init:/init:ro", "/no/such:/none"]
		    tmpfs: /run/postgresql
		    depends_on:
		      job: {condition: service_completed_successfully}
		      cache: {condition: service_healthy}
		      app: {condition: service_started}
		    healthcheck: {test: "pg_isready -U $$POSTGRES_USER", interval: 1m30s, timeout: 500ms, retries: 5, start_period: 0s}
		    stop_grace_period: 1m
		    stop_signal: SIGINT
		    working_dir: /srv
		  job: {image: app:1, entrypoint: "", command: "sh -c 'exit 0'", volumes: ["../..:/all:ro"]}
		  cache: {image: "redis:7", healthcheck: {disable: true}, ports: [":6379:6379"]}
		  web: {image: nginx, profiles: [front], deploy: {replicas: 2}, logging: {driver: none}}
	YAML
	mkdir p/.devcontainer/init
	printf '# c\nexport FILE="from ${FILE_VAR:-file}" # d\nPOSTGRES_PASSWORD=lower\nLINES=\x27$x\x27\n' >p/.devcontainer/db.env
	run -0 --separate-stderr sandbox config ./p
	diff -u - <(printf '%s\n' "$stderr" | sed 's,^sandbox: p/.devcontainer/,,') <<-EOF2
		compose.yml:9: of '$T' only the project is mounted, at '/w/p'
		compose.yml:9: the volume '/var/run/docker.sock:/var/run/docker.sock' is left out: whoever has the socket of Docker is root on this machine
		compose.yml:9: the volume '/dev:/dev' is left out: a box has its own /dev, /proc and /sys; 'devices' in sandbox.ini lends devices
		compose.yml:16: 'host.docker.internal' is this machine, whose ports are closed unless a line allows them: [network] allow = host.sandbox:PORT
		compose.yml:15: the command of 'app' is not started: a box begins with a session
		compose.yml:17: the key 'quux' of service 'app' is unknown
		compose.yml:14: service 'app' NET_ADMIN: a box does not get this capability over the machine
		compose.yml:24: service 'db': nothing is mounted at '/none': there is no '/no/such', which is not in the project and so is not made
		compose.yml:34: of '$T' only the project is mounted, at '/all/p'
		compose.yml:36: service 'web' runs once, not 2 times: services have no copies
		devcontainer.json:1: port 'none:1' is left out: there is no service 'none'
	EOF2
	diff -u - <(settings) <<-EOF2
		image = app:1 p/.devcontainer/compose.yml:8
		project = /w/p p/.devcontainer/devcontainer.json:1
		env.MODE = test p/.devcontainer/compose.yml:10
		env.LEVEL = info p/.devcontainer/compose.yml:4
		mounts./c = volume:cache ro p/.devcontainer/compose.yml:9
		mounts./t = tmpfs p/.devcontainer/compose.yml:9
		ports.8000 = 80 p/.devcontainer/compose.yml:11
		ports.127.0.0.1:8001 = 81 p/.devcontainer/compose.yml:11
		ports.auto = 9000 p/.devcontainer/compose.yml:11
		ports.8002 = 82 p/.devcontainer/compose.yml:11
		ports.8003 = 83 p/.devcontainer/compose.yml:11
		network.aliases = app p/.devcontainer/compose.yml:7
		network.hosts = host.docker.internal:host.sandbox p/.devcontainer/compose.yml:16
		service db.image = postgres:16 p/.devcontainer/compose.yml:20
		service db.command = postgres -c 'log line' p/.devcontainer/compose.yml:21
		service db.env.FILE = from file p/.devcontainer/db.env:2
		service db.env.POSTGRES_PASSWORD = a\$\$b c p/.devcontainer/compose.yml:22
		service db.env.LINES = \$\$x p/.devcontainer/db.env:4
		service db.env.discovery.type = single-node p/.devcontainer/compose.yml:22
		service db.volumes = data:/var/lib/postgresql/data p/.devcontainer/compose.yml:24
		service db.volumes = $T/p/.devcontainer/init:/init:ro:create p/.devcontainer/compose.yml:24
		service db.tmpfs = /run/postgresql p/.devcontainer/compose.yml:25
		service db.network = project p/.devcontainer/compose.yml:19
		service db.needs = job:completed p/.devcontainer/compose.yml:27
		service db.needs = cache p/.devcontainer/compose.yml:28
		service db.health = pg_isready -U \$POSTGRES_USER p/.devcontainer/compose.yml:30
		service db.health-interval = 90s p/.devcontainer/compose.yml:30
		service db.health-timeout = 500ms p/.devcontainer/compose.yml:30
		service db.health-start-period = 0s p/.devcontainer/compose.yml:30
		service db.health-retries = 5 p/.devcontainer/compose.yml:30
		service db.workdir = /srv p/.devcontainer/compose.yml:33
		service db.restart = unless-stopped p/.devcontainer/compose.yml:3
		service db.stop-signal = SIGINT p/.devcontainer/compose.yml:32
		service db.stop-timeout = 60s p/.devcontainer/compose.yml:31
		service job.image = app:1 p/.devcontainer/compose.yml:34
		service job.command = sh -c 'exit 0' p/.devcontainer/compose.yml:34
		service job.entrypoint = p/.devcontainer/compose.yml:34
		service job.volumes = $T/p:/all/p:ro p/.devcontainer/compose.yml:34
		service cache.image = redis:7 p/.devcontainer/compose.yml:35
		service cache.ports = :6379:6379 p/.devcontainer/compose.yml:35
		service cache.health = none p/.devcontainer/compose.yml:35
		service web.image = nginx p/.devcontainer/compose.yml:36
		service web.profiles = front p/.devcontainer/compose.yml:36
		user = dev p/.devcontainer/compose.yml:13
		service db.ports = 5432:5432 p/.devcontainer/devcontainer.json:1
		service web.ports = 80:80 p/.devcontainer/devcontainer.json:1
	EOF2
}

@test "directories of volumes that do not exist are made in the project, as you, and nowhere else" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app:
		    image: app:1
		    volumes:
		      - ..:/w
		      - ../.cache/deep:/cache
		      - {type: bind, source: "./long dir", target: /long, read_only: true}
		      - /no/such:/none
		      - ../link/made:/linked
		      - ../out/x:/x
		  db:
		    image: app:1
		    volumes: ["./data:/data"]
		    command: sh -c 'echo kept >/data/file; exec sleep 1000'
		  strict:
		    {profiles: [x], image: app:1,
		    volumes: [{type: bind, source: ./strict, target: /s, bind: {create_host_path: false}}]}
	YAML
	mkdir p/real "$T/out"
	ln -s real p/link
	ln -s "$T/out" p/out
	# Looking makes nothing.
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *"compose.yml:8: service 'app': nothing is mounted at '/none': there is no '/no/such', which is not in the project and so is not made"* ]]
	[ ! -e p/.cache ]
	fails 125 "*compose.yml:10: cannot mount '$T/p/out/x': No such file or directory: make it, or name another source for '*'" sandbox enter ./p -- true
	[ ! -e p/.cache ]
	[ ! -e "$T/out/x" ]
	sed -i '/out.x/d' p/.devcontainer/compose.yml
	run -0 --separate-stderr sandbox try --quiet ./p -- sh -c 'echo 1 >/cache/tried; cat /cache/tried'
	[ "$output" = 1 ]
	[ ! -e p/.cache ]
	sandbox discard --force p
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'echo 1 >/cache/one; echo 2 >/linked/two; ls -d /long; touch /long/x || echo read-only'
	[ "$output" = $'/long\nread-only' ]
	[ -O p/.cache/deep/one ]
	[ "$(cat p/real/made/two)" = 2 ]
	wait_until 100 test -s p/.devcontainer/data/file
	# What was made changes nothing of what the box is made from.
	run -0 --separate-stderr sandbox enter ./p -- cat /cache/one
	[[ $stderr != *'next start'* ]]
	(cd p && sandbox down >/dev/null)
	sandbox stop p
	sed -i 's/profiles: \[x\], //' p/.devcontainer/compose.yml
	run -0 --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *"service 'strict': p/.devcontainer/compose.yml:16: cannot mount '$T/p/.devcontainer/strict': No such file or directory"* ]]
	sandbox stop p
	sed -i 's/service": "app"/service": "strict"/' p/.devcontainer/devcontainer.json
	run -125 --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *"compose.yml:16: cannot mount '$T/p/.devcontainer/strict': No such file or directory: make it, or name another source for '"*"'" ]]
}

@test "services reach each other by each name that compose gives them; hosts that they name are in /etc/hosts" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app:
		    image: app:1
		    volumes: [..:/w]
		    container_name: my_app
		    links: ["db:database", "web:db"]
		    extra_hosts: ["host.docker.internal:host-gateway", "api=10.9.8.7", "six:[2001:db8::1]", "bad:x"]
		  db:
		    image: app:1
		    hostname: pg.internal
		    networks: {default: {aliases: [store, db, "no,name"]}}
		    extra_hosts: {api: 10.9.8.6}
		    command: sh -c 'exec httpd -f -p 8080 -h /srv'
		  web: {image: app:1, command: sleep 1000}
	YAML
	cat >"$T/get" <<-'SH'
		#!/bin/sh
		port=$1
		shift
		for name; do
			wget -qO - "http://$name:$port/id"
			echo ": $?"
		done
	SH
	install -m 755 "$T/get" p/get
	run -0 --separate-stderr sandbox enter ./p -- sh -c './get 8080 db database pg.internal STORE store.project.sandbox; sed -n "/host.docker\|api\|six/p" /etc/hosts'
	[ "$output" = $'volume: 0\nvolume: 0\nvolume: 0\nvolume: 0\nvolume: 0\n10.0.2.2\thost.docker.internal\n10.9.8.7\tapi\n2001:db8::1\tsix' ]
	[[ $stderr = *"the host 'bad' of service 'app' is left out: "* ]]
	[[ $stderr = *"the name 'no,name' of service 'db' is left out: "* ]]
	cd p
	# Services reach the box, by its service's names; a line of their own comes first.
	sandbox enter -- sh -c 'httpd -p 3000 -h /srv; touch ready; exec sleep 1000' 3>&- &
	wait_until 100 test -e ready
	sandbox exec web sh -c 'wget -qO - http://app:3000/id && wget -qO - http://my_app:3000/id' >got
	[ "$(cat got)" = volumevolume ]
	[ "$(sandbox exec db sh -c 'grep -m 1 api /etc/hosts')" = $'10.9.8.6\tapi' ]
	# A box that starts with others forgets those it had.
	sandbox stop p
	wait_for "$!"
	rm ready
	sed -i 's/my_app/other/' .devcontainer/compose.yml
	sandbox enter -- sh -c 'httpd -p 3000 -h /srv; touch ready; exec sleep 1000' 3>&- &
	wait_until 100 test -e ready
	run -0 sandbox exec web sh -c 'wget -qO - http://other:3000/id'
	run ! sandbox exec web sh -c 'wget -qO - http://my_app:3000/id'
	sandbox stop p
	wait_for "$!"
	sandbox down >/dev/null
	printf '[network]\naliases = localhost\n' >sandbox.ini
	fails 125 "*sandbox.ini:2: *'localhost' cannot be an alias: *" sandbox config
	printf '[service x]\nimage = app:1\nhosts = a:b\n' >sandbox.ini
	fails 125 "*sandbox.ini:3: *'a:b': expected NAME:ADDRESS, or NAME:host.sandbox for this machine" sandbox config
}

@test "services that share a network are at each other's localhost; a published port is this machine's, if that is allowed" {
	server_image
	compose '"workspaceFolder": "/w", "forwardPorts": [3000, "db:8080"], "appPort": ["3001:3001"]' <<-'YAML'
		services:
		  app: {image: "app:1", volumes: [..:/w], network_mode: "service:db", extra_hosts: ["host.docker.internal:host-gateway"]}
		  db:
		    image: app:1
		    ports: ["3000:3000", "3001:3001", "0:8080"]
		    command: sh -c 'exec httpd -f -p 8080 -h /srv'
		  worker: {image: "app:1", network_mode: "service:app", command: sh -c 'echo worker >/run/id; exec httpd -f -p 8081 -h /run'}
		  cache: {image: "app:1", command: sh -c 'echo cache >/run/id; exec httpd -f -p 8082 -h /run'}
		  admin: {image: "app:1", network_mode: "service:cache", command: sleep 1000}
		  odd: {image: "tool:1", network_mode: host, profiles: [x]}
		  lost: {image: "tool:1", network_mode: "service:none", profiles: [x]}
	YAML
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed -i "s/0:8080/$port:8080/; s/3000:/0:/; s/3001:/0:/" p/.devcontainer/compose.yml
	run -0 --separate-stderr sandbox config ./p
	diff -u - <(sed -n 's,^sandbox: p/.devcontainer/,,p' <<<"$stderr") <<-EOF2
		compose.yml:2: 'host.docker.internal' is this machine, whose ports are closed unless a line allows them: [network] allow = host.sandbox:PORT
		compose.yml:10: network_mode 'host' of service 'odd' is left out: it has a network of its own
		compose.yml:11: network_mode 'service:none' of service 'lost' is left out: it has a network of its own
		compose.yml:11: service 'lost' needs 'none', which does not exist
	EOF2
	# What the box listens on is published by the service that says so, and only once.
	diff -u - <(settings | grep -E 'network =|ports|needs' | sed 's, p/.*,,') <<-EOF2
		service db.ports = 0:3000
		service db.ports = 0:3001
		service db.ports = $port:8080
		service db.network = project
		service worker.network = project
		service admin.network = service:cache
		service admin.needs = cache:started
	EOF2
	cd p
	run ! sandbox enter --accept -- sh -c "wget -T 5 -qO - http://host.docker.internal:$port/id"
	sandbox up -d --accept >/dev/null
	sandbox wait
	run -0 --separate-stderr sandbox enter --accept -- sh -c 'for at in localhost:8080 db:8080 app:8080 localhost:8081 worker:8081 cache:8082 admin:8082; do wget -qO - http://$at/id; done'
	[ "$output" = $'volumevolumevolumeworker\nworker\ncache\ncache' ]
	[ "$(sandbox exec worker sh -c 'wget -qO - http://localhost:8080/id')" = volume ]
	[ "$(sandbox exec admin sh -c 'wget -qO - http://localhost:8082/id')" = cache ]
	run ! sandbox exec admin sh -c 'wget -qO - http://localhost:8080/id'
	sandbox down >/dev/null
	sandbox stop p
	printf '[network]\nallow = host.sandbox:%s\n' "$port" >sandbox.ini
	run -0 --separate-stderr sandbox enter --accept -- sh -c "wget -qO - http://host.docker.internal:$port/id"
	[ "$output" = volume ]
	sandbox down >/dev/null
}

@test "a variable of the host is asked for, wherever in a list or a long form it is" {
	compose <<<'services: {app: {image: "app:1", ports: [{target: "1", published: "$P"}]}, db: {image: "app:1", healthcheck: {test: [CMD, x, "${SECRET}"]}, volumes: [{source: "$V", target: /v}]}}'
	export P=7001 SECRET=x V=v
	run ! sandbox enter ./p -- true
	[[ $output = *'variable of yours: P, for [ports] 7001'* ]]
	[[ $output = *'variable of yours: SECRET, for [service db] health'* ]]
	[[ $output = *'variable of yours: V, for [service db] volumes'* ]]
}

@test "secrets and configs that are texts: files in the memory of the box and of a service, with their mode" {
	server_image
	compose '"workspaceFolder": "/w", "remoteUser": "dev"' <<-'YAML'
		services:
		  app:
		    image: app:1
		    volumes: [..:/w]
		    secrets: [token, plain, lost]
		    configs: [{source: conf, target: /etc/conf, mode: 0440, uid: "103"}, {source: conf, target: /etc/bad, mode: rw}]
		  db:
		    image: app:1
		    user: dev
		    command: sh -c 'exec httpd -f -p 8080 -h /www'
		    secrets: [{source: token, target: word, mode: 0o400, uid: "0"}, {source: dotted, target: /www/dotted}]
		    configs: [{source: conf, target: /www/conf, mode: "0040"}]
		secrets:
		  token: {environment: WORD}
		  dotted: {environment: DOTTED}
		  plain: {file: ./plain}
		  lost: {environment: LOST}
		configs:
		  conf:
		    content: |
		      listen ${PORT:-80};	# $$host

		      text:0777:
	YAML
	echo plain >p/.devcontainer/plain
	echo DOTTED=of-the-project >p/.devcontainer/.env
	export WORD=$'our-word\n'
	unset LOST PORT
	run ! --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *'variable of yours: WORD, for [mounts] /run/secrets/token'* ]]
	[[ $stderr = *'variable of yours: WORD, for [mounts] /run/secrets/word'* ]]
	[[ $stderr != *DOTTED* ]]
	run -1 --separate-stderr sandbox enter --accept ./p -- sh -c 'cat /run/secrets/token /run/secrets/plain /etc/conf; ls /run/secrets; stat -c %a:%U /etc/conf; echo x >/etc/conf'
	[ "$output" = $'our-word\nplain\nlisten 80;\t# $host\n\ntext:0777:\nplain\ntoken\n440:dev' ]
	[[ $stderr = *"compose.yml:5: 'lost' of secrets is left out: its variable is not set"* ]]
	[[ $stderr = *"compose.yml:6: 'conf' of configs is left out: its mode is no number"* ]]
	[[ $stderr = *'/etc/conf: Read-only file system'* ]]
	(cd p && sandbox up -d --accept >/dev/null)
	wait_until 300 sandbox exec p.db sh -c 'wget -qO /dev/null http://127.0.0.1:8080/dotted 2>/dev/null'
	run -0 sandbox enter --accept ./p -- sh -c 'wget -qO - http://db:8080/dotted; wget -qO - http://db:8080/conf'
	[ "$output" = $'of-the-projectlisten 80;\t# $host\n\ntext:0777:' ]
	run -0 sandbox exec p.db sh -c 'cat /run/secrets/word; stat -c %a:%U /run/secrets/word /www/conf'
	[ "$output" = $'our-word\n400:dev\n440:dev' ]
	# Who reads the files of the store reads none of it, and nothing of it stays.
	run -1 find "$XDG_DATA_HOME" -path "*/work/work" -prune -o -type f -perm /077 -exec grep -l our-word {} +
	[ -z "$output" ]
	# Another value is another service.
	export WORD=other-word
	(cd p && sandbox up -d --accept >/dev/null)
	[ "$(sandbox exec p.db sh -c 'cat /run/secrets/word')" = other-word ]
	(cd p && sandbox down >/dev/null)
	sandbox rm --force p
	run find "$XDG_DATA_HOME/sandbox/boxes" "$XDG_DATA_HOME/sandbox/devcontainers" -type f -exec grep -l 'our-word\|other-word' {} +
	[ -z "$output" ]
}

@test "a user without a value is root, as for Docker; each key of compose is known" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app: {image: "app:1", user: "${NO_UID-}:${NO_GID-}", volumes: ["..:/w"]}
		  a: {image: "app:1", user: ":", command: "sh -c 'id -u; exec sleep 1000'"}
		  b: {image: "app:1", user: ":103", profiles: [never]}
		  c: {image: "app:1", user: "${NO_UID-}", profiles: [never], dns_opt: [x], device_cgroup_rules: ["c 1:3 mr"], credential_spec: {file: x}, pull_refresh_after: 1h}
	YAML
	run -0 --separate-stderr sandbox config ./p
	[[ $output = *'service a.user '*'= 0 '* && $output = *'service b.user '*'= 0:103 '* && $output != *'service c.user'* ]]
	[[ $stderr != *'is unknown'* && $stderr = *"'device_cgroup_rules' of service 'c' is left out: 'devices' names each device"* ]]
	[ "$(NO_UID='' sandbox enter --quiet --accept ./p -- id -u)" = 0 ]
	(cd p && sandbox up -d --accept >/dev/null && wait_until 300 sh -c '[ "$(sandbox logs a)" = 0 ]' && sandbox down >/dev/null)
}

@test "a mode is what go-yaml makes of it: a number is decimal or has a prefix, a text is octal" {
	python3 - >compose.in <<-'PY'
		modes = {"0440": "0440", "440": "0450", "292": "0444", '"440"': "0440", '"0440"': "0440", "'0o440'": "", "0o440": "0440", "0x120": "0440",
		         "0b100100000": "0440", "04_40": "0440", "${MODE}": "0440", "${MODE:-292}": "0440", "0${MODE}": "0440", "0": "0000", "0888": "", "888": "0550", "4.4": "", "-1": "",
		         "1_000_000_000_000_000_000_000": "", "0x": "", "rw": "", '""': "", "null": "0444", "[1]": ""}
		print("services:\n  app:\n    image: app:1\n    configs:")
		for i, (written, meant) in enumerate(modes.items()):
		    print(f"      - source: conf\n        target: /{i}\n        mode: {written}")
		print("configs: {conf: {content: text}}")
		open("meant", "w").write("".join(f"/{i} {m}\n" for i, m in enumerate(modes.values()) if m))
	PY
	compose <compose.in
	MODE=440 run -0 --separate-stderr sandbox config ./p
	diff -u meant <(awk '$1 ~ /^(mounts\.)?\/[0-9]+$/ { sub(/^mounts\./, "", $1); split($3, mode, ":"); print $1, mode[2] }' <<<"$output" | sort -V)
	[ "$(grep -c "'conf' of configs is left out: its mode is no number" <<<"$stderr")" = 9 ]
}

@test "build: additional_contexts and secrets of the project, a variable that is asked for; what cannot be had is named" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app:
		    volumes: [..:/w]
		    build:
		      context: ./db
		      additional_contexts: {more: ../more, base: docker-image://app:1, other: "target:none"}
		      cache_from: ["127.0.0.1:9/x", "type=gha"]
		      secrets:
		        - token
		        - {source: word, target: key}
		        - outer
		        - lost
		        - none
		  db:
		    image: app:1
		    pre_start: [{command: true}]
		secrets:
		  token: {file: ./token}
		  word: {environment: WORD}
		  outer: {file: ../../token}
		  lost: {file: ./lost}
		  none: {external: true}
	YAML
	mkdir -p p/.devcontainer/db p/more
	echo more >p/more/more
	echo outside >token
	echo ours >p/.devcontainer/token
	printf 'FROM base\nCOPY --from=more more /more\nRUN --mount=type=secret,id=token --mount=type=secret,id=key cat /run/secrets/token /run/secrets/key >/both; ls /run/secrets >/all\n' >p/.devcontainer/db/Dockerfile
	export WORD=$'mine\n'
	run ! --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *'variable of yours: WORD, for [sandbox] image'* ]]
	run -0 --separate-stderr sandbox config ./p
	diff -u - <(sed -n 's,^sandbox: p/.devcontainer/,,p' <<<"$stderr") <<-EOF2
		compose.yml:7: cache_from 'type=gha' is left out: expected the name of an image, or type=registry,ref=NAME
		compose.yml:11: the secret 'outer' of a build is left out: its file is not in the project
		compose.yml:12: the secret 'lost' of a build is left out: its file does not exist
		compose.yml:13: the secret 'none' of a build is left out: it is neither a file nor a variable
		compose.yml:6: 'other' of additional_contexts is left out: expected a directory, docker-image://IMAGE, service:NAME or a git repository
		compose.yml:16: 'pre_start' of service 'db' is left out: no command is run beside a service
	EOF2
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'cat /more /both /all'
	[ "$output" = $'more\nours\nmine\nkey\ntoken' ]
	[[ $stderr = *"the cache '127.0.0.1:9/x' is not used: "* ]]
	(cd p && sandbox down >/dev/null)
	# A link that a box puts there leads nowhere.
	rm p/.devcontainer/token
	ln -s "$T/token" p/.devcontainer/token
	run --separate-stderr sandbox config ./p
	[[ $stderr = *"the secret 'token' of a build is left out: its file is not in the project"* ]]
	cd p/.devcontainer/db
	fails 125 "*cannot read the secret 'token'*" sandbox image build --quiet --no-cache --build-context base=docker-image://app:1 --build-context more=../../more \
		--secret "id=token,src=.devcontainer/token,in=$T/p" .
	sed -i 's,other: "target:none",gone: ./gone,' ../compose.yml
	fails 125 "*compose.yml:5: *the context '.devcontainer/gone' does not exist" sandbox enter --accept --rebuild "$T/p" -- true
}

@test "additional_contexts of services: their images are built first, in any depth; a circle is named" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app:
		    volumes: [..:/w]
		    build: {dockerfile_inline: "FROM base\nCOPY --from=tools /tool /tool\n", additional_contexts: {base: "target:base_0", tools: "service:tools"}}
		  base.0:
		    build: {dockerfile_inline: "FROM below\nCOPY note /base\n", context: ./base, additional_contexts: ["below=service:below"]}
		    profiles: [never]
		  below: {image: "app:1", profiles: [never]}
		  tools:
		    build: {dockerfile_inline: "FROM base\nRUN cat /base >/tool; echo tool >>/tool\n", additional_contexts: {base: "service:base.0"}}
		    command: sh -c 'cat /tool; exec sleep 1000'
	YAML
	mkdir p/.devcontainer/base
	echo one >p/.devcontainer/base/note
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'cat /base /tool'
	[ "$output" = $'one\none\ntool' ]
	(cd p && wait_until 300 sh -c 'sandbox logs tools | grep -q tool' && sandbox down >/dev/null)
	echo two >p/.devcontainer/base/note
	run -0 --separate-stderr sandbox enter --accept --rebuild ./p -- sh -c 'cat /base /tool'
	[ "$output" = $'two\ntwo\ntool' ]
	# It is no base that a lock has, and a lock does not stop the build.
	(cd p && sandbox down >/dev/null && sandbox lock)
	run -1 grep -c localhost/devcontainer p/sandbox.lock
	run -0 --separate-stderr sandbox enter --accept --rebuild ./p -- true
	(cd p && sandbox down >/dev/null)
	compose <<<'services: {app: {image: "app:1"}, a: {build: {additional_contexts: {x: "service:b"}}}, b: {build: {additional_contexts: {x: "service:c"}}}, c: {build: {additional_contexts: {x: "service:a"}}}, d: {build: {additional_contexts: {x: "service:none"}}}}'
	touch p/.devcontainer/Dockerfile
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *"compose.yml:1: service 'c' is left out: builds need each other in a circle: a, b, c, a"* ]]
	[[ $stderr = *"service 'b' is left out: its build needs the image of 'c'"* ]]
	[[ $stderr = *"service 'a' is left out: its build needs the image of 'b'"* ]]
	[[ $stderr = *"service 'd' is left out: its build needs 'none', which is no service"* ]]
	compose <<<'services: {app: {build: {additional_contexts: {x: "service:app"}}}}'
	rm p/sandbox.lock
	fails 125 "*compose.yml:1: service 'app': builds need each other in a circle: app, app" sandbox enter --rebuild --accept ./p -- true
}

@test "ssh of a build: the agent is asked for, and lent to the steps that mount it; no other socket is" {
	server_image
	compose '"workspaceFolder": "/w"' <<-'YAML'
		services:
		  app:
		    volumes: [..:/w]
		    build: {dockerfile_inline: "FROM app:1\nRUN --mount=type=ssh echo $$SSH_AUTH_SOCK >/a\nRUN --mount=type=ssh,id=mine test -S $$SSH_AUTH_SOCK && echo yes >>/a\nRUN echo none$$SSH_AUTH_SOCK >>/a\n", ssh: [default, "mine=${SSH_AUTH_SOCK}", "key=~/.ssh/id_rsa", "bad=/run/user/0/other"]}
		  db:
		    image: app:1
	YAML
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/agent"
	export SSH_AUTH_SOCK=$T/agent
	run ! --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *'ssh-agent = yes, for the steps of a build'* ]]
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *"compose.yml:4: 'key' in ssh of a build is left out: expected a name, such as default, for your agent"* ]]
	[[ $stderr = *"compose.yml:4: 'bad' in ssh of a build is left out: "* ]]
	run -0 sandbox images
	[[ $output != *devcontainer* ]]
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'cat /a'
	[ "$output" = $'/run/buildkit/ssh_agent.0\nyes\nnone' ]
	(cd p && sandbox down >/dev/null)
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = ssh-agent\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*devcontainer.json: the policy of * denies 'ssh' of 'build'" sandbox enter ./p -- true
	rm "$HOME/.config/sandbox/sandbox.conf"
	# A service's build, and the short form.
	compose <<<'services: {app: {image: "app:1"}, db: {build: {ssh: default, dockerfile_inline: "FROM app:1\nRUN --mount=type=ssh,required true\n"}}}'
	unset SSH_AUTH_SOCK
	run -0 sandbox enter ./p -- true
	[[ $output = *'there is no agent, SSH_AUTH_SOCK is not set'* ]]
	export SSH_AUTH_SOCK=$T/agent
	sandbox enter ./p -- true
	(cd p && sandbox down >/dev/null)
}

@test "features are installed in the box's image, be it named or built; the image of a service is not theirs" {
	server_image
	mkdir -p p/.devcontainer/tool
	echo '{"id": "tool", "version": "1.0.0", "containerEnv": {"TOOL": "yes"}}' >p/.devcontainer/tool/devcontainer-feature.json
	printf '#!/bin/sh\necho tool >/srv/tool\n' >p/.devcontainer/tool/install.sh
	compose '"workspaceFolder": "/w", "features": {"./tool": {}}' <<<'services: {app: {image: "app:1", volumes: [..:/w]}, other: {image: "app:1", command: [sh, -c, exec sleep 60]}}'
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'cat /srv/tool; echo $TOOL'
	[ "$output" = $'tool\nyes' ]
	(cd p && sandbox exec other ls /srv) >listed
	[ "$(cat listed)" = id ]
	cat >p/.devcontainer/compose.yml <<-'YAML'
		services:
		  app:
		    build: {context: ., args: {WHO: me}, dockerfile_inline: "FROM app:1\nARG WHO\nCOPY note /srv/\nRUN <<E\necho $$WHO >>/srv/note\nE\n"}
		    volumes: [..:/w]
		  other: {build: {dockerfile_inline: "FROM app:1"}, command: [sh, -c, exec sleep 60]}
	YAML
	echo note >p/.devcontainer/note
	(cd p && sandbox down >/dev/null)
	run -0 --separate-stderr sandbox enter --rebuild ./p -- sh -c 'cat /srv/tool /srv/note; echo $TOOL'
	[ "$output" = $'tool\nnote\nme\nyes' ]
	[[ $(cd p && sandbox ps --json | jq -r '.[].service | select(.name == "other").state') = running ]]
	cat <<<'services: {app: {build: {dockerfile_inline: "FROM app:1\nXUN no"}}}' >p/.devcontainer/compose.yml
	run -125 --separate-stderr sandbox enter --rebuild ./p -- true
	[[ $stderr = *"-:2: "*XUN* ]]
	echo 'services: {app: {build: {dockerfile: x, dockerfile_inline: "FROM app:1"}}}' >p/.devcontainer/compose.yml
	fails 125 "*'app': its build has both 'dockerfile' and 'dockerfile_inline'" sandbox enter --rebuild ./p -- true
	echo 'services: {app: {build: ., volumes: [..:/w]}}' >p/.devcontainer/compose.yml
	printf 'FROM app:1\nRUN echo more >/srv/more\n' >p/.devcontainer/Dockerfile
	run -0 --separate-stderr sandbox enter --rebuild ./p -- sh -c 'cat /srv/tool /srv/more; echo $TOOL'
	[ "$output" = $'tool\nmore\nyes' ]
}

@test "several files, extends, include and .env make one" {
	compose <<-'YAML'
		include: [more.yml]
		services:
		  app:
		    image: "app:${TAG:?set it in .env}"
		    extends: {file: base.yml, service: base}
		    environment: [A=first]
	YAML
	sed -i 's/"compose.yml"/["compose.yml", "over.yml"]/' p/.devcontainer/devcontainer.json
	fails 125 '*p/.devcontainer/devcontainer.json:1: *compose.yml:4: the variable TAG is needed: set it in .env' sandbox config ./p
	echo 'TAG=1' >p/.devcontainer/.env
	cat >p/.devcontainer/base.yml <<-'YAML'
		services:
		  base: {extends: root, environment: {B: base, A: base}}
		  root: {environment: {B: root, C: root}, tmpfs: [/x], ports: ["1:1", "2:2"]}
	YAML
	echo 'services: {db: {image: "db:${TAG}"}}' >p/.devcontainer/more.yml
	printf 'services: {app: {environment: {C: over}, tmpfs: !reset null, ports: !override ["3:3"]}, db: {restart: always}}\n' >p/.devcontainer/over.yml
	diff -u - <(settings | cut -d' ' -f1-4 | grep -v '^project\|^user') <<-'EOF2'
		image = app:1 p/.devcontainer/compose.yml:4
		env.B = base p/.devcontainer/base.yml:2
		env.C = over p/.devcontainer/over.yml:1
		env.A = first p/.devcontainer/compose.yml:6
		ports.3 = 3 p/.devcontainer/over.yml:1
		network.aliases = app p/.devcontainer/over.yml:1
		service db.image = db:1
		service db.restart = always
	EOF2
	# Each of them is a part of what the settings are valid for.
	sed -i 's/TAG=1/TAG=2/' p/.devcontainer/.env
	[ "$(sandbox config ./p image)" = app:2 ]
	sed -i 's/B: base/B: new/' p/.devcontainer/base.yml
	[ "$(sandbox config ./p env.B)" = new ]
	# sandbox.ini comes first.
	printf '[service db]\nimage = mine\n' >p/sandbox.ini
	[ "$(sandbox config ./p 'service db.image')" = mine ]
}

@test "a .env or an env_file that is a symlink out of the project is left out, and named" {
	compose <<<'services: {app: {image: "app:${TAG:-1}", env_file: [keys, in], environment: {X: "$Z"}}}'
	mkdir out
	printf 'TAG=elsewhere\nZ=elsewhere\n' | tee out/env out/keys >/dev/null
	printf 'Y=here\n' >p/.devcontainer/real
	ln -s real p/.devcontainer/in
	for target in "$T/out/env" ../../out/env ../../.devcontainer/.env; do
		ln -sfn "$target" p/.devcontainer/.env
		ln -sfn "${target%/*}/keys" p/.devcontainer/keys
		[ "$target" != ../../.devcontainer/.env ] || { mkdir .devcontainer && cp out/env .devcontainer/.env && cp out/keys .devcontainer/keys; }
		run -0 --separate-stderr sandbox config ./p
		[[ $output != *elsewhere* ]]
		[[ $output = *'= app:1 '* && $output = *env.Y* ]]
		[[ $stderr = *"devcontainer.json:1: '$T/p/.devcontainer/.env' leads out of the project by a symlink: its variables are left out"* ]]
		[[ $stderr = *"env_file 'keys' is left out: '$T/p/.devcontainer/keys' leads out of the project by a symlink"* ]]
	done
	# Nothing at all is there.
	ln -sfn none p/.devcontainer/.env
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr != *.env* ]]
}

@test "of two volumes at one target, in one file or two, only the last is looked at" {
	compose <<-'YAML'
		services:
		  app:
		    image: app:1
		    volumes: ["/no/such:/data/", "./in:/data/in", "/no/such/too:/twice", {type: volume, source: v, target: /twice}]
		  db: {image: "db:1", volumes: ["${NONE-}/x:/var/lib/db", "anon:/a", /b, /b]}
	YAML
	sed -i 's/"compose.yml"/["compose.yml", "over.yml"]/' p/.devcontainer/devcontainer.json
	echo 'services: {app: {volumes: ["data:/data"]}, db: {volumes: [{source: "kept", target: /var/lib/db}]}}' >p/.devcontainer/over.yml
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr != *'nothing is mounted'* ]]
	diff -u - <(settings | grep 'mounts\|volumes' | cut -d' ' -f1-4) <<-EOF2
		mounts./data = volume:data p/.devcontainer/over.yml:1
		mounts./data/in = $T/p/.devcontainer/in create
		mounts./twice = volume:v p/.devcontainer/compose.yml:4
		service db.volumes = kept:/var/lib/db
		service db.volumes = anon:/a
		service db.volumes = /b
	EOF2
}

@test "what is wrong is said with file and line; nothing outside the project is read" {
	compose <<<'services: {db: {image: x}}'
	fails 125 "*p/.devcontainer/devcontainer.json:1: the compose files have no service 'app'" sandbox config ./p
	compose <<<$'services:\n  app:\n    image: a\n    image: b\n'
	fails 125 "*devcontainer.json:1: */compose.yml:4: the key 'image' is there a second time: first in line 3" sandbox config ./p
	compose <<<$'services:\n  app: &a\n    x-me: *a\n'
	fails 125 "*/compose.yml:*: an alias is within what it stands for" sandbox config ./p
	compose <<<$'services:\n  app: {extends: app}\n'
	fails 125 "*/compose.yml:2: services extend each other in a circle, or too deeply" sandbox config ./p
	compose <<<$'services:\n  app: {image: "${X"}\n'
	fails 125 "*/compose.yml:2: '\${X' has no '}'" sandbox config ./p
	compose <<<$'services: [app]\n'
	fails 125 "*/compose.yml:1: 'services' is no mapping" sandbox config ./p
	# Aliases that multiply, depth, size.
	python3 - >p/.devcontainer/compose.yml <<-'PY'
		print("x0: &x0 [1, 2]")
		for i in range(40):
		    print(f"x{i + 1}: &x{i + 1} {{a: *x{i}, b: *x{i}, c: *x{i}}}")
		print("services: {app: {image: app:1, environment: *x40, volumes: *x0}}")
	PY
	sandbox config ./p image
	printf '%070000d' 0 | tr 0 '[' >p/.devcontainer/compose.yml
	fails 125 '*/compose.yml:1: there is too much in it' sandbox config ./p
	# Symlinks out, and paths out.
	mkdir out
	echo 'services: {app: {image: app:1, env_file: [../../out/env, link.env]}}' >out/compose.yml
	echo SECRET=x >out/env
	ln -s "$T/out/env" p/.devcontainer/link.env
	cp out/compose.yml p/.devcontainer/compose.yml
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *"env_file '../../out/env' is left out: '$T/out/env' is not in the project"* ]]
	[[ $stderr = *"env_file 'link.env' is left out: "* ]]
	[[ $output != *SECRET* ]]
	ln -sf "$T/out/compose.yml" p/.devcontainer/compose.yml
	run -125 sandbox config ./p
	echo '{"dockerComposeFile": "../../out/compose.yml", "service": "app"}' >p/.devcontainer/devcontainer.json
	fails 125 "*devcontainer.json:1: '$T/out/compose.yml' is not in the project" sandbox config ./p
}
