#!/usr/bin/env bats
# [policy] of sandbox.conf: what no project may have, whoever accepts it.

load helpers

setup() {
	sandbox_setup
	mkdir -p "$HOME/.config/sandbox" "$T/data"
	conf=$HOME/.config/sandbox/sandbox.conf
}

policy() { printf '[policy]\n%s\n' "$@" >"$conf"; }

@test "what is denied is refused with both lines, with or without consent, for flags and variables too" {
	policy 'deny = ssh-agent, home'
	project p $'[sandbox]\nssh-agent = yes'
	fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies 'ssh-agent = yes'" sandbox enter --accept "$T/p" -- true
	project q
	SANDBOX_HOME=host fails 125 "*SANDBOX_HOME: the policy of $conf:2 denies 'home = host'" sandbox enter --accept "$T/q" -- true
	project r $'[sandbox]\nprofile = ./x.ini'
	printf '[sandbox]\nhome = host\n' >r/x.ini
	fails 125 "*r/x.ini:2: the policy of *denies 'home = host'" sandbox enter --accept "$T/r" -- true
	# What is closed already is fine.
	project s $'[sandbox]\nssh-agent = no\nhome = own'
	sandbox enter --quiet "$T/s" -- true
}

@test "the proxy's password and the host's CA certificates can be denied" {
	policy 'deny = ca proxy-password'
	for key in ca proxy-password; do
		project p $'[sandbox]\n'"$key = yes"
		fails 125 "*p/sandbox.ini:2: the policy of $conf:2 denies '$key = yes'" sandbox enter --accept "$T/p" -- true
	done
}

@test "with mounts denied no pointer of a checkout makes outside data visible, and worktrees stay protected" {
	policy 'deny = mounts'
	export GIT_CONFIG_GLOBAL=/dev/null
	git init -q repo
	git -C repo -c user.name=Me -c user.email=me@x commit -q --allow-empty -m one
	git -C repo worktree add -q "$T/wt"
	git clone -q --shared repo shared
	project wt
	project repo
	project shared
	run sandbox enter --accept "$T/wt" -- ls "$T/repo/.git"
	[ "$status" != 0 ]
	run sandbox enter --accept "$T/shared" -- ls "$T/repo/.git"
	[ "$status" != 0 ]
	run ! sandbox enter --accept "$T/repo" -- rm -r .git/worktrees/wt
	git -C wt status
}

@test "a request that a later source clears still counts" {
	policy 'deny = secrets export'
	echo x >"$T/token"
	for key in secrets export; do
		project p $'[sandbox]\ninclude = ./more.ini\n'"$key ="
		printf '[sandbox]\n%s = ../token\n' $key >p/more.ini
		fails 125 "*more.ini:2: the policy of *denies '$key = ../token'" sandbox enter --accept "$T/p" -- true
	done
}

@test "a denied network is denied for steps too" {
	policy 'deny = network'
	project p $'[run]\n1 = ls /sys/class/net >/etc/nets'
	[ "$(sandbox enter --quiet "$T/p" -- cat /etc/nets)" = lo ]
	project q $'[run]\n1 = false'
	run ! sandbox enter "$T/q" -- true
	[[ $output = *"step 1 of 1 (run 1: false) failed with status 1 ($conf:2 denies the network)"* ]]
}

@test "a denied network is closed silently if nobody asked for it" {
	policy 'deny = network'
	project p
	[ "$(sandbox enter --quiet "$T/p" -- sh -c 'ls /sys/class/net')" = lo ]
	[ "$(sandbox config "$T/p" network)" = none ]
	project q $'[sandbox]\nnetwork = host'
	fails 125 "*denies 'network = host'" sandbox enter --accept "$T/q" -- true
	fails 125 "*flag: the policy of *denies 'network = host'" sandbox enter --network host "$T/p" -- true
}

@test "directories outside the project, caches, packages, steps and hooks can be denied" {
	policy 'deny = mounts caches run hooks packages'
	mkdir -p p/own
	project p $'[mounts]\n/x = ./own\n/y = tmpfs'
	sandbox enter --quiet "$T/p" -- true
	ln -s "$T/data" p/link
	for line in $'[mounts]\n/x = ../data' $'[mounts]\n/x = ./link' $'[mounts]\n/x = cache:c' $'[run]\n1 = true' $'[hooks]\nenter = true' $'[packages]\napt = gcc'; do
		project q "$line"
		ln -sfn "$T/data" q/link
		fails 125 "*q/sandbox.ini:2: the policy of $conf:2 denies '\\[*'" sandbox enter --accept "$T/q" -- true
	done
}

@test "paths are protected in every project" {
	policy 'protect = .git/hooks .envrc'
	mkdir -p p/.git
	project p
	run -0 sandbox enter --quiet "$T/p" -- sh -c 'touch .git/hooks/x; echo evil >.envrc; touch fine'
	[ -e p/fine ]
	[ ! -e p/.git/hooks/x ]
	[ ! -s p/.envrc ]
}

@test "a typo in it is an error" {
	project p
	policy 'deny = netwrok'
	fails 125 "$conf:2: 'netwrok' cannot be denied, did you mean 'network'?" sandbox enter "$T/p" -- true
	printf '[polcy]\ndeny = network\n' >"$conf"
	fails 125 "*$conf:1: unknown section \\[polcy]" sandbox enter "$T/p" -- true
	rm "$conf"
	ln -s nowhere "$conf"
	fails 125 "*'$conf' is a symlink to a file that does not exist" sandbox enter "$T/p" -- true
	rm "$conf"
	policy 'allow = all'
	fails 125 "$conf:2: unknown key 'allow' in \\[policy]: *" sandbox enter "$T/p" -- true
	project q $'[policy]\ndeny = x'
	rm "$conf"
	fails 125 "*q/sandbox.ini:1: *" sandbox enter "$T/q" -- true
}
