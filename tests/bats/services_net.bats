#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the boxes; bats sets variables
# Services with network = gateway: names, ports of their own, projects apart; services that come and
# go with `enter`.

load helpers

teardown() {
	cd "$T" || return 1
	sandbox_teardown
}

# A server of the directory's name on port 5432: prints "PROJECT SERVICE".
server() { # WORDS
	echo "command = sh -c \"mkdir /tmp/x; cd /tmp/x; echo $1 >id; exec python3 -m http.server 5432\"
image = host
health = http://localhost:5432/id"
}

services() { # NAME SETTINGS TEXT
	project "$1" $'[sandbox]\nnetwork = gateway\n'"$2"$'\n'"$3"
	cd "$T/$1" || return 1
}

is() { # SERVICE STATE
	[ "$(sandbox ps --json | jq -r ".[].service | select(.name == \"$1\").state")" = "$2" ]
}

@test "two projects with the same services on the same port: found by name, each in its project only" {
	for name in one two; do
		services $name 'linger = 0' "[service db]
$(server "$name db")
[service web]
needs = db
$(server "$name web")"
		sandbox up -d --accept >/dev/null
		sandbox wait
	done
	for name in one two; do
		cd "$T/$name"
		[ "$(sandbox enter --accept -- sh -c 'curl -s http://db:5432/id; curl -s http://web:5432/id')" = \
			"$name db"$'\n'"$name web" ]
		[ "$(sandbox exec web sh -c 'curl -s http://db:5432/id; curl -s http://localhost:5432/id')" = \
			"$name db"$'\n'"$name web" ]
		# the loopback of the project's box is its own
		run -7 sandbox enter -- curl -s http://localhost:5432/
		run ! sandbox enter -- getent hosts nosuch
	done
	project three $'[sandbox]\nnetwork = gateway\nlinger = 0'
	run ! sandbox enter --accept "$T/three" -- getent hosts db
}

@test "published ports of a service, with consent; a taken one is an error of that service" {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	services p '' "[service a]
$(server a)
ports = $port:5432"
	fails 125 "*asks for these of this machine: *\[ports] $port = 5432*" sandbox up -d
	sandbox up -d --accept >/dev/null
	sandbox wait
	[ "$(curl -s "http://127.0.0.1:$port/id")" = a ]
	[[ $(sandbox port a) = *"127.0.0.1:$port"* ]]
	services q '' "[service b]
$(server b)
ports = $port:5432"
	fails 125 "service 'b': *$port*" sandbox up -d --accept
}

@test "enter starts the services, waits for them, and they end with the box; services = no" {
	services p 'linger = 1s' "[service db]
$(server db)
[service more]
$(server more)
profiles = extra"
	sandbox enter --accept -- sh -c 'curl -s http://db:5432/id >said; until [ -e go ]; do sleep 0.1; done' 3>&- &
	wait_until 100 grep -qsx db said
	is db running
	[ "$(sandbox ps --json | jq '[.[] | select(.service)] | length')" = 1 ]
	# another session: the same process
	pid=$(sandbox ps --json | jq '.[] | select(.service).pid')
	sandbox enter -- true
	[ "$(sandbox ps --json | jq '.[] | select(.service).pid')" = "$pid" ]
	touch go
	wait_for $!
	wait_until 120 is db stopped
	# those of up stay
	sandbox up -d >/dev/null
	sandbox enter -- true
	wait_until 120 eval '[[ $(sandbox ls) = *"p "*stopped* ]]'
	is db running
	sandbox down
	# one that fails does not keep its user out
	services p 'linger = 0' $'[service bad]\nimage = host\ncommand = /nosuch'
	run -0 --separate-stderr sandbox enter -- echo in
	[ "$output" = in ]
	[[ $stderr = *"service 'bad': cannot run '/nosuch'"* ]]
	services p $'linger = 0\nservices = no' $'[service bad]\nimage = host\ncommand = /nosuch'
	says_nothing sandbox enter -- true
}

@test "localhost: a service's port at the loopback of the project's boxes, whichever starts first" {
	services p 'linger = 0' "[service db]
localhost = 5432
$(server db)
[service web]
$(server web)
localhost = 5433
[service other]
localhost = 5432
$(server other)"
	fails 125 "*sandbox.ini:15: \[service other] localhost: service 'db' has port 5432" sandbox up -d --accept
	sed -i '/service other/,$d; s/^localhost = 5433$/ports = 5432/' sandbox.ini
	sandbox up -d --accept >/dev/null
	sandbox wait
	[ "$(sandbox enter --accept -- sh -c 'for at in 127.0.0.1 [::1] localhost; do curl -s http://$at:5432/id; done')" = $'db\ndb\ndb' ]
	# each start of the box, and of the service
	cat >stay.sh <<-'END'
		touch in
		until [ -e go ]; do sleep 0.1; done
		curl -s http://localhost:5432/id
	END
	sandbox enter -- sh stay.sh >out 3>&- &
	wait_until 100 test -e in
	sandbox restart db >/dev/null
	sandbox wait db
	# not of the service's own box, and not of other services
	run -7 sandbox exec web curl -s http://localhost:5433/
	[ "$(sandbox exec web curl -s http://localhost:5432/id)" = web ]
	# published ports are another thing
	says_nothing sandbox port db
	touch go
	wait_for $!
	[ "$status" = 0 ]
	[ "$(cat out)" = db ]
	sandbox down
	# a program of the box has it
	rm in go
	sed -i '3s/^/services = no\n/' sandbox.ini
	sandbox enter -- sh -c 'until python3 -m http.server 5432; do sleep 0.1; done >/dev/null 2>&1 &
		until curl -s http://localhost:5432/ | grep -q stay.sh; do sleep 0.1; done; touch in
		until [ -e go ]; do sleep 0.1; done' 3>&- &
	wait_until 100 test -e in
	fails 125 "service 'db': 'localhost = 5432': a program in the project's box has that port" sandbox up -d db
	touch go
	wait_for $!
	services q '' "[service db]
localhost = 5432
$(server db)"
	sed -i 's/gateway/none/' sandbox.ini
	fails 125 "service 'db': *'localhost = 5432' has no effect with 'network = none'" sandbox up -d
}

@test "network: a service in that of the project's boxes, or of another service: one loopback, and each name" {
	services p 'linger = 0' "[network]
aliases = app
[service db]
network = project
aliases = data
$(server db)
[service web]
$(server web)
[service side]
network = service:web
image = host
command = sh -c \"mkdir /tmp/x; cd /tmp/x; echo side >id; exec python3 -m http.server 5433\"
health = http://localhost:5433/id
[service last]
network = service:side
image = host
command = sleep 1000"
	sandbox up -d --accept >/dev/null
	sandbox wait
	# whatever listens is at localhost, in both directions, and nowhere else
	cat >stay.sh <<-'END'
		for at in 127.0.0.1 db data app; do curl -s http://$at:5432/id; done
		for at in web:5432 web:5433 side:5432 last:5433; do curl -s http://$at/id; done
		mkdir -p /tmp/y; cd /tmp/y; echo box >id
		python3 -m http.server 5434 >/dev/null 2>&1 &
		until curl -s http://localhost:5434/id; do sleep 0.1; done
		cd - >/dev/null; touch in
		until [ -e go ]; do sleep 0.1; done
	END
	sandbox enter --accept -- sh stay.sh >out 3>&- &
	wait_until 100 test -e in
	[ "$(sandbox exec db curl -s http://localhost:5434/id)" = box ]
	[ "$(sandbox exec web curl -s http://app:5434/id)" = box ]
	[ "$(sandbox exec web curl -s http://db:5432/id)" = db ]
	[ "$(sandbox exec web curl -s http://localhost:5433/id)" = side ]
	[ "$(sandbox exec last sh -c 'curl -s http://localhost:5432/id; curl -s http://localhost:5433/id')" = $'web\nside' ]
	run -7 sandbox exec web curl -s http://localhost:5434/
	sandbox restart db >/dev/null
	sandbox wait db
	[ "$(sandbox exec web curl -s http://data:5432/id)" = db ]
	touch go
	wait_for $!
	[ "$status" = 0 ]
	[ "$(cat out)" = $'db\ndb\ndb\ndb\nweb\nside\nweb\nside\nbox' ]
	sandbox down >/dev/null
	sed -i 's/^network = project/&\nlocalhost = 5432/' sandbox.ini
	fails 125 "*: \[service db] localhost: it is in the project's network, where all its ports are at localhost" sandbox up -d
	sed -i '/^localhost/d; s/service:side/service:last/' sandbox.ini
	fails 125 "*sandbox.ini:*: network: services name each other in a circle" sandbox up -d
	sed -i 's/service:last/service:lost/' sandbox.ini
	fails 125 "*sandbox.ini:*: network: there is no service 'lost'" sandbox up -d
	sed -i 's/service:lost/web/' sandbox.ini
	fails 125 "*sandbox.ini:*'web': expected project or service:NAME" sandbox up -d
	sed -i 's/= web/= service:web/; s/gateway/none/; /^aliases = app/d' sandbox.ini
	fails 125 "*\[service db] network: 'network = none' has none to share" sandbox up -d db
}

@test "links: services and boxes of another project by name, while both say so; nobody else's" {
	for name in one two three; do
		mkdir -p "$T/$name"
	done
	other=two
	for name in one two; do
		services $name $'linger = 0\n[network]\ndefault = closed\nlinks = ../'$other "[service db]
$(server "$name db")"
		other=one
	done
	cd "$T/one"
	fails 125 "*links = ../two*" sandbox up -d
	sandbox up -d --accept >/dev/null
	sandbox wait
	# the other does not run
	run ! sandbox enter --accept -- getent hosts db.two
	(cd ../two && sandbox up -d --accept >/dev/null && sandbox wait)
	ask='for at in db db.two; do curl -sS http://$at:5432/id; done'
	[ "$(sandbox enter -- sh -c "$ask")" = $'one db\ntwo db' ]
	[ "$(sandbox exec db sh -c "$ask")" = $'one db\ntwo db' ]
	[ "$(sandbox exec two.db curl -sS http://db.one:5432/id)" = 'one db' ]
	# what a host's connect would say; many at once; a box of the other project
	run -7 --separate-stderr sandbox enter -- curl -sS http://db.two:5433/
	[[ $stderr = *'Connection refused' || $stderr = *"Couldn't connect"* ]]
	[ "$(sandbox enter -- sh -c 'for i in $(seq 60); do curl -s http://db.two:5432/id & done; wait' | sort | uniq -c | xargs)" = '60 two db' ]
	echo box >../two/id
	sandbox enter --accept ../two -- sh -c 'python3 -m http.server 8080 & until [ -e go ]; do sleep 0.1; done; kill $!' >/dev/null 2>&1 3>&- &
	wait_until 100 eval '[ "$(sandbox enter -- curl -s http://two:8080/id)" = box ]'
	touch ../two/go
	wait_for $!
	# the other says so no more, or has never: three names both
	services three $'linger = 0\n[network]\nlinks = ../one ../two' "[service db]
$(server three)"
	sandbox up -d --accept >/dev/null
	sandbox wait
	for name in db.one db.two one; do
		run ! sandbox enter --accept -- getent hosts $name
	done
	run ! sandbox exec one.db getent hosts db.three
	cd "$T/two"
	sandbox down
	cd "$T/one"
	wait_until 50 eval '! sandbox enter -- getent hosts db.two'
	sed -i 's/^links.*//' ../two/sandbox.ini
	(cd ../two && sandbox up -d --accept >/dev/null && sandbox wait)
	run ! sandbox enter -- getent hosts db.two
	# nobody keeps the other's network
	for name in one two three; do
		(cd "$T/$name" && sandbox down)
	done
	wait_until 50 eval '! ls "$XDG_RUNTIME_DIR"/sandbox/net-*'
	sed -i 's|^links.*|links = ../nosuch|' sandbox.ini
	fails 125 "service 'db': *sandbox.ini:6: links: cannot find the project '../nosuch': No such file or directory" sandbox up -d --accept
}
