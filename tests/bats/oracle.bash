# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# oracle.bash - judges a test of an attack: nothing changed, nothing reached, nothing leaked.
#
# plant puts canaries into HOME, /tmp and, as root, /etc; a secret into the environment. unharmed
# compares the canaries (other programs may change anything else of this machine meanwhile), and who
# may write what. listen waits on abstract sockets, paths and loopback ports; unheard checks that
# nobody connected.

PROBE=$BUILD/tests/programs/probe

# The home at which a box's own is mounted: the one in passwd, not $HOME.
home_inside=$HOME

plant() {
	local copy

	canary=$T/home/canary
	tmp_canary=$(mktemp -d /tmp/canary-XXXXXX)
	mkdir -p "$canary/folder"
	echo 'a canary' >"$canary/file"
	echo 'a canary too' >"$canary/folder/file"
	echo 'root:x:0:0:canary:/root:/bin/sh' >"$canary/passwd"
	ln -s file "$canary/link"
	chmod 0640 "$canary/folder/file"
	"$PROBE" call setxattr "s:$canary/file" s:user.canary s:sings 5 0 >/dev/null || true
	canaries=("$canary" "$tmp_canary")
	[ ! -w /etc ] || canaries+=("$(mktemp -d "$(in_etc)/canary-XXXXXX")")
	for copy in "${canaries[@]:1}"; do
		cp -a "$canary/." "$copy"
	done
	find "${canaries[@]}" -mindepth 1 -exec touch -h -d '2001-02-03 04:05:06' {} +
	export CANARY_SECRET=the-canary-sings
	before=$(state)
}

# A change of /etc itself would have the image host made again, also in tests that run at once: tests/run
# has a directory there that users may not read.
in_etc() {
	[ -w /etc/sandbox-tests ] && echo /etc/sandbox-tests || echo /etc
}

# Content, mode, owner, extended attributes and times of everything that must not change.
state() {
	local pax='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'

	tar -c --sort=name --format=posix --pax-option="$pax" --xattrs --xattrs-include='*' \
		-C / "${canaries[@]#/}" | sha256sum
	stat -c '%n %a %u %g' /dev/null /dev/zero /dev/tty /tmp /home /etc /etc/passwd /etc/group
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
	rm -rf "${canaries[@]}"
	unlisten
}

# Listens on an address; what it receives is in $T/heard.N.
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
	listeners=() canaries=()
}

heard() {
	grep -q reached "$T"/heard.*
}

unheard() { ! heard; }
listeners=() canaries=()
