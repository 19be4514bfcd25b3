#!/usr/bin/env bats
# bats file_tags=debian,slowest
# shellcheck disable=SC2016,SC2154 # scripts run in boxes; bats sets variables
# Servers of Debian's packages in its official image, installed by [packages] once for the file. In a box
# they are started by their scripts; as services by entrypoints as those of the images that their makers
# publish: root prepares the volume, then gosu switches to the server's user.

load helpers
load images

# The project file of a box with the servers.
servers() { # [SETTINGS]
	printf '%s\n' '[sandbox]' 'image = debian:bookworm' 'profile = apt' "$@" '[packages]' \
		'apt = postgresql redis-server nginx-light openssh-server cron curl gosu python3-aiosmtpd'
}

# $SERVERS/data is a store with what was prepared, and with it sealed as the image servers:1.
setup_file() {
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 5))
	export SERVERS=$BATS_FILE_TMPDIR/servers
	mkdir -p -m 0700 "$SERVERS"/{home,run}
	(
		export HOME=$SERVERS/home XDG_DATA_HOME=$SERVERS/data XDG_RUNTIME_DIR=$SERVERS/run T=$SERVERS
		official debian
		project env "$(servers 'linger = 0')"
		quietly "$SANDBOX" enter --accept --quiet "$T/env" -- true
		quietly "$SANDBOX" seal --quiet "$T/env" servers:1
		quietly "$SANDBOX" rm --force "$T/env"
	)
}

setup() {
	sandbox_setup
	official debian
}

teardown() {
	cd "$T" || return 1
	sandbox volume prune --force >/dev/null || true
	sandbox_teardown
}

# As root of the box; its output is shown only if it fails.
as_root() { # SCRIPT
	sandbox exec p sudo sh -exc "$1" >"$T/log" 2>&1 3>&- || {
		cat "$T/log" >&2
		return 1
	}
}

query() { # SQL
	sandbox enter -- psql -Atc "$1"
}

