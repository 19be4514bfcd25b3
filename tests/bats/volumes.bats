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

# An image whose directory /data has files of its users, which declares it as a volume.
volume_image() {
	layout app <<-'PY'
		{'layers': [busybox('sh', 'id', 'ls', 'stat', 'sleep', 'cat', 'echo', 'rm', 'readlink') + [D('etc'),
		  F('etc/passwd', b'root:x:0:0::/root:/bin/sh\napp:x:999:998::/data:/bin/sh\n'), F('etc/group', b'root:x:0:\napp:x:998:\n'),
		  D('data', 0o1770, uid=999, gid=998), F('data/seed', b'from the image', 0o640, uid=999, gid=998),
		  D('data/deep', 0o700, uid=5), F('data/deep/f', b'x', 0o4755, uid=5), L('data/link', 'seed')]],
		 'config': {'Env': ['PATH=/bin'], 'Volumes': {'/data': {}}, 'Cmd': ['sleep', '60']}}
	PY
	sandbox image import --quiet "$T/app" app:1
}

@test "a new volume gets what the image has there, with its owners; the image's own volumes are anonymous" {
	volume_image
	services $'[service a]\nimage = app:1\n[service b]\nimage = app:1\nvolumes = named:/data\n[service c]\nimage = app:1\nvolumes = empty:/none'
	sandbox up -d >/dev/null
	for service in a b; do
		[ "$(sandbox exec --user app $service stat -c '%a %u:%g %n' /data /data/seed)" = $'1770 999:998 /data\n640 999:998 /data/seed' ]
		[ "$(sandbox exec $service stat -c %a /data/deep)" = 700 ]
		[ "$(sandbox exec $service cat /data/link)" = 'from the image' ]
	done
	says_nothing sandbox exec c ls /none
	[ "$(sandbox volume ls --json | jq -r '.[] | "\(.label) \(.service) \(.target) \(.used_by)"' | sort)" = \
		$'empty null null p.c\nnamed null null p.b\nnull a /data p.a\nnull c /data p.c' ]
	# they are yours outside
	folder=$(sandbox volume inspect --json p.named | jq -r '.[0].folder')
	[ "$(stat -c %u "$folder/seed")" = "$(id -u)" ]
	# once only: what was removed stays so, in another box too
	sandbox exec b rm /data/seed
	sandbox exec a rm /data/seed
	sandbox down
	sandbox up -d >/dev/null
	for service in a b; do
		run ! sandbox exec $service cat /data/seed
		[ "$(sandbox exec $service ls /data)" = $'deep\nlink' ]
	done
	sandbox down --volumes
	[ "$(sandbox volume ls --json)" = '[]' ]
}

@test "a box of the project has the volumes of its services, and nothing removes one while it runs" {
	volume_image
	services $'image = app:1\nproject = /work\n[mounts]\n/data = volume:data\n/x = volume:data ro\n/work/sub = volume:own
[service a]\nimage = app:1\ncommand = sh -c "rm /data/seed; echo a >/data/a; exec sleep 60"\nvolumes = data:/data, data:/again\nprofiles = later'
	mkdir sub
	echo host >sub/file
	# Whoever comes first fills it from its image; what the project has there is not the image's. A trial changes nothing.
	run -0 --separate-stderr sandbox try -- sh -c 'echo try >/data/try; ls /data /work/sub'
	[ "$output" = $'/data:\ndeep\nlink\nseed\ntry\n\n/work/sub:\nfile' ]
	run -0 --separate-stderr sandbox enter --root -- sh -c 'stat -c %a /data; cat /x/seed; ls /work/sub /data; echo box >/data/box; echo 1 >/work/sub/mine'
	[ "$output" = $'1770\nfrom the image/data:\ndeep\nlink\nseed\n\n/work/sub:' ]
	[ ! -e sub/mine ]
	run ! sandbox enter --root -- sh -c 'echo >/x/y'
	sandbox up -d a >/dev/null
	wait_until 50 sandbox exec a cat /data/a
	[ "$(sandbox exec a ls /data)" = $'a\nbox\ndeep\nlink' ]
	[ "$(sandbox enter -- ls /work/sub)" = mine ]
	fails 125 "volume 'p.own' is used by box 'p', which runs: 'sandbox stop p' first" sandbox volume rm p.own
	says_nothing sandbox volume prune --force
	run -0 --separate-stderr sandbox down -v
	[[ $stderr = *"volume 'p.data' is kept: box 'p' runs with it"*"volume 'p.own' is kept"* ]]
	sandbox stop p
	[ "$(sandbox volume ls --json | jq -r '.[] | "\(.name) \(.used_by)"')" = $'p.data null\np.own null' ]
	[ "$(sandbox enter --root -- ls /data)" = $'a\nbox\ndeep\nlink' ]
	sandbox stop p
	sandbox down -v
	[ "$(sandbox volume ls --json)" = '[]' ]
	printf '[mounts]\n/y = volume:\n' >sandbox.ini
	fails 125 "*sandbox.ini:2: *bad name of a volume ''" sandbox config
}

