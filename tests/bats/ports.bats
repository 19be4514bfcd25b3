#!/usr/bin/env bats
# Published ports: [ports], --publish.

load helpers
load internet

setup() {
	sandbox_setup
	internet_start
	cp "$BATS_TEST_DIRNAME/ports.py" .
}

teardown() {
	end_box
	internet_stop
	sandbox_teardown
}

# Runs the command in a box in the background, until it has made the file `serves`.
box=
start_box() { # OPTION... -- COMMAND...
	local options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	rm -f serves
	on_host sandbox run --quiet --name web --network gateway "${options[@]}" --mount "$PWD:/t" host "$@" \
		>box.log 2>&1 3>&- &
	box=$!
	wait_until 100 [ -e serves ]
}

end_box() {
	[ -z "$box" ] || sandbox stop --time 0 web || true
	[ -z "$box" ] || wait "$box" || true
	box=
}

@test "TCP and UDP come in by the loopback and by other addresses; the server sees the client" {
	start_box -p 8080:80 -p 8080:80/udp -p 0.0.0.0:8081:80 -p '[::]:8081:80' -p 0.0.0.0:8081:80/udp \
		-p '[::]:8081:80/udp' -- python3 /t/ports.py serve 80
	for kind in tcp udp; do
		[ "$(on_host python3 ports.py $kind 127.0.0.1 8080)" = '10.0.2.2 True' ]
		[ "$(on_host python3 ports.py $kind ::1 8080)" = 'fd00:2::2 True' ]
		[ "$(on_host python3 ports.py $kind 198.51.100.2 8080)" = 'Connection refused' ]
		[ "$(on_host python3 ports.py $kind 198.51.100.2 8081)" = '198.51.100.2 True' ]
		[ "$(on_internet python3 ports.py $kind 198.51.100.2 8081)" = '198.51.100.1 True' ]
		[ "$(on_internet python3 ports.py $kind 2001:db8:1::2 8081)" = '2001:db8:1::1 True' ]
		[ "$(on_internet python3 ports.py $kind 198.51.100.2 8080)" = 'Connection refused' ]
	done
}

@test "wherever in the box a server listens: one loopback, the box's address; nobody" {
	for host in 127.0.0.1:10.0.2.2 ::1:fd00:2::2 10.0.2.15:10.0.2.2 fd00:2::15:fd00:2::2 0.0.0.0:10.0.2.2; do
		echo "$host" # for a failure
		seen=${host##*[15]:}
		[ "$host" != 0.0.0.0:10.0.2.2 ] || seen=10.0.2.2
		start_box -p 127.0.0.1:8080:80 -p 127.0.0.1:8080:80/udp -p 8082:82 -- \
			python3 /t/ports.py serve 80 "${host%:"$seen"}"
		[ "$(on_host python3 ports.py tcp 127.0.0.1 8080)" = "$seen True" ]
		[ "$(on_host python3 ports.py udp 127.0.0.1 8080)" = "$seen True" ]
		[ "$(on_host python3 ports.py tcp 127.0.0.1 8082)" = 'Connection reset by peer' ]
		end_box
	done
}

@test "ends, resets, 24 MB, slow readers and datagrams arrive as they were sent" {
	rm served
	start_box -p 7200:7200 -p 7300:7300/udp -- sh -c 'cd /t; exec python3 ports.py start served \
		python3 internet.py serve 127.0.0.1 ::1'
	for host in 127.0.0.1 ::1; do
		on_host python3 internet.py carry $host >out
		[ "$(cat out)" = "$(printf '%s\n' 'carry_end 100000' 'carry_reset_of_server ECONNRESET' \
			'carry_reset_of_client ECONNRESET' 'carry_24_mb True' 'carry_slowly 16' \
			"carry_datagrams [0, 1, 1400, 60000, 65488, 65489, 'largest', 'EMSGSIZE']" 'carry_segments True')" ]
	done
}

@test "a taken port is an error before anything runs, which names who has it" {
	on_host python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 8080))
