#!/usr/bin/env bats
# sandbox why: what the network of a project's boxes refused last, outside and in the box.

load helpers
load internet

@test "the last refusals, each once, are told outside and in the box, with the rule that allows them" {
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = www.test'
	cp internet.py p/
	on_host sandbox enter --accept p -- sh -c 'cat /run/sandbox/refused
		python3 internet.py fetch a.test:80/http/a 10.0.2.2:5432/raw/ a.test:80/http/a www.test:443/tls/www.test 127.1.1.1:1/raw/ \
			169.254.1.1:80/raw/ 10.0.2.2:5432/raw/ >/dev/null
		grep -v example.test /run/sandbox/refused >inside
		if echo x 2>/dev/null >/run/sandbox/refused; then exit 1; fi'
	printf '%s\n' 'dns a.test (4 times): no rule allows it' $'\t[network] allow = a.test' \
		'tcp 169.254.1.1:80: it is link-local, or gives away credentials of a cloud' \
		$'\t[network] allow = 169.254.1.1:80' 'tcp 10.0.2.2:5432 host.sandbox (2 times): it is this machine' \
		$'\t[network] allow = host.sandbox:5432' >expected
	diff expected <(grep -v 'example.test' p/inside)
	on_host sandbox why p >outside
	diff expected <(grep -v 'example.test' outside)
	[ "$(on_host sandbox why --json p | jq -r '.[-1].allow')" = host.sandbox:5432 ]
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host sh -c 'python3 /t/internet.py fetch 10.0.2.2:1/raw/
		cat /run/sandbox/refused' >run
	[ "$(sed -n 2p run)" = 'tcp 10.0.2.2:1 host.sandbox: it is this machine' ]
	project q '[sandbox]'
	sandbox enter q -- true
	says_nothing sandbox why q
}

@test "a project without a box has nothing to show; one that does not exist is an error" {
	local command
	project p
	for command in why "net log" "net learn"; do
		# shellcheck disable=SC2086 # two words
		says_nothing sandbox $command ./p
		# shellcheck disable=SC2086
		fails 125 "*nosuch*" sandbox $command nosuch
	done
}