@test "PostgreSQL, Redis, nginx, sshd and cron are installed, started by their scripts, and answer" {
	export XDG_DATA_HOME=$SERVERS/data
	project p "$(servers 'network = none
linger = 10m')"
	# what was prepared is found, and the servers are as their packages left them
	run -0 --separate-stderr sandbox enter --accept ./p -- true
	[[ $stderr != *prepar* ]]
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

@test "PostgreSQL, Redis, nginx and a mail catcher: ready when healthy, found by name, own users, data that survives kills and down; two copies at once" {
	official_stores+=" $SERVERS/data/sandbox"
	printf '[images]\nstores =%s\n' "$official_stores" >"$HOME/.config/sandbox/sandbox.conf"
	mkdir -p shop/bin
	cat >shop/bin/postgres.sh <<-'SH'
		#!/bin/bash
		set -e
		PATH=$PATH:/usr/lib/postgresql/15/bin
		if [ "$(id -u)" = 0 ]; then
			mkdir -p "$PGDATA" /var/run/postgresql
			chown postgres /var/run/postgresql
			chmod 700 "$PGDATA"
			find "$PGDATA" ! -user postgres -exec chown postgres {} +
			exec gosu postgres "$BASH_SOURCE" "$@"
		fi
		if [ ! -s "$PGDATA/PG_VERSION" ]; then
			initdb --username=postgres --auth=trust >/dev/null
			echo 'host all all all trust' >>"$PGDATA/pg_hba.conf"
			pg_ctl -w start -o "-c listen_addresses=''" >/dev/null
			psql -qU postgres -c 'create table t (i int)'
			pg_ctl -m fast -w stop >/dev/null
		fi
		exec "$@"
	SH
	cat >shop/bin/redis.sh <<-'SH'
		#!/bin/sh
		set -e
		if [ "$1" = redis-server -a "$(id -u)" = 0 ]; then
			find . ! -user redis -exec chown redis {} +
			exec gosu redis "$0" "$@"
		fi
		exec "$@"
	SH
	chmod +x shop/bin/*
	project shop $'[sandbox]\nimage = servers:1\nnetwork = gateway\nlinger = 0\nprofile = mailpit
[env]\nPGHOST = db\nPGUSER = postgres
[service db]\nimage = servers:1\nvolumes = data:/var/lib/postgresql/data, ./bin:/entry:ro\nentrypoint = /entry/postgres.sh
command = postgres -c listen_addresses=*\nenv.PGDATA = /var/lib/postgresql/data\nstop-signal = INT\nrestart = always
health = /usr/lib/postgresql/15/bin/pg_isready -q -h 127.0.0.1\nhealth-interval = 500ms
[service cache]\nimage = servers:1\nvolumes = ./bin:/entry:ro, cache:/var/lib/redis\nentrypoint = /entry/redis.sh
command = sh -c "cd /var/lib/redis; exec /entry/redis.sh redis-server --protected-mode no"\nhealth = redis-cli ping\nlocalhost = 6379
[service web]\nimage = servers:1\nneeds = db cache\nvolumes = ./site:/var/www/html:ro
command = nginx -g "daemon off;"\nhealth = http://localhost/
[service mailpit]\nimage = servers:1\nhealth = port 1025\ncommand = aiosmtpd -n -l 0.0.0.0:1025 -c aiosmtpd.handlers.Mailbox /data/mail'
	mkdir shop/site
	# the project's tests: of its own database, cache and pages, on the usual ports
	cat >shop/check <<-'SH'
		set -e
		name=$(cat site/index.html)
		[ "$(curl -s http://web/)" = "$name" ]
		psql -qc 'insert into t values (1)'
		redis-cli set name "$name" >/dev/null
		echo "$name" | curl -s "smtp://$SMTP_HOST:$SMTP_PORT" --mail-from a@b --mail-rcpt c@d -T -
		touch written
		until [ -e go ]; do sleep 0.1; done
		[ "$(psql -Atc 'select count(*) from t')" = 1 ]
		[ "$(redis-cli -h cache get name)" = "$name" ]
	SH
	cd shop
	cp -r . ../copy
	echo first >site/index.html
	echo second >../copy/site/index.html
	for dir in . ../copy; do
		(cd $dir && sandbox up -d --accept >"$T/up.$(basename "$PWD")" 2>&1) 3>&- &
		ups[${#ups[@]}]=$!
	done
	for up in "${ups[@]}"; do
		wait_for "$up"
		[ "$status" = 0 ]
	done
	sandbox wait
	(cd ../copy && sandbox wait)
	for dir in . ../copy; do
		sandbox enter --accept $dir -- sh check 3>&- &
		checks[${#checks[@]}]=$!
	done
	wait_until 100 eval '[ -e written ] && [ -e ../copy/written ]'
	touch go ../copy/go
	for check in "${checks[@]}"; do
		wait_for "$check"
		[ "$status" = 0 ]
	done
	(cd ../copy && sandbox down --volumes)
	# as their users inside, yours outside
	[ "$(sandbox exec --user postgres db stat -c %U /var/lib/postgresql/data/PG_VERSION)" = postgres ]
	folder=$(sandbox volume inspect --json shop.data | jq -r '.[0].folder')
	[ "$(find "$folder" ! -user "$(id -un)")" = '' ]
	folder=$(sandbox volume inspect --json shop.mailpit | jq -r '.[0].folder')
	grep -x first "$folder"/mail/new/*
	# killed: it recovers, and is started again
	kill -9 "$(sandbox ps --json | jq '.[] | select(.name == "shop.db") | .processes[0].pid')"
	wait_until 100 eval '[ "$(sandbox ps --json | jq -r ".[].service | select(.name == \"db\") | \"\(.restarts) \(.health)\"")" = "1 healthy" ]'
	[ "$(query 'select count(*) from t')" = 1 ]
	# stopped: it has closed its files itself
	sandbox stop db
	[[ $(sandbox logs -n 1 db) = *'database system is shut down'* ]]
	sandbox down
	sandbox up -d >/dev/null
	sandbox wait
	[ "$(query 'select count(*) from t')" = 1 ]
	sandbox down --volumes
}
