# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# oracle.bash - how a test of an attack is judged: nothing changed, nothing reached, nothing leaked.
#
# plant puts canaries into HOME, /tmp and, by looking at it, /etc; listeners on an abstract socket, a
# path and a port of the loopback; a secret into the environment. unharmed compares.

PROBE=$BUILD/tests/programs/probe

# The home that a box's own is mounted at: what passwd says, not $HOME.
home_inside=$HOME

plant() {
	canary=$T/home/canary
	tmp_canary=$(mktemp -d /tmp/canary-XXXXXX)
	mkdir -p "$canary/folder"
	echo 'a canary' >"$canary/file"
	echo 'a canary too' >"$canary/folder/file"
	echo 'root:x:0:0:canary:/root:/bin/sh' >"$canary/passwd"
	ln -s file "$canary/link"
	chmod 0640 "$canary/folder/file"
	"$PROBE" call setxattr "s:$canary/file" s:user.canary s:sings 5 0 >/dev/null || true
	cp -a "$canary/." "$tmp_canary"
	touch -d '2001-02-03 04:05:06' "$canary"/* "$tmp_canary"/*
	export CANARY_SECRET=the-canary-sings
	before=$(state)
}

# Content, mode, owner, extended attributes and times of all that must not change.
state() {
	local pax='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'

	tar -c --sort=name --format=posix --pax-option="$pax" --xattrs --xattrs-include='*' \
		-C / "${canary#/}" "${tmp_canary#/}" | sha256sum
	stat -c '%n %a %u %g %s %Y %i' /etc /etc/passwd /etc/group /etc/hosts /etc/resolv.conf \
		2>/dev/null || true
	stat -c '%n %a %u %g' /dev/null /dev/zero /dev/tty /tmp /home
}

unharmed() {
	local after

	after=$(state)
	if [ "$before" != "$after" ]; then
		diff <(echo "$before") <(echo "$after") >&2
		echo "a canary has changed" >&2
		return 1
	fi
}

clear_canaries() {
	[ -z "${tmp_canary:-}" ] || rm -rf "$tmp_canary"
	unlisten
}

# Listens on an address; what it hears is in $T/heard.N.
listen() { # ADDRESS...
	local address n=0

	for address; do
		n=$((n + 1))
		"$PROBE" listen "$address" >"$T/heard.$n" 3>&- &
		listeners+=("$!")
		wait_until 50 grep -q listening "$T/heard.$n"
	done
}

unlisten() {
	[ ${#listeners[@]} -eq 0 ] || kill "${listeners[@]}"
	listeners=()
}

heard() {
	grep -q reached "$T"/heard.*
}

unheard() {
	! heard
}
listeners=()
