#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# sudo inside a box: how it is found beside an image's own, and its command line, which is sudo(8)'s.

load helpers
load images

# bats test_tags=debian
@test "Debian's own sudo can be installed, used, reinstalled, removed while the box runs; ours stays the first" {
	official debian
	project p $'[sandbox]\nimage = debian:bookworm\nlinger = 60s'
	sandbox enter ./p -- sudo sh -ec '
		apt="apt-get -qy -o APT::Sandbox::User=root"
		export DEBIAN_FRONTEND=noninteractive
		which -a sudo
		$apt update
		$apt install --no-install-recommends sudo
		dpkg --verify sudo
		[ "$(sudo id -u)" = 0 ]
		$apt install --reinstall sudo
		dpkg --verify sudo
		mv /usr/bin/sudo /usr/bin/sudo.moved; mv /usr/bin/sudo.moved /usr/bin/sudo
		touch /usr/bin/sudo' >log 2>&1 || {
		cat log >&2
		return 1
	}
	[ "$(sandbox exec p which -a sudo | head -1)" = /run/sandbox/bin/sudo ]
	# However a shell comes by its PATH.
	for shell in 'sh -c' 'bash -lc' 'env -i sh -c' 'env -i bash -c' 'env -i bash -lc' 'su -c' 'su - -c'; do
		# shellcheck disable=SC2086
		[ "$(sandbox exec p sudo $shell 'sudo printenv SUDO_UID')" = 0 ]
	done
	[ "$(sandbox exec p bash -lc 'sudo id -u')" = 0 ]
	# It is not ours, and says itself that it can do nothing.
	run sandbox exec p /usr/bin/sudo -n id -u
	[ "$status" = 1 ]
	sandbox exec p sudo env DEBIAN_FRONTEND=noninteractive SUDO_FORCE_REMOVE=yes apt-get -qy purge sudo >log 2>&1
	[ "$(sandbox exec p sudo id -u)" = 0 ]
	[ "$(sandbox exec p bash -lc 'sudo id -u')" = 0 ]
	run -1 sandbox exec p test -e /usr/bin/sudo
}

# bats test_tags=alpine
@test "Alpine's login shell finds it; the link is no change of the box; one that is there already stays" {
	official alpine
	project p $'[sandbox]\nimage = alpine:3'
	[ "$(sandbox enter ./p -- sh -lc 'sudo id -u')" = 0 ]
	[ "$(sandbox enter ./p -- env -i sh -lc 'sudo id -u')" = 0 ]
	sandbox try ./p -- true
	[ -z "$(sandbox diff p-try)" ]
	sandbox enter ./p -- sudo sh -c 'rm /usr/local/bin/sudo; printf "#!/bin/sh\necho mine\n" >/usr/local/bin/sudo; chmod +x /usr/local/bin/sudo'
	sandbox stop p
	[ "$(sandbox enter ./p -- env -i sh -c 'PATH=/usr/local/bin; sudo id')" = mine ]
	[ "$(sandbox enter ./p -- sudo id -u)" = 0 ]
}
