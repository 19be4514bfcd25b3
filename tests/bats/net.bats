#!/usr/bin/env bats
# sandbox net: what the boxes of a project reached and were refused, and adding rules to a project's file.

load helpers
load internet

setup() {
	sandbox_setup
}

@test "net log shows what was reached and refused, why, and the rule that would allow it" {
	internet_start
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = www.test:443 *.near.test 203.0.113.11:22\ndeny = evil.test'
	cp internet.py p/
	on_host sandbox enter --accept p -- python3 internet.py fetch www.test:443/tls/www.test www.test:443/tls/www.test \
		203.0.113.11:22/raw/ www.test:443/tls/evil.test www.test:443/tls/other.test www.test:443/raw/ www.test:80/http/www.test \
		203.0.113.11:80/http/x.test 10.0.2.2:5432/raw/ 169.254.169.254:80/http/x near.near.test:80/http/x other.test:80/http/x
	on_host sandbox net log p | cut -d' ' -f3- >log
	sed -i '/example.test/d; /2001:/d' log # search domains, and the other family
	diff log - <<-END
		allowed tcp 203.0.113.10:443 www.test (2 times)
		allowed tcp 203.0.113.11:22
		refused tcp 203.0.113.10:443 evil.test: a rule denies it
		refused tcp 203.0.113.10:443 other.test: it names a host that no rule allows: allow = other.test
		refused tcp 203.0.113.10:443 www.test: it names no host, as TLS and HTTP do: allow = raw:www.test:443
		refused tcp 203.0.113.10:80 www.test: a rule allows the name, but not this port: allow = www.test:80
		refused tcp 203.0.113.11:80: no rule allows it: allow = 203.0.113.11:80
		refused tcp 10.0.2.2:5432 host.sandbox: it is this machine: allow = host.sandbox:5432
		refused tcp 169.254.169.254:80: it is link-local, or gives away credentials of a cloud: allow = 169.254.169.254:80
		refused dns 198.51.100.2 near.near.test: it is this machine
		refused dns other.test (2 times): no rule allows it: allow = other.test
	END
	on_host sandbox net log --json --refused p >json
	python3 -c 'import json, sys
v = json.load(open("json"))
assert not any(e["allowed"] for e in v)
assert v[1]["name"] == v[1]["allow"] == "other.test", v[1]
assert v[0]["reason"] == "a rule denies it" and v[0]["allow"] is None'
	on_host timeout 60 sandbox net log -f p >followed 3>&- &
	following=$!
	on_host sandbox enter --accept p -- python3 internet.py ask 10.0.2.2 later.test
	wait_until 50 grep -q 'dns later.test' followed
	kill "$(pgrep -P $following)"
}

@test "net log of a project without a network of its own is empty, and so is that of one without a box" {
	project p '[sandbox]'
	says_nothing sandbox net log ./p
	sandbox enter p -- true
	says_nothing sandbox net log p
}