@test "a start that was killed while it filled a volume: the next one fills it again" {
	volume_image
	services $'[service a]\nimage = app:1\nvolumes = named:/data'
	sandbox up -d >/dev/null
	sandbox stop a
	folder=$(sandbox volume inspect --json p.named | jq -r '.[0].folder')
	[ ! -e "${folder%/data}/new" ]
	# as it leaves them
	touch "${folder%/data}/new"
	rm "$folder/seed"
	echo half >"$folder/half"
	sandbox up -d >/dev/null
	[ "$(sandbox exec a ls /data)" = $'deep\nlink\nseed' ]
	[ ! -e "${folder%/data}/new" ]
}

@test "volumes of a damaged record are not removed by accident, and the error names where the files are" {
	services $'[service a]\nimage = host\ncommand = sleep 60\nvolumes = data:/data'
	sandbox up -d >/dev/null
	sandbox down
	folder=$(sandbox volume inspect --json p.data | jq -r '.[0].folder')
	cp "${folder%/data}/record" saved
	: >"${folder%/data}/record"
	fails 125 "*the record of volume * is damaged: '$folder' has its files*" sandbox volume prune --force
	fails 125 "*is damaged*" sandbox up -d
	cp saved "${folder%/data}/record"
}

@test "a full disk under a volume: commands work or say so, and with room again all is well without repair" {
	services $'[service a]\nimage = host\ncommand = sh -c "cat /dev/zero >/data/file; exec sleep 60"
health = test ! -e /data/file\nvolumes = data:/data\n[service b]\nimage = host\ncommand = sleep 60\nvolumes = more:/more'
	mkdir "$T/disk"
	unshare --user --map-current-user --keep-caps --mount bash -ec "$(declare -f wait_until)"'
		full() { [ "$(df --output=avail ../disk | tail -n 1)" -lt 64 ]; }
		mount -t tmpfs -o size=24M none ../disk
		export XDG_DATA_HOME=$T/disk
		sandbox up -d a >/dev/null
		wait_until 100 full
		if sandbox up -d b 2>../err; then touch ../started; fi
		[ "$(sandbox ps --json | jq -r ".[] | select(.service.name == \"a\").processes[].command")" ]
		# room: what the holder could not write down it does now
		sandbox exec a rm /data/file
		sandbox wait a
		sandbox up -d >/dev/null
		[ "$(sandbox ps --json | jq -r "[.[].service.state] | unique[]")" = running ]
		# stopped and removed on a full disk
		sandbox restart a >/dev/null
		wait_until 100 full
		sandbox down --volumes
		[ "$(sandbox volume ls --json)" = "[]" ]'
	[ ! -e ../started ]
	grep -q 'No space left on device' ../err
}
