#!/usr/bin/env bats
# sandbox-patterns(7): what the page promises, on the profiles as they are shipped.

load helpers
load images

setup() {
	sandbox_setup
}

teardown() {
	export XDG_DATA_HOME=$T/xdg/data
	registry_stop
	sandbox_teardown
}

data() { echo "$XDG_DATA_HOME/sandbox"; }

@test "shared base: two projects, one image and one set of steps; each layer lies there once" {
	small_image
	printf '[run]\n1 = mkdir -p /opt; echo team >/opt/team\n' >team.ini
	for name in one two; do
		project $name $'[sandbox]\nimage = app:1\nprofile = ../team.ini'
	done
	# A step of [run] sees its project, so it is shared only where the folder is the same; layers of the image always are.
	sandbox enter --quiet --accept "$T/one" -- sh -c 'cat /opt/team; echo mine >/opt/own'
	sandbox enter --quiet --accept "$T/two" -- sh -c '[ ! -e /opt/own ] && cat /opt/team /etc/who'
	[ "$(find "$(data)/layers" -mindepth 1 -maxdepth 1 -type d ! -name 'step-*' | wc -l)" = 1 ]
}

@test "shared-volume dev: edited outside, built inside, both ways, with the right owner" {
	project p $'[sandbox]\nprofile = dev\nlinger = 0'
	echo 'out: in; cp in out; echo built >>out' | tr ';' '\n' | sed '2,$s/^ */\t/' >p/Makefile
	echo first >p/in
	sandbox enter --quiet "$T/p" -- make -s out
	[ "$(cat p/out)" = $'first\nbuilt' ]
	[ "$(stat -c %u:%g p/out)" = "$(id -u):$(id -g)" ]
	sleep 0.01
	echo second >p/in
	sandbox enter --quiet "$T/p" -- make -s out
	[ "$(head -1 p/out)" = second ]
}

@test "build: no network, what git runs later is protected, artifacts leave through a mount, the cache stays" {
	mkdir -p out p/.git/hooks
	project p $'[sandbox]\nprofile = build, c\n[mounts]\n/out = ../out'
	sandbox enter --quiet --accept "$T/p" -- sh -c '
		[ "$(ls /sys/class/net)" = lo ] || exit 1
		echo "$SOURCE_DATE_EPOCH $TZ" >/out/artifact
		touch "$CCACHE_DIR/warm"
		! touch .git/hooks/evil 2>/dev/null'
	[ "$(cat out/artifact)" = '315532800 UTC' ]
	[ -e "$(data)/caches/ccache/warm" ] && [ ! -e p/.git/hooks/evil ]
}

@test "build: the same sources give the same bytes, in two boxes" {
	printf 'int main(void) { return 0; }\n' >main.c
	for name in one two; do
		mkdir -p $name
		cp main.c $name/
		project $name $'[sandbox]\nprofile = build\nproject = /src'
		sandbox enter --quiet "$T/$name" -- sh -c 'cc -g -c main.c && ar rcD lib.a main.o && tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 -cf all.tar lib.a main.o'
	done
	cmp one/all.tar two/all.tar
}

@test "installation: the script is root of a box, reaches neither network nor project, and leaves the host alone" {
	project p $'[sandbox]\nprofile = install\n[mounts]\n/src = . ro'
	cat >p/install.sh <<-'SH'
		set -e
		[ "$(id -u)" = 0 ]
		echo program >/usr/local/bin/evil 2>/dev/null || { mkdir -p /var/opt; echo program >/var/opt/evil; }
		! touch /src/x 2>/dev/null
		[ "$(ls /sys/class/net)" = lo ]
		echo installed
	SH
	[ "$(sandbox enter --quiet "$T/p" -- sh /src/install.sh)" = installed ]
	[ ! -e /usr/local/bin/evil ] && [ ! -e /var/opt/evil ] && [ ! -e p/x ]
}

@test "tools: gdb and strace work in a box" {
	project p $'[sandbox]\nprofile = tools\nlinger = 0'
	sandbox enter --quiet --accept "$T/p" -- strace -o trace true
	grep -q '+++ exited with 0 +++' p/trace
	[[ $(sandbox enter --quiet "$T/p" -- gdb -batch -ex run -ex 'info inferiors' /bin/true 2>&1) = *'exited normally'* ]]
}

@test "a laptop, a test stage, production: one file with variants, one image by its digest through a registry" {
	registry_start
	layout app <<<"{'layers': [busybox() + [D('etc'), F('etc/release', b'1.0\n')]]}"
	sandbox image import --quiet "$T/app" "$REGISTRY/app:dev" >/dev/null
	digest=$(cat digest)
	project p $'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/app:dev"$'\n[env]\nMODE = dev\n[env:test]\nMODE = test\n[env:prod]\nMODE = prod'
	[ "$(sandbox enter --quiet --accept "$T/p" -- sh -c 'echo $MODE; cat /etc/release')" = $'dev\n1.0' ]
	# What was tried is what goes on, not what is built again.
	for stage in test prod; do
		sandbox image tag "$REGISTRY/app:dev" "$REGISTRY/app:$stage" 2>/dev/null
		sandbox push --quiet "$REGISTRY/app:$stage" >/dev/null
	done
	# The next stage is another machine: a store of its own, the registry and the project file.
	for stage in test prod; do
		export XDG_DATA_HOME=$T/xdg/$stage
		run -0 --separate-stderr sandbox run --quiet "$REGISTRY/app:$stage" cat /etc/release
		[ "$output" = 1.0 ]
		[[ $(sandbox image inspect --json "$REGISTRY/app:$stage") = *"$digest"* ]]
		sed -i "s|app:dev|app@$digest|" p/sandbox.ini
		[ "$(sandbox enter --quiet --accept --variant $stage "$T/p" -- sh -c 'echo $MODE; cat /etc/release')" = "$stage"$'\n1.0' ]
		remove_boxes
	done
	export XDG_DATA_HOME=$T/xdg/data
}