@test "net allow adds rules to the file and leaves the rest as it is" {
	mkdir p
	cat >p/sandbox.ini <<-'END'
		; mine
		[sandbox]
		image = host   ; the default

		[network]  ; closed
		default = closed
		allow   = a.test  "b"	; those two
		[env]
		X = "  1"
	END
	sed -i 's/  "b"/ 10.0.0.1/' p/sandbox.ini
	cp p/sandbox.ini before
	chmod 640 p/sandbox.ini
	cd p
	sandbox net allow C.Test:443 '*.d.test' a.test
	run -1 diff ../before sandbox.ini
	[ "$(grep '^[<>]' <<<"$output")" = "< allow   = a.test 10.0.0.1	; those two
> allow   = a.test 10.0.0.1 c.test:443 *.d.test	; those two" ]
	[ "$(stat -c %a sandbox.ini)" = 640 ]
	printf '[sandbox]\nimage = host' >sandbox.ini
	sandbox net allow x.test
	sandbox net allow y.test --project .
	[ "$(cat sandbox.ini)" = $'[sandbox]\nimage = host\n\n[network]\nallow = x.test y.test' ]
	printf '[network]\ndefault = closed\n[sandbox]\nimage = host\n' >sandbox.ini
	sandbox net allow x.test
	[ "$(cat sandbox.ini)" = $'[network]\nallow = x.test\ndefault = closed\n[sandbox]\nimage = host' ]
	printf '[network]\nallow = x.test\n  y.test\n' >sandbox.ini
	cp sandbox.ini ../before
	fails 125 "*sandbox.ini: add 'allow = z.test' to ?network? by hand" sandbox net allow z.test
	fails 125 "'a..b': expected a host name*" sandbox net allow a..b
	diff ../before sandbox.ini
	printf '[network]\nallow = "x.test"\n' >sandbox.ini
	sandbox net allow y.test
	[ "$(sed -n 2p sandbox.ini)" = 'allow = "x.test y.test"' ]
}

@test "--learn opens the network for a run and prints the rules that it would need, each name of an address" {
	local rules

	internet_start
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0\n[network]\ndefault = closed\nallow = a.test'
	cp internet.py p/
	run=(python3 internet.py fetch a.test:443/tls/a.test b.test:443/tls/b.test c.test:80/http/c.test other.test:22/raw/ 10.0.2.2:9/raw/)
	on_host sandbox enter --accept p -- true
	on_host sandbox enter --quiet --learn p -- "${run[@]}" >open 2>learned </dev/null
	[ "$(sed 's/ [a-c.]*example.test//g' learned)" = $'[network]\ndefault = closed\nallow = b.test c.test other.test:22 host.sandbox:9' ]
	# what was agreed to stays: the next one is closed
	on_host sandbox enter p -- "${run[@]}" >closed 2>&1 </dev/null
	grep -q 'b.test no such name' closed
	read -ra rules < <(sed -n 's/allow = //p' learned)
	sandbox net allow -p p "${rules[@]}"
	on_host sandbox enter --accept p -- "${run[@]}" >closed
	diff open closed
	on_host sandbox enter --accept --learn p -- "${run[@]}" >/dev/null 2>again
	[ "$(cat again)" = 'sandbox: this run would need no more than its project allows' ]
	on_host sandbox run --quiet --learn --mount "$PWD:/t" host python3 /t/internet.py fetch a.test:443/tls/a.test >out 2>learned
	grep -qx 'allow = .*a.test' learned
	[ "$(on_host sandbox net learn --json p | jq 'map(select(contains("example.test") | not)) | length')" = 0 ]
}

@test "--learn does not go against a policy, or with another network" {
	project p $'[sandbox]\nnetwork = gateway'
	fails 125 "--learn needs network = gateway: flag has 'none'" sandbox enter --learn --network none p -- true
	fails 125 '--learn and --detach cannot be used together' sandbox run --learn --detach host true
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\nnetwork-default = closed\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 '*sandbox.conf:2 closes the network: --learn cannot open it' sandbox enter --learn p -- true
}

@test "net learn prints the rules of a run, and a closed box with them can do the same" {
	internet_start
	project p $'[sandbox]\nnetwork = gateway\nlinger = 0'
	cp internet.py p/
	run=(python3 internet.py fetch www.test:443/tls/www.test other.test:22/raw/ 203.0.113.11:5000/raw/ 10.0.2.2:9/raw/)
	on_host sandbox enter --accept p -- "${run[@]}" >open
	on_host sandbox net learn p >rules
	grep -v example.test rules | sort -u | diff - <(printf '%s\n' host.sandbox:9 other.test:22 other.test:5000 www.test)
	printf '[network]\ndefault = closed\n' >>p/sandbox.ini
	# shellcheck disable=SC2046 # rules are words
	sandbox net allow -p p $(cat rules)
	on_host sandbox enter --accept p -- "${run[@]}" >closed
	diff open closed
}
