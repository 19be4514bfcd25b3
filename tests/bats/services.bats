#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the services; bats sets variables
# Services of a project: up, down, restart, wait, and what ps, logs and stop say of them.

load helpers
load images

teardown() {
	cd "$T" || return 1
	sandbox_teardown
}

# A project p whose services use the image `host`, and its directory.
services() { # TEXT
	project p $'[sandbox]\nnetwork = none\n'"$1"
	cd "$T/p" || return 1
}

# The state of a service: STATE HEALTH RESTARTS EXIT
state() { # SERVICE
	sandbox ps --json | jq -r ".[].service | select(.name == \"$1\") |
		\"\(.state) \(.health) \(.restarts) \(.exit)\""
}

is() { # SERVICE STATE
	# shellcheck disable=SC2053 # a pattern
	[[ $(state "$1") = $2 ]]
}

holders() {
	pgrep -u "$(id -u)" -f '^sandbox: services of a project' | while read -r pid; do
		[ "$(cat "/proc/$pid/oom_score_adj")" != "$mark" ] || echo "$pid"
	done
}

no_holder() { says_nothing holders; }

@test "what is wrong in a section is an error with file and line" {
	services $'[service db]\nimage = host\nneeds = dbb'
	fails 125 "*sandbox.ini:5: \[service db] needs 'dbb': there is no service 'dbb', did you mean 'db'?" sandbox up
	services $'[service a]\nimage = host\nneeds = b\n[service b]\nimage = host\nneeds = c\n[service c]\nimage = host\nneeds = a'
	fails 125 "*sandbox.ini:4: services need each other in a circle: a -> b -> c -> a" sandbox up
	services $'[service a]\ncommand = x'
	fails 125 "*sandbox.ini:4: \[service a] has no image" sandbox up
	services $'[service a]\nimage = host\nneeds = b:healthy\n[service b]\nimage = host'
	fails 125 "*sandbox.ini:5: *'b': it has no health check: set 'health'" sandbox up
	for line in 'needs = a:ready' 'health = port 0' 'health = https://x' 'health-interval = 0' \
		'restart = sometimes' 'stop-signal = NOPE' 'volumes = data' 'volumes = a b:/x' \
		'volumes = x:/run/sandbox' 'command = a && b' 'env.A-B = c' 'env.A = $(x)' 'quux = 1'; do
		services $'[service a]\nimage = host\n'"$line"
		fails 125 "*sandbox.ini:5: *" sandbox up
	done
	services ''
	fails 125 "*project '$T/p' has no services*" sandbox up
	fails 125 "*there is no service 'web', did you mean 'wes'?" eval \
		"printf '[service wes]\nimage = host\n' >sandbox.ini && sandbox up web"
}

@test "up starts services in the order of their needs, those that do not need each other at once" {
	# each of the first three goes on when all have started
	mkdir -p p/v
	services $'[service db]\nimage = host\nvolumes = ./v:/v\nhealth = log up
command = sh -c "cd /v; touch db; until [ -e cache ] && [ -e early ]; do sleep 0.1; done; touch db-up; echo up; exec sleep 600"
[service cache]\nimage = host\nvolumes = ./v:/v\nhealth = log up
command = sh -c "cd /v; touch cache; until [ -e db ]; do sleep 0.1; done; touch cache-up; echo up; exec sleep 600"
[service early]\nimage = host\ncommand = sh -c "touch /v/early; exec sleep 600"\nneeds = db:started\nvolumes = ./v:/v
[service web]\nimage = host\ncommand = sh -c "ls /v; exec sleep 600"\nneeds = db, cache:healthy\nvolumes = ./v:/v
[service rare]\nimage = host\ncommand = sleep 60\nprofiles = debug'
	run -0 --separate-stderr sandbox up -d --json
	[ "$(jq -r '.[] | "\(.name) \(.state) \(.health)"' <<<"$output" | sort)" = \
		$'cache running healthy\ndb running healthy\nearly running null\nweb running null' ]
	wait_until 50 eval 'sandbox logs web | grep -q early'
	[ "$(sandbox logs web | xargs)" = 'cache cache-up db db-up early' ]
	# the order in which they were started
	[ "$(sandbox ps --json | jq -r '[.[].service] | sort_by(.since) | [.[].name] | index("db") < index("early"), .[3]')" = $'true\nweb' ]
	# again: nothing is started twice
	before=$(sandbox ps --json | jq -c '[.[].pid] | sort')
	sandbox up -d >/dev/null
	[ "$(sandbox ps --json | jq -c '[.[].pid] | sort')" = "$before" ]
	[ "$(holders | wc -l)" = 1 ]
	# one with a profile, by the profile and by its name
	fails 125 "*no service has the profile 'x'" sandbox up -d --with x
	sandbox up -d --with debug >/dev/null
	is rare 'running *'
	sandbox stop rare
	sandbox up -d rare >/dev/null
	is rare 'running *'
	# other directories: by the box's name, or the project's
	cd ..
	[ "$(sandbox exec p.db sh -c 'echo $SANDBOX; hostname')" = $'p.db\ndb' ]
	sandbox down --project p
	says_nothing sandbox ls --names
	wait_until 50 no_holder
	sandbox down --project p 2>&1 | grep -q 'no service of this project was started'
}

