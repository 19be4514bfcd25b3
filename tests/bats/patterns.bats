#!/usr/bin/env bats
# shellcheck disable=SC2016 # commands of examples are expanded where they run
# sandbox-patterns(7): the page's promises, by the examples in tests/patterns, with the shipped
# profiles. The top of an example's sandbox.ini tells the user what to type; the tests type that,
# and check the result. Examples whose images come from archives are in prepare_debian.bats.

load helpers
load images

setup() {
	sandbox_setup
}

teardown() {
	# The stages of the pipeline have separate stores.
	for XDG_DATA_HOME in "$T"/xdg/{tests,production,data}; do
		remove_boxes
	done
	registry_stop
	nothing_left
}

# The image that an example uses, made here: it needs no network.
stand_in() { # NAME < SPEC
	layout stand-in.d "$1"
	sandbox image import --quiet "$T/stand-in.d" "$1" >/dev/null
	rm -r "$T/stand-in.d"
}

@test "shared-volume dev: edited outside, built inside, and the reverse, with the right owner" {
	example dev
	run -0 as_told dev
	[[ $output = *$'\nHello, world!' ]]
	[ "$(stat -c %u:%g dev/greet)" = "$(id -u):$(id -g)" ]
	# outside, then inside, and each side sees it
	sleep 0.01
	sed -i s/Hello/Good\ morning/ dev/greet.h
	[ "$(sandbox enter --quiet ./dev -- sh -c 'make -s && ./greet you')" = 'Good morning, you!' ]
	sandbox enter --quiet ./dev -- sed -i 's/Good morning/Hello/' greet.h
	grep -q '"Hello"' dev/greet.h
	sandbox enter --quiet ./dev -- make -s check
	# the same path on both sides, in debug information and in messages
	readelf --debug-dump=info dev/greet | grep -q "DW_AT_comp_dir .*: $T/dev\$"
	echo 'int broken = ;' >>dev/greet.c
	run ! sandbox enter --quiet ./dev -- make CC="cc -fdiagnostics-color=never" CFLAGS="-I$T/dev" "$T/dev/greet.o"
	[[ $output = *"$T/dev/greet.c:"*': error: '* ]]
}

@test "tools: gdb, strace and an editor of the host, on a running program in a box that has none of them" {
	stand_in busybox:1.36 <<<"{'layers': [busybox('sh', 'cat', 'setsid')]}"
	example tools
	run -0 as_told tools
	# the program's directory, with its source
	[[ $output = *counter*'count_on ('*'counter.c:'* ]]
	grep -q 'write(1, "[0-9]*\\n"' tools/trace
	[ "$(cat tools/notes)" = 'still debugged' ]
	# gdb changed its step while it ran
	[ "$(sed -n '$=' tools/counts)" -gt 1 ]
	awk 'NR > 1 { step[$1 - last]++ } { last = $1 } END { exit !(step[1] && step[1000]) }' tools/counts
	# nothing of them got into the box
	run ! sandbox enter --quiet --accept ./tools -- sh -c 'command -v gdb strace'
}

@test "tests in different environments: one table, logs, JUnit XML, and a status that CI can use" {
	stand_in team/debian:12 <<<"{'layers': [programs('make', 'date', 'dash'), [L('bin/sh', 'dash')]]}"
	stand_in team/alpine:3.20 <<<"{'layers': [programs('make'), busybox('sh', 'date')]}"
	example test
	run -1 --separate-stderr as_told test
	[[ ${lines[0]} = ENVIRONMENT*IMAGE*RESULT*SECONDS*LOG ]]
	[[ ${lines[1]} = debian*team/debian:12*ok*logs/debian.log ]]
	[[ ${lines[2]} = alpine*team/alpine:3.20*'status 2'*logs/alpine.log ]]
	[ "${#lines[@]}" = 3 ]
	grep -qx 'ok: 2028-02-20 is due on 2028-03-05' test/logs/debian.log
	grep -q "invalid date '2026-01-10 + 14 days'" test/logs/alpine.log
	python3 - test/results.xml <<-'PYTHON'
		import sys, xml.etree.ElementTree as tree
		suite = tree.parse(sys.argv[1]).getroot()
		failed = {case.attrib["name"]: case.find("failure") is not None for case in suite}
		assert failed == {"debian": False, "alpine": True}, failed
	PYTHON
	# the fix that the example mentions
	cat >test/due.sh <<-'SH'
		day=$(date -u -d "$1" +%s)
		date -u -d "@$((day + 14 * 86400))" +%Y-%m-%d
	SH
	run -0 --separate-stderr as_told test
	[[ ${lines[1]} = debian*ok* && ${lines[2]} = alpine*ok* ]]
}

@test "installation: the script is root of a box, reaches neither network nor project, and does not affect the host" {
	project p $'[sandbox]\nprofile = install\n[mounts]\n/src = . ro'
	cat >p/install.sh <<-'SH'
		set -e
		[ "$(id -u)" = 0 ]
		echo program >/usr/local/bin/evil 2>/dev/null || { mkdir -p /var/opt; echo program >/var/opt/evil; }
		if touch /src/x 2>/dev/null; then false; fi
		[ "$(ls /sys/class/net)" = lo ]
		echo installed
	SH
	[ "$(sandbox enter --quiet "$T/p" -- sh /src/install.sh)" = installed ]
	[ ! -e /usr/local/bin/evil ]
	[ ! -e /var/opt/evil ]
	[ ! -e p/x ]
}

