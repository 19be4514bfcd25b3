#!/usr/bin/env bats
# bats file_tags=debian,slowest
# shellcheck disable=SC2016 # scripts run in the box
# Servers from Debian's packages, in its official image: each switches to its own user, and is used
# once.

load helpers
load images

setup_file() {
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 5))
}

setup() {
	sandbox_setup
	official debian
}

# As root of the box; its output is shown only if it fails.
as_root() { # SCRIPT
	sandbox exec p sudo sh -exc "$1" >"$T/log" 2>&1 3>&- || {
		cat "$T/log" >&2
		return 1
	}
}

@test "PostgreSQL, Redis, nginx, sshd and cron are installed, started by their scripts, and answer" {
	project p $'[sandbox]\nimage = debian:bookworm\nnetwork = none\nlinger = 10m\nprofile = apt\n[packages]\napt = postgresql redis-server nginx-light openssh-server cron curl'
	sandbox enter --accept --quiet ./p -- true >"$T/log" 2>&1 || {
		cat "$T/log" >&2
		return 1
	}
	says_nothing sandbox exec p dpkg --audit

	# cron starts a job as the user in its line, within a minute: checked at the end
	as_root '
		echo "* * * * * www-data id >/tmp/job" >/etc/cron.d/job
		service cron start'

	# a user's own table is owned by that user
	as_root '
		echo "* * * * * id >/tmp/own-job" | crontab -u games -
		[ "$(stat -c %U /var/spool/cron/crontabs/games)" = games ]'

	# its scripts, and the server, check the owners of files
	as_root '
		service postgresql start
		sudo -u postgres createuser --superuser web
		[ "$(su - postgres -c "psql -Atc \"select current_user || 6 * 7\"")" = postgres42 ]
		[ "$(pg_lsclusters -h | tr -s " " | cut -d" " -f1-5)" = "15 main 5432 online postgres" ]
		pg_createcluster 15 other --start
		service postgresql stop
		[ "$(pg_lsclusters -h | tr -s " " | cut -d" " -f2,4 | tr "\n" " ")" = "main down other down " ]
		pg_dropcluster 15 other'

	as_root 'service redis-server start'
	[ "$(sandbox exec p redis-cli set k v)" = OK ]
	[ "$(sandbox exec p redis-cli get k)" = v ]
	as_root 'service redis-server stop'

	as_root 'service nginx start; nginx -s reload; sleep 0.5; curl -sf http://localhost/ | grep -q nginx'
	# its workers run as the configured user, whose files they read
	as_root '
		echo only >/var/www/html/mine
		chmod 600 /var/www/html/mine
		[ "$(curl -sf http://127.0.0.1/mine)" = only ]
		service nginx stop'

	# sshd lets you and root log in with your key
	as_root 'service ssh start'
	sandbox exec p sh -ec '
		mkdir -m 700 -p ~/.ssh
		ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519
		cp ~/.ssh/id_ed25519.pub ~/.ssh/authorized_keys
		echo "StrictHostKeyChecking accept-new" >~/.ssh/config
		sudo mkdir -m 700 -p /root/.ssh
		sudo cp ~/.ssh/authorized_keys /root/.ssh/' 2>&1 3>&-
	[ "$(sandbox exec p ssh localhost 'id -un; id -u; cd ~; echo $HOME' 3>&-)" = \
		"$(sandbox exec p sh -c 'id -un; id -u; echo $HOME')" ]
	[ "$(sandbox exec p ssh root@localhost 'id -u; pwd' 3>&-)" = $'0\n/root' ]
	as_root 'service ssh stop'

	wait_until 600 sandbox exec p test -s /tmp/job
	[[ $(sandbox exec p cat /tmp/job) = 'uid=33(www-data) gid=33(www-data)'* ]]
	wait_until 600 sandbox exec p test -s /tmp/own-job
	[[ $(sandbox exec p cat /tmp/own-job) = *'(games)'* ]]
	as_root 'service cron stop'
}