@test "a service is its image's program: as its user, with its variables, without the host's" {
	mkdir -p p/conf.d
	printf 'conf' >p/conf.d/a
	printf '# a comment\nA="from file"\nexport B=$x\nC=1\n' >p/vars
	services $'[service a]\nimage = host\ncommand = sh -c "echo $A,$B,$C,$D; cat /etc/a/a; touch /etc/a/b; id -un; pwd; ls -d '"$T"$'/p; exec sleep 60"
env.C = two words
env.D = $C!
env-file = vars
volumes = ./conf.d:/etc/a:ro\nuser = root'
	sandbox up -d >/dev/null
	wait_until 50 eval 'sandbox logs a | grep -q "cannot access"'
	run -0 sandbox logs a
	[ "${lines[0]}" = 'from file,$x,two words,two words!' ]
	[ "${lines[1]}" = "conftouch: cannot touch '/etc/a/b': Read-only file system" ]
	[ "${lines[2]}" = root ]
	[ "${lines[3]}" = / ]
	[[ ${lines[4]} = *"cannot access '$T/p'"* ]]
	# sessions in it are its user, too
	[ "$(sandbox exec a id -un)" = root ]
	fails 125 "box 'a' has no project: use 'sandbox exec a'" sandbox enter a
	sandbox stop a
	fails 125 "service 'a' does not run: 'sandbox up a' starts it" sandbox exec --start a true
	fails 125 "service 'a' does not run: 'sandbox up a' starts it" sandbox enter a
}

@test "what reaches the host needs consent, once: directories, env-file" {
	mkdir out
	echo A=1 >out/vars
	services $'[service a]\nimage = host\ncommand = sh -c "echo $A; exec sleep 60"\nenv-file = ../out/vars\nvolumes = ../out:/out:ro'
	fails 125 "*asks for these of this machine: *$T/out*env-file = $T/out/vars*'sandbox up --accept --project $T/p' to agree" sandbox up -d
	says_nothing sandbox ls --names
	sandbox up -d --accept >/dev/null
	[ "$(sandbox exec a cat /out/vars)" = A=1 ]
	# it is the project's, and outlives the boxes
	sandbox down
	sandbox up -d >/dev/null
	sandbox down
	# but not another directory's; and the file of the project cannot name another one by a symlink that it changes
	mkdir "$T/out2"
	echo A=2 >"$T/out2/vars"
	ln -s ../out2/vars link
	services $'[service a]\nimage = host\ncommand = sleep 60\nenv-file = link'
	fails 125 "*env-file = $T/out2/vars*" sandbox up -d
	# what the policy denies of a box it denies of a service
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = mounts ports\n' >"$HOME/.config/sandbox/sandbox.conf"
	services $'[service a]\nimage = host\ncommand = sleep 60\nvolumes = ../out:/out:ro'
	fails 125 "*sandbox.ini:6: the policy of * denies '\[mounts] /out = ../out ro'" sandbox up -d --accept
	services $'[service a]\nimage = host\ncommand = sleep 60\nports = 8080'
	fails 125 "*sandbox.ini:6: the policy of * denies '\[ports] auto = 8080'" sandbox up -d --accept
	# what the project protects is protected from its services
	services $'[service a]\nimage = host\ncommand = sleep 60\nvolumes = .:/all'
	sed -i 's/^network/protect = hooks\nnetwork/' sandbox.ini
	mkdir -p hooks
	sandbox up -d >/dev/null
	sandbox exec a touch /all/new
	run -1 --separate-stderr sandbox exec a touch /all/hooks/x
	[[ $stderr = *'Read-only file system' ]]
}

