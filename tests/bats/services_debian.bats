#!/usr/bin/env bats
# bats file_tags=debian,slow
# shellcheck disable=SC2016,SC2154 # scripts run in the services; bats sets variables
# Database servers of Debian's packages as services, with entrypoints as those of the images that
# their makers publish: root prepares the volume, then gosu switches to the server's user.

load helpers
load images

setup_file() {
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 5))
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

query() { # SQL
	sandbox enter -- psql -Atc "$1"
}

@test "PostgreSQL, Redis, nginx and a mail catcher: ready when healthy, found by name, own users, data that survives kills and down; two copies at once" {
	project env $'[sandbox]\nimage = debian:bookworm\nprofile = apt\nlinger = 0\n[packages]\napt = postgresql redis-server nginx-light gosu curl python3-aiosmtpd'
	sandbox enter --accept --quiet ./env -- true >"$T/log" 2>&1 || {
		cat "$T/log" >&2
		return 1
	}
	sandbox seal --quiet ./env servers:1
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