open("serves", "w").close()
time.sleep(200)' 3>&- &
	taker=$!
	wait_until 100 [ -e serves ]
	pid=$(on_host sh -c "ss -Hlntp 'sport = 8080'" | sed 's/.*pid=\([0-9]*\).*/\1/')
	fails 125 "*--publish: cannot publish a port: 127.0.0.1:8080 is taken by process $pid (python3)" \
		on_host sandbox run --network gateway -p 8080:80 host touch /ran
	kill "$pid"
	wait_for $taker
	start_box -p 8080:80 -- python3 /t/ports.py serve 80
	fails 125 "*127.0.0.1:8080 is taken by another box *" on_host sandbox run --network gateway -p 8080:80 host true
	fails 125 "*192.0.2.1:80: this machine does not have that address" \
		on_host sandbox run --network gateway -p 192.0.2.1:80:80 host true
	if [ "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" -gt 80 ] && [ "$(id -u)" != 0 ]; then
		fails 125 "*127.0.0.1:80: ports below * are root's on this machine: take another one, such as 8080" \
			sandbox run --network gateway -p 80:80 host true
	fi
	end_box
	start_box -p 8080:80 -- python3 /t/ports.py serve 80 # the port is free again
}

@test "a killed gateway keeps the ports; a killed box, launcher or holder leaves none" {
	start_box -p 8080:80 -- python3 /t/ports.py serve 80
	kill -9 "$(gateways | tail -n 1)"
	wait_until 30 answers
	kill -9 "$(gateways | head -n 1)"
	wait_until 30 refused
	end_box
	start_box -p 8080:80 -- python3 /t/ports.py serve 80
	kill -9 "$(sandbox inspect --json web | python3 -c 'import json, sys; print(json.load(sys.stdin)["pid"])')"
	wait_until 30 refused
}

answers() { [ "$(on_host python3 ports.py tcp 127.0.0.1 8080)" = '10.0.2.2 True' ]; }
# shellcheck disable=SC2120 # wait_until passes them
refused() { [ "$(on_host python3 ports.py tcp 127.0.0.1 "${1:-8080}")" = 'Connection refused' ]; }

@test "[ports] of a project: ranges, later lines, consent, policy, other networks" {
	project p $'[sandbox]\nnetwork = gateway\nprofile = ./low.ini\n[ports]\n8000-8001 = 80-81\n"[::]:8005" = 80'
	printf '[ports]\n8001 = 99\n8002/udp = 80\n' >p/low.ini
	cp ports.py p
	fails 125 "*asks for these of this machine: \\[ports] 8001 = 99; \\[ports] 8002 = 80/udp; \\[ports] 8000-8001 = 80-81; \\[ports] \\[::]:8005 = 80 (4 items, the last 1 reaches furthest): *" \
		on_host sandbox enter ./p -- true
	on_host sandbox enter --quiet --accept ./p -- sh -c 'ln -s ports.py t; sed s,/t/serves,serves, ports.py >q.py
		exec python3 q.py serve 80' 3>&- &
	entered=$!
	wait_until 100 [ -e p/serves ]
	[ "$(on_host python3 ports.py tcp ::1 8000)" = 'fd00:2::2 True' ]
	[ "$(on_host python3 ports.py udp 127.0.0.1 8002)" = '10.0.2.2 True' ]
	[ "$(on_internet python3 ports.py tcp 2001:db8:1::2 8005)" = '2001:db8:1::1 True' ]
	[ "$(on_host python3 ports.py tcp 127.0.0.1 8001)" = 'Connection reset by peer' ]
	sandbox stop --time 0 p
	wait_for $entered
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = public-ports\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*p/sandbox.ini:6: the policy of * denies '\\[ports] \\[::]:8005 = 80'" on_host sandbox enter ./p -- true
	sed -i 6d p/sandbox.ini
	on_host sandbox enter --quiet ./p -- true
	fails 125 "*p/low.ini:3: with 'network = none' port 80/udp of the box cannot be reached" \
		sandbox try --network none ./p -- true
	project q $'[ports]\n8080 = 80\n81 = 81\n[sandbox]\nnetwork = host'
	run -0 --separate-stderr sandbox enter --accept ./q -- true
	[ "$stderr" = "sandbox: q/sandbox.ini:2: '8080 = 80' has no effect with 'network = host': port 80 of the box is the same port of this machine" ]
	fails 125 "*--publish 8080:80: with 'network = host' a port of the box is the same port of this machine: add '--network gateway'" \
		sandbox run --network host -p 8080:80 host true
	[ "$(sandbox run --network host -p 80:80 -p 8000:8000/tcp host echo as on the host)" = 'as on the host' ]
}