@test "restart: by status, with a limit, with a pause that grows; a service that dies at once is reported" {
	services $'[service no]\nimage = host\ncommand = sh -c "exit 3"
[service some]\nimage = host\ncommand = sh -c "echo again; exit 4"\nrestart = on-failure:2
[service job]\nimage = host\ncommand = true\nrestart = on-failure
[service always]\nimage = host\ncommand = sh -c "echo once; exit 0"\nrestart = always
[service killed]\nimage = host\ncommand = sh -c "kill -9 $$"'
	local lines

	SECONDS=0
	sandbox up -d some job always no killed >/dev/null || true
	wait_until 200 is some 'exited null 2 4'
	wait_until 200 is no 'exited null 0 3'
	wait_until 200 is killed 'exited null 0 137'
	fails 125 "service 'no' ended with status 3: 'sandbox logs no'" sandbox wait no
	wait_until 200 is job 'exited null 0 0'
	[ "$(sandbox logs some)" = $'again\nagain\nagain' ]
	wait_until 200 is always '* [3-9] 0'
	gives_up() { # for a moment, it runs
		says=$(sandbox wait always 2>&1) || [[ $says = *"service 'always' ended again and again"* ]] && [ -n "$says" ]
	}
	wait_until 200 gives_up
	# each pause is twice the one before, from a tenth of a second
	lines=$(sandbox logs always | wc -l)
	[ $(((1 << lines - 1) - 1)) -le $(((SECONDS + 1) * 10)) ]
	# stopped is stopped, also in the pause
	sandbox stop always
	wait_until 20 is always 'stopped *'
	wait_until 50 no_holder
	run -3 sandbox wait --exit no
	run -0 sandbox wait job
	# one that cannot be started
	services $'[service bad]\nimage = host\ncommand = /nosuch\nrestart = always'
	fails 125 "service 'bad': cannot run '/nosuch'*" sandbox up -d
}

