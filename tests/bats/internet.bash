# shellcheck shell=bash
# internet.bash - an internet of network namespaces, for tests of `network = gateway`.
#
# Everything is in a user namespace of the test's own, so it takes no privilege. on_host runs a command on a
# machine, 198.51.100.2, whose only way is to another, 203.0.113.10, which runs internet.py. Both have IPv6.
# The files resolv.conf and hosts are those in /etc of the machine.

ANSWERS=203.0.113.10 ANSWERS6=2001:db8:9::10

internet_start() {
	unshare -Unrm true 2>/dev/null || skip 'no network namespaces here'
	mkfifo up as-root
	cp "$BATS_TEST_DIRNAME/internet.py" .
	unshare --user --map-current-user --keep-caps --net --mount bash -e "$BATS_TEST_DIRNAME/internet.bash" \
		"$ANSWERS" "$ANSWERS6" >internet.log 2>&1 3>&- &
	internet=$!
	read -r peer <up
	[ -n "$peer" ]
}

internet_stop() {
	[ -n "${internet-}" ] || return 0
	kill "$peer" "$internet" 2>/dev/null || true
	wait "$internet" 2>/dev/null || true
}

# Of files that need no more.
setup() {
	sandbox_setup
	internet_start
}

teardown() {
	internet_stop
	sandbox_teardown
}

on_host() { # COMMAND...
	nsenter -t "$internet" --user --preserve-credentials --net --mount --wd="$PWD" "$@"
}

# A command on the machine, of what only its root may do. It is not waited for.
on_host_as_root() { # COMMAND...
	echo "$*" >as-root
}

# A command on the other machine.
on_internet() { # COMMAND...
	nsenter -t "$peer" --user --preserve-credentials --net --mount --wd="$PWD" "$@"
}

# A command in a box with a gateway. The test's directory is /t there.
in_box() { # COMMAND...
	on_host sandbox run --quiet --network gateway --mount "$PWD:/t" host "$@"
}

# The pids of this test's gateways, the holders first: those that no gateway has started. Pids wrap, so
# a process may have a lower one than its parent.
gateways() {
	ps -eo pid=,ppid=,stat=,comm= | awk -v mark="$(cat /proc/$BASHPID/oom_score_adj)" '
		$4 == "sandbox-gateway" && $3 !~ /^Z/ {
			file = "/proc/" $1 "/oom_score_adj"
			if ((getline value <file) > 0 && value == mark)
				parent[$1] = $2
			close(file)
		}
		END {
			for (pid in parent)
				if (!(parent[pid] in parent))
					print pid
			for (pid in parent)
				if (parent[pid] in parent)
					print pid
		}'
}

# What follows is the program that internet_start runs in there: it makes the machines and their wire.
[ "${BASH_SOURCE[0]}" = "$0" ] || return 0

answers=$1 answers6=$2
trap 'kill $(jobs -p)' EXIT
trap exit TERM
unshare --net sleep infinity &
peer=$!
until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do
	sleep 0.02
done
there=(nsenter -t "$peer" --net)
ip link set lo up
ip link add wire type veth peer name wire netns "$peer"
ip addr add 198.51.100.2/24 dev wire
ip -6 addr add 2001:db8:1::2/64 dev wire nodad
ip link set wire up
"${there[@]}" ip link set lo up
"${there[@]}" ip addr add 198.51.100.1/24 dev wire
"${there[@]}" ip -6 addr add 2001:db8:1::1/64 dev wire nodad
"${there[@]}" ip link set wire up
"${there[@]}" ip addr add "$answers/32" dev lo
"${there[@]}" ip -6 addr add "$answers6/128" dev lo nodad
"${there[@]}" ip addr add 203.0.113.11/32 dev lo
"${there[@]}" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
	echo 0 >/proc/sys/net/ipv4/icmp_ratelimit; echo 0 >/proc/sys/net/ipv6/icmp/ratelimit'
ip route add default via 198.51.100.1
ip -6 route add default via 2001:db8:1::1
# where the other machine knows no way, where this one does not, and where nobody answers
"${there[@]}" ip route add unreachable 203.0.113.20
"${there[@]}" ip -6 route add unreachable 2001:db8:9::20
ip route add unreachable 203.0.113.30
"${there[@]}" ip route add blackhole 203.0.113.99
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
echo "$(id -g) $(id -g)" >/proc/sys/net/ipv4/ping_group_range
printf 'nameserver %s\nsearch example.test\n' "$answers" >resolv.conf
cp /etc/hosts hosts
mount --bind resolv.conf /etc/resolv.conf
mount --bind hosts /etc/hosts
"${there[@]}" python3 internet.py serve "$answers" "$answers6" &
until [ -e served ]; do
	sleep 0.02
done
while true; do
	read -r command <as-root
	$command
done &
echo "$peer" >up
wait