@test "port prints where they are, free ones too; ls, ps and inspect show them" {
	start_box -p 80 -p 0.0.0.0:8053:53/udp -p 127.0.0.1:8000-8001:9000-9001 -- python3 /t/ports.py serve 80
	free=$(sandbox port web 80 | head -n 1)
	[[ $free =~ ^127\.0\.0\.1:[1-9][0-9]*$ ]]
	free=${free#*:}
	[ "$(sandbox port web)" = "53/udp -> 0.0.0.0:8053
80/tcp -> 127.0.0.1:$free
80/tcp -> [::1]:$free
9000/tcp -> 127.0.0.1:8000
9001/tcp -> 127.0.0.1:8001" ]
	[ "$(on_host python3 ports.py tcp 127.0.0.1 "$free")" = '10.0.2.2 True' ]
	[ "$(sandbox port web 53/udp)" = 0.0.0.0:8053 ]
	[ "$(sandbox port --json web 9000 | jq -c .)" = \
		'[{"port":9000,"protocol":"tcp","address":"127.0.0.1","host_port":8000,"forwarded":false}]' ]
	[ "$(sandbox port --all | head -n 1)" = 'web  53/udp -> 0.0.0.0:8053' ]
	[ "$(sandbox port --all --json | jq -r '.[0] | [.box, (.ports | length)] | join(" ")')" = 'web 5' ]
	short="8053->53/udp,$free->80,8000->9000,8001->9001"
	sandbox ls | grep -qF " $short "
	sandbox inspect web | grep -qx "ports *$short"
	sandbox ps | grep -qF '(127.0.0.1:8000 -> 9000/tcp)'
	[ "$(sandbox inspect --json web | jq '.ports[0].host_port')" = 8053 ]
	fails 125 "port 53 of box 'web' is not published" sandbox port web 53
	fails 125 "'x' is not a port of a box, such as 80 or 53/udp" sandbox port web x
	fails 125 "--all and a PROJECT *" sandbox port --all web
	project p $'[sandbox]\nnetwork = gateway\n[ports]\nauto = 80 81/udp'
	on_host sandbox enter --accept --quiet ./p -- true
	[ "$(cd p && sandbox port | wc -l)" = 4 ]
	[[ $(cd p && sandbox port 81/udp) = 127.0.0.1:*'[::1]:'* ]]
	sandbox stop p
	says_nothing sandbox port p
}

@test "forward = auto: what listens appears on the host with its number, or another one, and goes" {
	project p $'[sandbox]\nnetwork = gateway\n[ports]\nforward = auto\n8081 = 9001'
	project q $'[ports]\nforward = auto'
	cat >p/listen.py <<-'END'
		import os, socket, time
		held = {}
		while True:
		    for name in os.listdir('.'):
		        if name.startswith('listen-') and name not in held:
		            host, port = name[7:].split('-')
		            s = held[name] = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
		            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		            s.bind((host, int(port)))
		            s.listen()
		    for name in list(held):
		        if not os.path.exists(name):
		            held.pop(name).close()
		    time.sleep(0.05)
	END
	fails 125 "*asks for these of this machine: *\\[ports] forward = auto*" on_host sandbox enter ./p -- true
	on_host sandbox enter --accept --quiet ./p -- python3 listen.py >box.log 2>&1 3>&- &
	entered=$!
	on_host python3 -c 'import os, socket, time
s = socket.create_server(("127.0.0.1", 9002))
open("serves", "w").close()
while os.path.exists("serves"):
    time.sleep(0.1)' 3>&- &
	wait_until 100 [ -e serves ]
	port_is() { [ "$(sandbox port p 2>/dev/null)" = "$1" ]; }
	published=$'9001/tcp -> 127.0.0.1:8081\n9001/tcp -> [::1]:8081'
	wait_until 50 port_is "$published"
	touch p/listen-127.0.0.1-9000 p/listen-::-9001
	wait_until 50 port_is $'9000/tcp -> 127.0.0.1:9000\n9000/tcp -> [::1]:9000\n'"$published"
	rm p/listen-127.0.0.1-9000
	wait_until 50 port_is "$published"
	touch p/listen-::1-9002
	wait_until 50 eval '[ "$(sandbox port p | wc -l)" = 4 ]'
	other=$(sandbox port p 9002/tcp | head -n 1)
	[[ $other = 127.0.0.1:* && $other != *:9002 ]]
	[ "$(sandbox port --json p 9002 | jq '.[0].forwarded')" = true ]
	on_host python3 -c 'import socket, sys; socket.create_connection(("localhost", int(sys.argv[1])))' "${other#*:}"
	# Nothing is polled.
	pid=$(gateways | tail -n 1)
	rests() {
		local switches

		switches=$(grep ctxt_switches "/proc/$pid/status")
		sleep 1.5
		[ "$(grep ctxt_switches "/proc/$pid/status")" = "$switches" ]
	}
	wait_until 50 rests # after what came before
	# Another gateway finds out anew, also what has gone meanwhile.
	kill -9 "$pid"
	rm p/listen-::1-9002
	touch p/listen-0.0.0.0-9003
	wait_until 50 port_is "$published"$'\n9003/tcp -> 127.0.0.1:9003\n9003/tcp -> [::1]:9003'
	sandbox stop --time 0 p
	wait_for $entered
	wait_until 50 refused 9003
	run -0 --separate-stderr on_host sandbox enter --accept --network none ./q -- true
	[[ $stderr = *"'forward = auto' has no effect with 'network = none'"* ]]
	rm serves # the server ends
}

@test "add publishes more of a box that runs, all or none; enter --publish of one says so" {
	start_box -- python3 /t/ports.py serve 80
	fails 125 "nothing to add: *" sandbox add web
	on_host sandbox add web -p 8080:80 -p 8080:80/udp
	[ "$(on_host python3 ports.py tcp ::1 8080)" = 'fd00:2::2 True' ]
	[ "$(on_host python3 ports.py udp 127.0.0.1 8080)" = '10.0.2.2 True' ]
	fails 125 "*--publish: cannot publish a port: 127.0.0.1:8080 is taken by another box *" \
		on_host sandbox add web -p 8081:80 -p 8080:80
	[ "$(sandbox port web | wc -l)" = 4 ]
	kill -9 "$(gateways | tail -n 1)"
	wait_until 30 answers
	end_box
	wait_until 50 refused
	project p $'[sandbox]\nnetwork = host'
	fails 125 "directory '*' has no box yet: *" sandbox add ./p -p 80
	sandbox enter --accept ./p -- sh -c 'touch here; exec sleep 60' 3>&- &
	entered=$!
	wait_until 50 [ -e p/here ]
	fails 125 "*box 'p' has no network of its own: it needs 'network = gateway'" sandbox add ./p -p 80
	fails 125 "*box 'p' runs already, without this --publish: 'sandbox add --publish PORT p' adds it" \
		sandbox enter --publish 80:80 ./p -- true
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = ports\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*--publish: the policy of * denies '\\[ports] auto = 80'" sandbox add ./p -p 80
	sandbox stop --time 0 p
	wait_for $entered
	fails 125 "box 'p' is not running: *" sandbox add ./p -p 80
}

@test "what is not a port is refused" {
	for bad in x 0:0 80:x 70000 1:70000 1-2:3 '[::1]:80' ::1:80:80 127.0.0.1:80:80:80 300.0.0.1:80:80 80/sctp 80/udp:80/tcp \
		-1:80 '' : ' '; do
		fails 125 "--publish '*': *" sandbox run --network gateway "--publish=$bad" host true
	done
	project p $'[ports]\n80 = 80 81'
	fails 125 "p/sandbox.ini:2: port '80' of the host is for one of the box, not for '80 81'" sandbox config ./p
}
