#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# What a box cannot see or reach of the host: environment, keys, sockets, processes, other
# directories; and what others on the host cannot do to a box.

load helpers
load oracle

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
	cp "$PROBE" p/probe
	plant
}

teardown() {
	clear_canaries
	sandbox_teardown
}

@test "nothing of the host's environment is passed in, in any kind of session" {
	local command
	export AWS_SECRET_ACCESS_KEY=sings SSH_AUTH_SOCK=$T/agent DBUS_SESSION_BUS_ADDRESS=unix:sings \
		LD_PRELOAD_CANARY=sings DISPLAY=:7 XAUTHORITY=$T/x BASH_ENV_CANARY=sings
	for command in "enter ./p --" "enter --root ./p --" "exec p" "exec p sudo" "exec p sudo -E" \
		"run host" "run --root host"; do
		# shellcheck disable=SC2086 # words
		run sandbox $command env
		[ "$status" = 0 ]
		[[ $output != *sings* ]]
		[[ $output != *SSH_AUTH_SOCK* && $output != *DISPLAY* && $output != *XAUTHORITY* ]]
		[[ $output != *"$T/agent"* ]]
	done
	[ "$(sandbox run -e CANARY_SECRET host printenv CANARY_SECRET)" = the-canary-sings ]
}

@test "variables exported in a box reach neither the host nor another session" {
	sandbox enter ./p -- sh -c 'export LEAK=1; umask 0; cd /; true'
	run sandbox exec p printenv LEAK
	[ "$status" = 1 ]
	[ "$(sandbox exec p sh -c umask)" = 0022 ]
}

@test "homes, /root, /tmp, /run and secrets of the host are hidden" {
	run sandbox enter ./p -- sh -c '
		ls -A /root /run /run/user/* "$HOME" /var/tmp /etc/shadow /etc/gshadow \
			/etc/sudoers /etc/ssl/private /var/run/docker.sock /run/dbus 2>/dev/null'
	[[ $output != *canary* && $output != *shadow* && $output != *sudoers* ]]
	[[ $output != *docker* && $output != *dbus* ]]
	[ "$(sandbox enter ./p -- ls -A /tmp /home)" = \
		$'/home:\n\n/tmp:\n'"$(cut -d/ -f3 <<<"$T")" ]
	run sandbox enter ./p -- cat "$canary/file" "$tmp_canary/file"
	[ "$status" != 0 ]
	says_nothing sandbox enter --root ./p -- find / -xdev -name '*canary*' 2>/dev/null
}

@test "an abstract socket of the host cannot be reached, with either network" {
	local name=@canary-$BASHPID
	listen "$name"
	[ "$("$PROBE" connect "$name")" = ok ]
	wait_until 50 heard
	: >heard.1
	for network in host none; do
		run sandbox run --network $network --mount "$PROBE:/probe:ro" host /probe connect "$name"
		[ "$status" = 1 ]
		run sandbox run --root --network $network --mount "$PROBE:/probe:ro" host \
			/probe connect "$name"
		[ "$status" = 1 ]
	done
	unheard
}

@test "an abstract socket of one box cannot be reached from another, only from its own" {
	local name=@canary-$BASHPID
	project q $'[sandbox]\nlinger = 60s'
	sandbox enter ./p -- ./probe listen "$name" 3>&- >listener &
	local listener=$!
	wait_until 50 grep -q listening listener
	[ "$(sandbox exec p ./probe connect "$name")" = ok ]
	[ "$(sandbox exec p sudo ./probe connect "$name")" = ok ]
	run sandbox run --mount "$PROBE:/probe:ro" host /probe connect "$name"
	[ "$status" = 1 ]
	run "$PROBE" connect "$name" # the host may look into its boxes
	sandbox stop p
	wait_for "$listener"
}

@test "the host's loopback is shared with network host, and out of reach without" {
	local port=$((20000 + RANDOM % 20000))
	listen $port
	[ "$(sandbox run --network host --mount "$PROBE:/probe:ro" host /probe connect $port)" = ok ]
	wait_until 50 heard
	: >heard.1
	for network in gateway none; do
		run sandbox run --network $network --mount "$PROBE:/probe:ro" host /probe connect $port
		[ "$output" = ECONNREFUSED ]
	done
	unheard
	# it has a loopback of its own
	run sandbox run --network none host sh -c 'cat /proc/net/dev | wc -l'
	[ "$output" = 3 ]
}

@test "a path socket outside the project cannot be reached" {
	listen "$T/home/socket" "$tmp_canary.socket"
	for path in "$T/home/socket" "$tmp_canary.socket" "$XDG_RUNTIME_DIR/sandbox/"*/control; do
		run sandbox enter ./p -- ./probe connect "$path"
		[ "$status" = 1 ]
		run sandbox enter --root ./p -- ./probe connect "$path"
		[ "$status" = 1 ]
	done
	unheard
	rm -f "$tmp_canary.socket"
}

