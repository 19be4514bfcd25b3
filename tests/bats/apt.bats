#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# bats file_tags=debian,slow
# apt in Debian's official image, as root of a box with one uid, started in different ways. Needs a
# Debian mirror.

load helpers
load images

setup() {
	sandbox_setup
	official debian
	layers=$official_store/sandbox/layers
	before=$(state)
}

teardown() {
	[ -z "${before:-}" ] || [ "$before" = "$(state)" ]
	sandbox_teardown
}

# The image's own files, which nothing in boxes may change.
state() {
	find "$layers" -printf '%p %y %m %U %s %T@ %l\n' | sort | sha256sum
}

@test "apt-get update and install in a throw-away box: as root, from a script, with an empty environment" {
	echo 'hello' >wanted
	printf '#!/bin/sh\nexec apt-get install -qy --no-install-recommends $(cat /src/wanted)\n' >install.sh
	chmod +x install.sh
	run --separate-stderr sandbox run --root --mount "$T:/src:ro" debian:bookworm sh -ec '
		export DEBIAN_FRONTEND=noninteractive
		# lists that are kept parsed, which the image has them not be: each command would take 2 s for it
		echo "Dir::Cache::pkgcache parsed; Dir::Cache::srcpkgcache parsed-lists;" >/etc/apt/apt.conf.d/zz-parsed
		apt-get update -q >/dev/null
		/src/install.sh >/dev/null
		env -i /usr/bin/apt-get install -qy --no-install-recommends tree >/dev/null
		apt-get install -qy --no-install-recommends openssh-client >/dev/null
		apt-get download -q tree >/dev/null
		hello; tree --version; ssh -V 2>&1; dpkg --audit; ls *.deb
		if ls /etc/apt/apt.conf.d | grep -i -e sandbox; then false; fi
		apt-config dump APT::Sandbox::User'
	echo "$output $stderr"
	[ "$status" = 0 ]
	[[ $output == *'Hello, world!'*'tree v'*OpenSSH*tree_*.deb*'APT::Sandbox::User "_apt"'* ]]
	[[ $stderr != *'dpkg: error'* && $stderr != *unsandboxed* ]]
}

@test "packages that create users, own files and start services: in a persistent box" {
	project p $'[sandbox]\nimage = debian:bookworm\nlinger = 60s'
	sandbox enter --accept --root ./p -- sh -ec '
		export DEBIAN_FRONTEND=noninteractive
		apt-get update -q >/dev/null
		apt-get install -qy --no-install-recommends dbus cron >/dev/null 2>&1
		getent passwd messagebus'
	sandbox stop p
	sandbox enter --accept ./p -- sh -ec 'dpkg -s dbus cron >/dev/null; dpkg --audit >audit; [ ! -s audit ]'
	# and removed again, with sudo
	sandbox exec p sudo apt-get purge -qy cron >/dev/null
	run sandbox exec p dpkg -s cron
	[ "$status" != 0 ]
}
