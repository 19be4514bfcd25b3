#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2103,SC2154 # scripts run in the services; bats sets variables
# Volumes of services: named and anonymous, filled from the image, kept, listed, removed.

load helpers
load images

teardown() {
	cd "$T" || return 1
	sandbox volume prune --force >/dev/null || true
	sandbox_teardown
}

services() { # TEXT
	project "${name:-p}" $'[sandbox]\nnetwork = none\n'"$1"
	cd "$T/${name:-p}" || return 1
}

@test "a named volume outlives boxes, is the project's own, and is not removed while a box has it" {
	services $'[service a]\nimage = host\ncommand = sh -c "date +%N >>/data/file; exec sleep 60"\nvolumes = data:/data
[service b]\nimage = host\ncommand = sleep 60\nvolumes = data:/mine:ro, /tmp/scratch'
	sandbox up -d >/dev/null
	wait_until 20 sandbox exec a test -s /data/file
	[ "$(sandbox exec a cat /data/file)" = "$(sandbox exec b cat /mine/file)" ]
	run -1 --separate-stderr sandbox exec b touch /mine/x
	[[ $stderr = *'Read-only file system' ]]
	fails 125 "volume 'p.data' is used by service 'p.a': *" sandbox volume rm p.data
	sandbox stop a
	fails 125 "volume 'p.data' is used by service 'p.a': *" sandbox volume rm p.data
	says_nothing sandbox volume prune --force
	# the same name in another project
	name=q services $'[service a]\nimage = host\ncommand = sleep 60\nvolumes = data:/data'
	sandbox up -d >/dev/null
	run -2 --separate-stderr sandbox exec a ls /data/file
	[ "$(sandbox volume ls --json | jq -r '.[] | select(.label) | "\(.name) \(.used_by)"')" = $'p.data p.a\nq.data q.a' ]
	sandbox down
	sandbox volume rm q.data
	fails 125 "there is no volume 'q.data'*" sandbox volume inspect q.data
	cd ../p
	sandbox down
	[ "$(sandbox volume inspect --json p.data | jq -r '.[0] | "\(.used_by) \(.size > 0)"')" = 'null true' ]
	[[ $(sandbox volume inspect p.data) = *"for        data"* ]]
	# it is found again, also when the project has moved
	cd ..
	mv p moved
	cd moved
	sandbox up -d a >/dev/null
	wait_until 20 eval '[ "$(sandbox exec a cat /data/file | wc -l)" = 2 ]'
	sandbox down -v
	[ "$(sandbox volume ls --json)" = '[]' ]
}
