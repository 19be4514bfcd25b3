#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# A distribution's package manager in a box of one uid: a Debian root, made and used by an ordinary
# user. Needs a Debian mirror, and takes a while the first time: the root is kept, for the next run,
# in ${SANDBOX_TEST_CACHE:-/var/tmp/sandbox-test-UID}.

cache=${SANDBOX_TEST_CACHE:-/var/tmp/sandbox-test-$(id -u)} # before helpers unset it

load helpers

debian_root() {
	local link to tool

	debian=$cache/debian
	[ ! -d "$debian" ] || return 0
	for tool in mmdebstrap fakechroot fakeroot; do
		command -v $tool >/dev/null || skip "no $tool"
	done
	mkdir -p "$cache"
	rm -rf "$debian.new"
	mmdebstrap --quiet --mode=fakechroot --variant=apt \
		--aptopt='APT::Sandbox::User "root"' bookworm "$debian.new" >"$T/log" 2>&1 || {
		rm -rf "$debian.new"
		cat "$T/log" >&2
		skip "no Debian root can be made: is there a mirror?"
	}
	# fakechroot puts the folder's own path before the target of absolute links
	find "$debian.new" -type l -lname "$debian.new/*" -print0 | while IFS= read -r -d '' link; do
		to=$(readlink "$link")
		ln -sfn "${to#"$debian.new"}" "$link"
	done
	mv -T "$debian.new" "$debian"
}

setup() {
	sandbox_setup
	debian_root
	before=$(state)
}

teardown() {
	[ -z "${before:-}" ] || [ "$before" = "$(state)" ]
	sandbox_teardown
}

state() {
	find "$debian" -printf '%p %y %m %U %s %T@ %l\n' 2>/dev/null | sort | sha256sum
}

@test "apt-get update and install in a throw-away box, as root" {
	run --separate-stderr sandbox run --root "dir:$debian" sh -ec '
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q >/dev/null
		apt-get install -qy --no-install-recommends hello tree openssh-client >/dev/null
		hello; tree --version; ssh -V 2>&1; dpkg --audit'
	echo "$output $stderr"
	[ "$status" = 0 ]
	[[ $output == *'Hello, world!'*'tree v'*OpenSSH* ]]
	[[ $stderr != *'dpkg: error'* ]]
}

@test "packages that make users, own files and start services: in a box that stays" {
	project p "[sandbox]
image = dir:$debian
linger = 60s"
	sandbox enter --accept --root ./p -- sh -ec '
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q >/dev/null
		apt-get install -qy --no-install-recommends dbus cron >/dev/null 2>&1
		getent passwd messagebus'
	sandbox stop p
	sandbox enter --accept ./p -- sh -ec 'dpkg -s dbus cron >/dev/null; [ -z "$(dpkg --audit)" ]'
	# and away again, by sudo
	sandbox exec p sudo apt-get purge -qy cron >/dev/null
	run sandbox exec p dpkg -s cron
	[ "$status" != 0 ]
}
