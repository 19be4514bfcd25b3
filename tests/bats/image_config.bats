#!/usr/bin/env bats
# The config of an image applies to its sessions: Env, User, WorkingDir, Entrypoint, Cmd, Volumes,
# StopSignal.

load helpers
load images

# An image with everything set; more keys of its config may be added.
service_image() { # [PYTHON]
	rm -rf "$T/app"
	layout app <<-PY
		{'layers': [busybox('sh', 'id', 'env', 'pwd', 'echo', 'stat', 'sleep', 'cat', 'true') + [D('etc'),
		  F('etc/passwd', b'root:x:0:0::/root:/bin/sh\napp:x:999:998::/srv/app:/bin/sh\n'),
		  F('etc/group', b'root:x:0:\napp:x:998:\nextra:x:77:\n')]],
		 'config': dict({'Env': ['PATH=/bin', 'FOO=bar', 'nameless'], 'User': 'app', 'WorkingDir': '/srv/app',
		   'Entrypoint': ['echo', 'entry'], 'Cmd': ['cmd'], 'Volumes': {'/data': {}}}, **{${1-}})}
	PY
	sandbox image import --quiet "$T/app" app:1
}

@test "entrypoint and command are combined as in Docker" {
	service_image
	[ "$(sandbox run app:1)" = "entry cmd" ]
	[ "$(sandbox run app:1 other words)" = "entry other words" ]
	[ "$(sandbox run --entrypoint id app:1 -u)" = 999 ]
	[ "$(sandbox run --entrypoint '' app:1 echo plain)" = plain ]
}

@test "an entrypoint of one empty word clears it" {
	service_image "'Entrypoint': [''], 'Cmd': ['echo', 'cmd']"
	[ "$(sandbox run app:1)" = cmd ]
	[ "$(sandbox run app:1 echo mine)" = mine ]
}