@test "service: the server outlives the session, answers only in its box, and keeps its data across stop and start" {
	example service
	run -0 --separate-stderr as_told service
	[ "$output" = $'visitor 1\nvisitor 2' ]
	[[ $(sandbox ls) = *service*stopped* ]]
	sandbox enter --quiet ./service -- true
	[ "$(sandbox exec service curl -s http://127.0.0.1:8000/)" = 'visitor 3' ]
	[ "$(sandbox exec service ls /sys/class/net)" = lo ]
	sandbox stop service
	fails 125 "*'service' is not running*" sandbox exec service true
}

@test "glue: a proxy with a network in front of a service without one, over a socket in a shared directory" {
	example glue
	run -0 --separate-stderr as_told glue/proxy
	[ "$output" = 'hello from a box with lo' ]
	[[ $(sandbox ls) = *backend*stopped*proxy*stopped* ]]
	# without the backend the proxy reports that and keeps running
	sandbox enter --quiet --accept ./glue/proxy -- true
	run ! curl -sf "http://$(sandbox port proxy 8000 | head -n 1)/"
	grep -q 'no backend' glue/proxy/proxy.log
	sandbox enter --quiet --accept ./glue/backend -- true
	[ "$(curl -sf "http://$(sandbox port proxy 8000 | head -n 1)/")" = 'hello from a box with lo' ]
	sandbox stop proxy backend
}

@test "database: a service with the project, by name and at localhost, whose data outlives its box" {
	example database
	run -0 --separate-stderr as_told database
	[ "$output" = $'Ada\nAda, Grace\nAda, Grace, Edsger' ]
	sandbox down --volumes --project database
	[ "$(sandbox enter --quiet ./database -- python3 app.py Ada)" = Ada ]
	sandbox down --volumes --project database
}

@test "reverse proxy: one project in front of another, by name, and only the proxy has a port" {
	example proxy
	run -0 --separate-stderr as_told proxy/front
	[ "$(tail -n 1 <<<"$output")" = 'the shop is open' ]
	# the other project says so no more
	sed -i 's/^links/; &/' proxy/shop/sandbox.ini
	(cd proxy/shop && sandbox up -d >/dev/null && sandbox wait && says_nothing sandbox port web)
	(cd proxy/front && sandbox up -d >/dev/null && sandbox wait)
	[[ $(curl -s "http://$(sandbox port front.proxy 8080 | head -n 1)/shop/") = 'no http://web.shop:8000/: '* ]]
	sandbox down --project proxy/front
	sandbox down --project proxy/shop
}

# The digest of a tag according to the registry.
digest_of() { # TAG
	skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$REGISTRY/team/app:$1"
}

@test "from a laptop to production: one file with variants, one sealed image by its digest, through a registry" {
	registry_start
	stand_in busybox:1.36 <<<"{'layers': [busybox('sh', 'mkdir', 'cat', 'cp', 'chmod', 'echo')]}"
	example pipeline
	sed -i "s|registry.example.com|$REGISTRY|" pipeline/sandbox.ini
	run -0 --separate-stderr as_told pipeline 'On the laptop:'
	[ "$output" = 'checked in dev' ]
	release=$(cat pipeline/release)
	[[ $release = sha256:* ]]
	[ "$(digest_of dev)" = "$release" ]
	# Each stage is another machine: the project file, `release`, and a store of its own.
	export XDG_DATA_HOME=$T/xdg/tests
	run -0 --separate-stderr as_told pipeline 'On the machine that tests:'
	[[ ${lines[0]} = 'checked in test' ]]
	[ "$(digest_of test)" = "$release" ]
	[ "$(sandbox image inspect --json "$REGISTRY/team/app:test" | jq -r .digest)" = "$release" ]
	remove_boxes
	export XDG_DATA_HOME=$T/xdg/production
	run -0 --separate-stderr as_told pipeline 'In production:'
	[[ ${lines[0]} = 'good day from prod, version 1.0' ]]
	[ "$(digest_of prod)" = "$release" ]
	[ "$(sandbox inspect --json app | jq -r .image)" = "$REGISTRY/team/app@$release" ]
	# Nothing was prepared there: what was tested is what runs.
	[[ $stderr != *prepar* ]]
	remove_boxes
	# A later seal of changed sources is another image, and affects none of the stages.
	export XDG_DATA_HOME=$T/xdg/data
	echo 'echo 2.0 >/opt/app/version' >>pipeline/image/install.sh
	sandbox seal --accept --push --quiet ./pipeline/image "$REGISTRY/team/app:dev" >/dev/null
	[ "$(digest_of dev)" != "$release" ]
	[ "$(digest_of test) $(digest_of prod)" = "$release $release" ]
}