@test "how services ended is still to be seen when others are started, restarted or entered" {
	ended() {
		is job 'exited null 0 4'
		is ok 'exited null 0 0'
		is nofile 'failed null 0 null'
		[[ $(sandbox ps) == *"cannot run '/no/such'"* ]]
	}
	services $'[service job]\nimage = host\ncommand = sh -c "exit 4"\n[service ok]\nimage = host\ncommand = true\n[service nofile]\nimage = host\ncommand = /no/such\n[service other]\nimage = host\ncommand = sleep 1000'
	sandbox up --detach job || true # it may have ended by then
	wait_until 50 is job 'exited null 0 4'
	sandbox up --detach ok
	wait_until 50 is ok 'exited null 0 0'
	fails 125 "*'nofile': cannot run '/no/such'*" sandbox up --detach nofile
	sandbox up --detach other
	ended
	sandbox restart other
	ended
	kill -9 "$(holders)"
	wait_until 50 no_holder
	ended
	# without the state, the boxes know
	rm "$XDG_DATA_HOME"/sandbox/services/*/state
	is job 'exited null 0 4'
	is other 'running null 0 null'
	sandbox down
	[[ $(sandbox ps) != *exited* ]]
}

@test "a service that fills the disk: up and ps tell what becomes of it and the others" {
	services $'[service fills]\nimage = host\nvolumes = v:/v\ncommand = sh -c "dd if=/dev/zero of=/v/big bs=1M; exec sleep 1000"
health = test -e /v/ok\nhealth-interval = 200ms\nhealth-start-period = 100ms\nhealth-retries = 2\n[service needs-it]\nimage = host\nneeds = fills
command = sleep 1000\n[service other]\nimage = host\ncommand = sh -c "until [ -e /tmp/go ]; do sleep 0.1; done; exit 5"'
	cat >run.sh <<-'END'
		mount -t tmpfs -o size=24m,mode=700 tmpfs "$XDG_DATA_HOME"
		sandbox up --detach 2>err || echo "up $?"
		cat err
		sandbox exec p.other touch /tmp/go
		until sandbox ps --json | jq -e '.[].service | select(.name == "other" and .state == "exited")' >state; do
			sleep 0.2
		done
		sandbox ps --json | jq -r '.[].service | "\(.name) \(.state) \(.health)"' | sort
		sandbox down --volumes
		sandbox rm --all --force
	END
	run -0 unshare --user --map-current-user --keep-caps --mount sh -e run.sh
	echo "$output"
	[[ $output == *"'fills' is unhealthy"* || $output == *"'needs-it'"* ]]
	[[ $output == *'fills running unhealthy'*'other exited null'* ]]
}

@test "health: a command, a port, a URL; retries, timeout; one that never becomes healthy" {
	services $'[service port]\nimage = host\ncommand = sh -c "sleep 0.3; cd /tmp; exec python3 -m http.server 8080"\nhealth = port 8080
[service url]\nimage = host\ncommand = sh -c "mkdir /tmp/x; cd /tmp/x; exec python3 -m http.server 8000"\nhealth = http://localhost:8000/
[service cmd]\nimage = host\ncommand = sh -c "sleep 0.5; touch /tmp/ok; exec sleep 60"\nhealth = test -e /tmp/ok\nhealth-interval = 200ms
[service never]\nimage = host\ncommand = sleep 60\nhealth = sleep 30\nhealth-timeout = 100ms\nhealth-interval = 100ms\nhealth-retries = 2\nhealth-start-period = 0
[service notfound]\nimage = host\ncommand = sh -c "cd /tmp; exec python3 -m http.server 8000"\nhealth = http://localhost:8000/nosuch\nhealth-retries = 1\nhealth-start-period = 0
[service waits]\nimage = host\ncommand = sleep 60\nneeds = never'
	sandbox up -d port url cmd >/dev/null
	sandbox wait port url cmd
	for service in port url cmd; do
		is $service 'running healthy 0 null'
	done
	sandbox exec cmd rm /tmp/ok
	wait_until 30 is cmd 'running unhealthy *'
	sandbox exec cmd touch /tmp/ok
	wait_until 30 is cmd 'running healthy *'
	fails 125 "service 'waits': it needs 'never', which is unhealthy" sandbox up -d waits
	fails 125 "service 'never' is unhealthy: its checks fail" sandbox wait never
	sandbox up -d notfound >/dev/null
	wait_until 30 is notfound 'running unhealthy *'
	# no check of it is left
	wait_until 30 eval '! sandbox ps | grep -q "sleep 30"'
}

@test "health: HEALTHCHECK of the image, unless the section has its own or none" {
	for test in "'CMD', 'test', '-e', 'ok'" "'CMD-SHELL', 'test \"\$A\" = b && test -e ok || exit 1'" "'NONE'" "'EVIL', 'x'"; do
		rm -rf "$T/app"
		layout app <<-PY
			{'layers': [busybox('sh', 'test', 'sleep', 'touch', 'rm', 'true') + [D('srv'), F('srv/ok', b'')]],
			 'config': {'Env': ['PATH=/bin', 'A=b'], 'WorkingDir': '/srv', 'Cmd': ['sleep', '60'], 'Healthcheck':
			   {'Test': [$test], 'Interval': 100000000, 'Timeout': 5000000000, 'StartPeriod': 1, 'Retries': 2}}}
		PY
		run -0 --separate-stderr sandbox image import "$T/app" app:1
		[[ $test != *EVIL* || $stderr = *"the image's health check cannot be used: it is left out" ]]
		services $'[service a]\nimage = app:1\n[service none]\nimage = app:1\nhealth = none
[service own]\nimage = app:1\nhealth = true\n[service needs]\nimage = host\ncommand = sleep 60\nneeds = a:healthy'
		if [[ $test != *CMD* ]]; then
			fails 125 "*sandbox.ini:14: \[service needs] needs 'a': it has no health check: set 'health'" sandbox up -d
			continue
		fi
		sandbox up -d >/dev/null
		sandbox wait
		is a 'running healthy 0 null'
		is none 'running null 0 null'
		is own 'running healthy 0 null'
		is needs 'running null 0 null'
		sandbox exec a rm /srv/ok
		wait_until 200 is a 'running unhealthy *'
		sandbox down
	done
	[ "$(sandbox image inspect --json app:1 | jq -c .config.health)" = '["EVIL","x"]' ]
}

@test "up twice at once: both wait for the services; one that waits for the other says so" {
	services $'[service db]\nimage = host\ncommand = sh -c "sleep 1; mkdir /tmp/x; cd /tmp/x; exec python3 -m http.server 8000"
health = http://localhost:8000/\n[service web]\nimage = host\nneeds = db\ncommand = sleep 60'
	sandbox up -d >first 2>&1 3>&- &
	sandbox up -d >second
	wait_for $!
	[ "$status" = 0 ]
	[ "$(grep -c running first second | tr '\n' ' ')" = 'first:2 second:2 ' ]
	[ "$(holders | wc -l)" = 1 ]
	# the check reads the whole answer: no server complains in its log
	run ! grep -i reset <<<"$(sandbox logs db)"
	sandbox down
	# an up that was stopped while it asked
	lock=$(find "$XDG_DATA_HOME/sandbox" -maxdepth 3 -path '*services/*' -type d | head -1)
	flock "$lock" sh -c 'until [ -s waits ]; do sleep 0.1; done' 3>&- &
	wait_until 50 eval '! flock -n "$lock" true'
	sandbox up -d db >/dev/null 2>waits
	[[ $(cat waits) = *"another command starts or stops the services of '$T/p': waiting for it"* ]]
}

@test "up in the foreground prints their output with their names, and Ctrl-C stops them" {
	services $'[service a]\nimage = host\ncommand = sh -c "trap \\"echo bye; exit\\" INT; echo one; while :; do sleep 0.1; done"\nstop-signal = INT
[service long]\nimage = host\ncommand = sh -c "echo two; exec sleep 60"'
	sandbox up >"$T/out" 2>"$T/err" 3>&- &
	wait_until 50 grep -q two "$T/out"
	wait_until 50 grep -q one "$T/out"
	kill -INT $!
	wait_for $!
	[ "$status" = 130 ]
	[ "$(sort "$T/out")" = $'a    | bye\na    | one\nlong | two' ]
	grep -qx 'sandbox: stopping the services' "$T/err"
	is a 'stopped *'
	wait_until 50 no_holder
	# and it ends when they have ended
	services $'[service a]\nimage = host\ncommand = echo done'
	[ "$(sandbox up)" = 'done' ] || [ "$(sandbox logs a | tail -1)" = 'done' ]
}

@test "the holder is killed: services go on, ps says so, the next up takes them over" {
	# what it has said before is not lost either
	services $'[service a]\nimage = host\ncommand = sh -c "echo up; exec sleep 60"\nhealth = log up\nrestart = always\n[service b]\nimage = host\ncommand = sleep 60'
	sandbox up -d >/dev/null
	pid=$(sandbox ps --json | jq '.[] | select(.name == "p.a") | .pid')
	holder=$(holders)
	kill -9 "$holder"
	wait_until 50 no_holder
	[ "$(sandbox ps --json | jq -c '[.[].service | [.state, .held]]')" = '[["running",false],["running",false]]' ]
	[[ $(sandbox ps) = *"its holder is gone: 'sandbox up' takes it over"* ]]
	sandbox stop b
	sandbox up -d a >/dev/null
	[ "$(sandbox ps --json | jq '.[] | select(.name == "p.a") | .pid')" = "$pid" ]
	is a 'running healthy 0 null'
	is b 'stopped *'
	# and supervises them
	kill -9 "$pid"
	wait_until 200 is a 'running healthy 1 *'
	# ended without a holder
	kill -9 "$(holders)"
	wait_until 50 no_holder
	sandbox exec a kill 1 2>/dev/null || true
	sandbox stop --time 0 p.a
	is a 'stopped *'
	sandbox down
}

@test "restart and a changed section: another process, the same box; another image: another box" {
	services $'[service a]\nimage = host\ncommand = sh -c "touch /var/kept; exec sleep 60"'
	sandbox up -d >/dev/null
	wait_until 50 sandbox exec a test -e /var/kept
	first=$(sandbox ps --json | jq '.[0].pid')
	sandbox restart a >/dev/null
	second=$(sandbox ps --json | jq '.[0].pid')
	[ "$first" != "$second" ]
	[ "$(sandbox exec a ls /var/kept)" = /var/kept ]
	services $'[service a]\nimage = host\ncommand = sh -c "exec sleep 60"\nenv.X = 1'
	sandbox up -d >/dev/null
	[ "$(sandbox ps --json | jq '.[0].pid')" != "$second" ]
	[ "$(sandbox exec a ls /var/kept)" = /var/kept ]
}

@test "logs of several services, followed across a restart; a flood is bounded" {
	services $'[service a]\nimage = host\ncommand = sh -c "echo a; sleep 0.3; exit 1"\nrestart = always
[service flood]\nimage = host\ncommand = sh -c "yes $(printf %01000d 0) | head -c 30000000; echo; echo end; exec sleep 60"'
	sandbox up -d >/dev/null
	sandbox logs -f a >followed 3>&- &
	wait_until 50 eval '[ "$(grep -cx a followed)" -ge 2 ]'
	kill $!
	wait_until 100 eval '[ "$(sandbox logs -n 1 flood)" = end ]'
	[ "$(sandbox logs -n 1 a flood | sort -u)" = $'a     | a\nflood | end' ]
	[ "$(sandbox logs --json -n 1 a flood | jq -r '.[0].name')" = a ]
	folder=$(sandbox inspect --json flood | jq -r .folder)
	[ "$(bytes "$folder/log" "$folder/log.1")" -le $((16 * 1024 * 1024)) ]
}