@test "processes of the host can be neither seen nor signalled" {
	local n
	sleep 60 3>&- &
	run sandbox enter ./p -- sh -c "kill -9 $! ; ls -d /proc/$! ; ./probe call kill $! 9"
	[[ $output == *ESRCH* ]]
	kill -0 $!
	# kill -1 reaches only the session's own box
	sandbox enter ./p -- ./probe call kill -1 9 || true
	sandbox enter --root ./p -- ./probe call kill -1 9 || true
	kill $!
	n=$(sandbox enter ./p -- sh -c 'ls -d /proc/[0-9]* | wc -l')
	[ "$n" -le 4 ]
}

@test "killing everything from inside ends sessions, not the box; SIGKILL and SIGSTOP do not reach pid 1" {
	sandbox enter ./p -- sleep 60 3>&- &
	wait_until 50 sandbox exec p pgrep -x sleep
	run sandbox exec p sh -c 'kill -KILL 1; kill -STOP 1; kill -HUP 1; kill -SEGV 1; echo still'
	[ "$output" = still ]
	run sandbox exec p ./probe call kill -1 9
	run wait $!
	[ "$(sandbox exec p echo alive)" = alive ]
}

@test "code inside cannot lock the user out by holding connections to sudo's socket" {
	sandbox enter ./p -- ./probe hold /run/sandbox/sudo.sock 2000 100 >held 3>&- &
	local holder=$!
	# as many as pid 1 accepts
	wait_until 100 grep -q held held
	wait_until 20 grep -q 'held 1088' held || true
	[ "$(timeout 60 sandbox exec p echo in)" = in ]
	timeout 60 sandbox stop p
	wait_for "$holder"
}

@test "noise on sudo's socket does not harm pid 1" {
	[ "$(sandbox enter ./p -- ./probe garble /run/sandbox/sudo.sock 2000)" = ok ]
	[ "$(sandbox exec p sudo id -u)" = 0 ]
	# pid 1, the identity supervisor, and this pipe
	[ "$(sandbox exec p sh -c 'ls -d /proc/[0-9]* | wc -l')" -le 5 ]
}

@test "sudo's socket accepts no request to stop the box, and the control socket is not inside" {
	run sandbox enter ./p -- sh -c 'find / -xdev -type s 2>/dev/null; find /run /tmp -type s'
	[ "$output" = /run/sandbox/sudo.sock ]
}

@test "without XDG_RUNTIME_DIR, a directory in /tmp that is a symlink or open to others is refused" {
	# a separate /tmp: the real one may have this user's running boxes
	cat >script <<-'EOF'
		set -e
		mount -t tmpfs tmpfs /tmp
		unset XDG_RUNTIME_DIR XDG_DATA_HOME
		export HOME=/tmp/home
		dir=/tmp/sandbox-$(id -u)
		mkdir /tmp/home /tmp/other
		chmod 0700 /tmp/other
		ln -s /tmp/other "$dir"
		"$SANDBOX" run host true && exit 2
		rmdir /tmp/other # which is empty
		mkdir -m 0700 /tmp/other
		rm "$dir"
		mkdir -m 0755 "$dir"
		"$SANDBOX" run host true && exit 3
		chmod 0700 "$dir"
		"$SANDBOX" run host true
		rm -r "$dir"
		"$SANDBOX" run host true
		[ "$(stat -c %a "$dir")" = 700 ]
	EOF
	unshare --user --map-current-user --keep-caps --mount bash <script
}

@test "the store and the runtime directory are closed to others" {
	sandbox enter ./p -- true
	local dir
	for dir in "$XDG_DATA_HOME/sandbox" "$XDG_RUNTIME_DIR/sandbox"; do
		[ "$(stat -c %a "$dir")" = 700 ]
		says_nothing find "$dir" -maxdepth 1 -type d -perm /077
	done
}

@test "our files are never setuid and have no capabilities" {
	says_nothing find "$BUILD/bin" "$BUILD/libexec" -perm /7000
	says_nothing env PATH="$PATH:/usr/sbin" getcap -r "$BUILD/bin" "$BUILD/libexec"
}