@test "environment, working directory and volumes" {
	service_image
	[ "$(sandbox run --entrypoint pwd app:1)" = /srv/app ]
	[ "$(sandbox run --entrypoint '' app:1 sh -c 'echo $FOO $PATH')" = "bar /run/sandbox/bin:/bin" ]
	[ "$(sandbox run --env FOO=mine --entrypoint '' app:1 sh -c 'echo $FOO')" = mine ]
	[ "$(sandbox run --entrypoint '' app:1 stat -c %F /data /srv/app)" = "directory
directory" ]
	[ "$(sandbox run --workdir / --entrypoint pwd app:1)" = / ]
}

@test "the user is the image's, and owns the caller's files" {
	service_image
	# the host's groups are there, without names
	run sandbox run --entrypoint id app:1
	[[ $output = "uid=999(app) gid=998(app)"?(" groups="*) ]]
	[ "$(sandbox run --entrypoint '' app:1 sh -c 'echo $USER $HOME; echo x >/srv/app/f && stat -c %U /srv/app/f')" = "app /srv/app
app" ]
	[ "$(sandbox run --root --entrypoint id app:1 -u)" = 0 ]
	service_image "'User': '1234:extra'"
	[ "$(sandbox run --entrypoint '' app:1 sh -c 'id -u; id -g')" = "1234
77" ]
	service_image "'User': 'root'"
	[ "$(sandbox run --entrypoint id app:1 -u)" = 0 ]
}

@test "exec in a box of an image has its user, environment and directory" {
	service_image
	sandbox run -d --name svc --entrypoint sleep app:1 60
	[ "$(sandbox exec svc sh -c 'id -u; echo $FOO; pwd')" = "999
bar
/srv/app" ]
	sandbox stop svc
}

@test "the image's stop signal goes to its program, which ends its own processes; others get SIGTERM" {
	service_image "'StopSignal': 'SIGINT'"
	cat >main.sh <<-'END'
		cd /out
		(trap 'echo worker TERM >>log; exit' TERM; trap '' INT; while :; do sleep 0.1; done) &
		worker=$!
		trap 'echo main INT >>log; kill $worker; wait $worker; echo main ends >>log; exit' INT
		trap 'echo main TERM >>log' TERM
		touch up
		while :; do sleep 0.1; done
	END
	sandbox run -d --name svc --mount "$T:/out" --entrypoint sh app:1 /out/main.sh
	wait_until 50 test -e up
	sandbox exec svc sh -c 'trap "echo other TERM >>/out/other; exit" TERM; touch /out/up2
		while :; do sleep 0.1; done' &
	wait_until 50 test -e up2
	sandbox stop svc
	wait_for $!
	[ "$(cat log)" = "main INT
worker TERM
main ends" ]
	[ "$(cat other)" = "other TERM" ]
}

@test "a project enters its image as the caller, with the image's environment" {
	service_image
	project p '[sandbox]
image = app:1'
	[ "$(sandbox enter "$T/p/" -- sh -c 'id -u; echo $FOO')" = "$(id -u)
bar" ]
}

@test "a box keeps the image it was made from, and says when the name means another one" {
	service_image
	project p '[sandbox]
image = app:1'
	sandbox enter "$T/p/" -- true
	service_image "'Env': ['PATH=/bin', 'FOO=new']"
	run --separate-stderr sandbox enter "$T/p/" -- sh -c 'echo $FOO'
	[ "$output" = bar ]
	[[ $stderr = *"image 'app:1' has changed since box 'p' was made"* ]]
}

# What a session does not need gives a note when the image arrives, or nothing.
@test "an image without its configured user can be used by another user" {
	local user passwd
	for user in nobody 5:nowhere 4294967296 4294967295; do
		service_image "'User': '$user'"
		fails 125 "*the image's user '$user' cannot be used: *: name another by --user, or --root" sandbox run app:1
		[ "$(sandbox run --user app --entrypoint id app:1 -u)" = 999 ]
		[ "$(sandbox run --root --entrypoint id app:1 -u)" = 0 ]
		project p '[sandbox]
image = app:1'
		[ "$(sandbox enter "$T/p/" -- sh -c 'echo $FOO')" = bar ]
		sandbox rm --force p
	done
	for passwd in "P('etc/passwd')" "L('etc/passwd', '/proc/self/environ')" "F('etc/passwd', b'x:x:4294967295:0:::\n')"; do
		rm -rf "$T/odd"
		layout odd <<<"{'layers': [busybox() + [D('etc'), $passwd]], 'config': {'User': 'x'}}"
		sandbox image import --quiet "$T/odd" odd:1
		fails 125 "*the image's user 'x' cannot be used: *" sandbox run odd:1 true
	done
}

# bats test_tags=once
@test "an image whose files cannot be read now is not installed without what they say" {
	command -v strace >/dev/null || skip 'no strace'
	local n=0
	service_image
	while n=$((n + 1)); do
		sandbox image rm --quiet app:1 2>/dev/null || true
		run strace -f -qq -o trace -e trace=openat2 -e "inject=openat2:error=EIO:when=$n" \
			sandbox image import --quiet "$T/app" app:1
		grep -q INJECTED trace || break
		[ "$status" != 0 ] || sandbox image verify --quiet
	done
	[ "$n" -gt 5 ]
	[ "$(sandbox run app:1)" = "entry cmd" ]
}

@test "paths, volumes, labels and signals of an image are read as in Docker" {
	local out
	service_image "'User': '', 'WorkingDir': '/opt/../srv/./app//', 'Volumes': {'[/a,': {}, '../up': {}, '/': {}, '/v/../w': {}, 'n' * 300: {}}, 'StopSignal': 'SIGEVIL', 'Labels': {'a': None, 'b': 5}"
	[ "$(sandbox run --entrypoint pwd app:1)" = /srv/app ]
	[ "$(sandbox run --entrypoint '' app:1 stat -c %F '/[/a,' /up /w | sort -u)" = directory ]
	rm -rf "$T/odd"
	layout odd <<<"{'layers': [busybox()], 'config': {'Cmd': ['pwd'], 'WorkingDir': 'rel/../x', 'StopSignal': 'sigevil', 'Volumes': {'n' * 300: {}}, 'Labels': {'b': 5}}}"
	run --separate-stderr sandbox image import "$T/odd" odd:1
	[[ $stderr = *"the image's stop signal 'sigevil' is unknown: SIGTERM is sent"* ]]
	[[ $stderr = *"the image's volume '"*"' is not a path: it is left out"* ]]
	[[ $stderr = *"a label is not a string: left out"* ]]
	[ "$(sandbox run odd:1)" = /x ]
	local text='lambda t: t.replace("{", "{\"n\": 99999999999999999999, \"User\": 1, \"created\": \"\\u0000\", \"a\": {}, \"a\": 1, ", 1).replace("\"Cmd\"", "\"cmd\": [\"false\"], \"CMD\"")'
	rm -rf "$T/odd"
	layout odd <<<"{'layers': [busybox()], 'config': {'Cmd': ['pwd'], 'Labels': {'l%d' % i: '\ud800' for i in range(5000)}}, 'config_text': $text}"
	sandbox image import --quiet "$T/odd" odd:2
	[ "$(sandbox run odd:2)" = / ]
	[ "$(sandbox image inspect --json odd:2 | jq '.config.labels | length')" = 5000 ]
}

@test "an image may set as much as a process can be given" {
	layout odd <<<"{'layers': [busybox('sh', 'id', 'env', 'grep')], 'config': {'User': 'root', 'Cmd': ['sh', '-c', 'id -u; env | grep -c ^V'], 'Env': ['PATH=/bin'] + ['V%d=%s' % (i, 'x' * 100) for i in range(2000)], 'Volumes': {'/v%d' % i: {} for i in range(2000)}}}"
	run --separate-stderr sandbox image import "$T/odd" odd:1
	[[ $stderr = *"the image has 2000 volumes: 128 are used"* ]]
	[ "$(sandbox run odd:1 | tr '\n' ' ')" = '0 2000 ' ]
	rm -rf "$T/odd"
	layout odd <<<"{'layers': [busybox()], 'config': {'Env': ['V%d=%s' % (i, 'x' * 100) for i in range(20000)]}}"
	fails 125 "cannot import *the image's Env, Cmd and Volumes are larger than a process can be given" \
		sandbox image import --quiet "$T/odd" odd:2
}

@test "stop sends the signal in any spelling" {
	local signal
	for signal in sigusr1 usr1 10; do
		service_image "'StopSignal': '$signal'"
		rm -f "$T/up" "$T/signal"
		sandbox run -d --name svc --mount "$T:/out" --entrypoint sh app:1 \
			-c 'trap "echo got >/out/signal; exit 0" USR1; echo up >/out/up; while :; do sleep 0.1; done'
		wait_until 50 test -e "$T/up"
		sandbox stop svc
		[ "$(cat "$T/signal")" = got ]
	done
}
