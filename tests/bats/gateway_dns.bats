#!/usr/bin/env bats
# network = gateway: the name server that a box sees, at the gateway's address.

load helpers
load internet

@test "names come from the host's servers, by UDP and TCP, over IPv4 and IPv6, and its hosts(5) come first" {
	cat >>hosts <<-END
		127.0.0.1 localhost local.test
		203.0.113.77 both.test Printer.Test # ours
		2001:db8::77 both.test
	END
	cat >expected <<-END
		www.example.test ok $ANSWERS
		www.example.test/28 ok $ANSWERS6
		www.example.test/16 ok
		alias.example.test ok $ANSWERS
		missing.example.test NXDOMAIN
		printer.test ok 203.0.113.77
		both.test/28 ok 2001:db8::77
		printer.test/28 ok
		local.test ok $ANSWERS
		host.sandbox ok 10.0.2.2
		HOST.sandbox/28 ok
		other.sandbox NXDOMAIN
	END
	mapfile -t words < <(cut -d' ' -f1 expected)
	in_box python3 /t/internet.py ask 10.0.2.2 "${words[@]}" >box
	diff expected box
	in_box python3 /t/internet.py ask fd00:2::2 tcp "${words[@]}" >box
	diff expected box
	grep -q '^www.example.test tcp$' asked
	run ! grep 'sandbox\|both' asked
}

@test "answers that are not to the question are passed over; a large one comes by TCP" {
	in_box python3 /t/internet.py ask 10.0.2.2 liar.test big.test tcp big.test >box
	sed -n 1,2p box | diff - <(printf '%s\n' "liar.test ok $ANSWERS" 'big.test ok truncated')
	[ "$(sed -n 3p box | wc -w)" = 102 ]
}

@test "messages that are no query, or malformed, reach no server" {
	run -0 in_box python3 /t/internet.py ask 10.0.2.2 \
		mute:1234 mute:12348100000100000000000001610000010001 hex:12341000000100000000000001610000010001 \
		hex:12340100000200000000000001610000010001 hex:12340100000100000000000001610000010001ff \
		hex:12342100000100000000000001610000060001 hex:12342800000100010000000001610000060001 \
		hex:1234010000010000000000004161 hex:123401000001000000000000c00c00010001 \
		hex:12340100000100000000000001610000010001 tcp hex:123401000001000000000000c00c00010001
	[ "$(awk '{ print $NF }' <<<"$output" | xargs)" = \
		"answer answer NOTIMP FORMERR FORMERR NOTIMP NOTIMP FORMERR FORMERR $ANSWERS FORMERR" ]
	[ "$(cat asked)" = 'a udp' ]
}

@test "a server that refuses is passed over, and one that is silent when the box asks again; none at all is SERVFAIL" {
	printf 'nameserver %s\n' 198.51.100.2 "$ANSWERS" >resolv.conf
	[ "$(in_box python3 /t/internet.py ask 10.0.2.2 a.test tcp b.test)" = "a.test ok $ANSWERS
b.test ok $ANSWERS" ]
	printf 'nameserver %s\n' 203.0.113.99 "$ANSWERS"$'\noptions timeout:2' >resolv.conf
	in_box getent ahostsv4 www.example.test >box
	grep -q "^$ANSWERS" box
	echo nameserver 198.51.100.2 >resolv.conf
	[ "$(in_box python3 /t/internet.py ask 10.0.2.2 a.test tcp a.test)" = 'a.test SERVFAIL
a.test SERVFAIL' ]
}

@test "a change of hosts(5) is followed while the box runs" {
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host sh -c '
		cd /t; python3 internet.py ask 10.0.2.2 new.test; touch ready
		until python3 internet.py ask 10.0.2.2 new.test | tee said | grep 78; do sleep 0.1; done' >box 3>&- &
	box=$!
	wait_until 100 [ -e ready ]
	echo 203.0.113.78 new.test >>hosts
	wait_for $box
	[ "$(cat box)" = "new.test ok $ANSWERS
new.test ok 203.0.113.78" ]
}
