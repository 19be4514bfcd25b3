#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # scripts run in the box; bats and what is loaded set variables
# nested = yes: boxes and other sandboxes inside a box. Without it the error says so.

load helpers

# The program, inside the project, so that the box can run it.
bring_program() { # FOLDER
	mkdir -p "$1/build"
	cp -rL "$BUILD/bin" "$BUILD/libexec" "$BUILD/share" "$1/build"
}

setup() {
	sandbox_setup
	project p $'[sandbox]\nnested = yes\nlinger = 60s'
	bring_program p
	cd p || return 1
}

in_box() {
	sandbox enter --accept . -- "$@"
}

@test "a box in a box: run" {
	[ "$(in_box build/bin/sandbox run host id -u)" = "$(id -u)" ]
	[ "$(in_box build/bin/sandbox run --root host id -u)" = 0 ]
	[ "$(in_box build/bin/sandbox run --network none host sh -c 'grep -c : /proc/net/dev')" = 1 ]
	run in_box build/bin/sandbox run host sh -c 'exit 7'
	[ "$status" = 7 ]
}

@test "a box in a box: enter, exec, sudo, ls, rm" {
	mkdir inner
	echo '[sandbox]' >inner/sandbox.ini
	in_box sh -ec 'cd inner
		../build/bin/sandbox enter --accept -- sh -c "echo made >file"
		../build/bin/sandbox exec inner cat file
		../build/bin/sandbox exec inner sudo id -u
		../build/bin/sandbox ls --names
		../build/bin/sandbox rm --force inner' >out
	[ "$(cat out)" = $'made\n0\ninner' ]
	[ "$(cat inner/file)" = made ]
}

@test "a box in a box from a root directory of the user's own" {
	rootfs "$T/p/rootfs"
	[ "$(in_box build/bin/sandbox run dir:rootfs sh -c 'echo x >/new && cat /new')" = x ]
}

@test "a box in a box in a box, or one clear line" {
	run in_box build/bin/sandbox run --profile nested.ini --mount "$PWD/build:/b" host \
		/b/bin/sandbox run host echo third
	[ "$status" = 0 ] || [[ $output == *"sandbox: "* ]]
}

@test "bubblewrap works inside" {
	[ "$(in_box bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev --tmpfs /tmp id -u)" = \
		"$(id -u)" ]
	[ "$(in_box bwrap --unshare-user --uid 0 --gid 0 --ro-bind / / id -u)" = 0 ]
}

@test "unshare: user, mount, pid, network namespaces, and tmpfs, proc and overlay in them" {
	[ "$(in_box unshare --user --map-root-user id -u)" = 0 ]
	in_box unshare --user --map-root-user --mount sh -ec 'mount -t tmpfs t /mnt; mkdir /mnt/l /mnt/u /mnt/w /mnt/m
		touch /mnt/l/file; mount --bind /mnt/l /mnt/m'
	in_box unshare --user --map-root-user --pid --fork --mount-proc sh -ec '[ "$(echo /proc/[0-9]*)" = "/proc/1" ] || [ -d /proc/1 ]'
	in_box unshare --user --map-root-user --net sh -ec 'grep -q lo: /proc/net/dev'
}

@test "without nested = yes, sandbox and unshare inside are refused in one line" {
	printf '[sandbox]\nlinger = 60s\n' >sandbox.ini
	run --separate-stderr in_box build/bin/sandbox run host true
	[ "$status" = 125 ]
	[[ $stderr == "sandbox: "* ]]
	[ "$(grep -c '' <<<"$stderr")" = 1 ]
	run in_box unshare --user true
	[ "$status" != 0 ]
}

@test "leftovers of inner boxes are removed with the outer one" {
	in_box sh -c 'build/bin/sandbox run --detach host sleep 6262'
	sandbox stop p
	run -1 pgrep -u "$(id -u)" -fx 'sleep 6262'
	sandbox rm --force p
}

@test "another user in a box in a box: by its own supervisor; in root's session, which has a listener, an error" {
	[ "$(in_box build/bin/sandbox run --root host setpriv --reuid=33 --clear-groups id -u)" = 33 ]
	[ "$(in_box build/bin/sandbox run --user 33:34 host sh -c 'echo $(id -u):$(id -g)')" = 33:34 ]
	sandbox stop .
	in_root() { sandbox enter --accept --root . -- "$@"; }
	[ "$(in_root build/bin/sandbox run --root host id -u)" = 0 ]
	run -127 in_root build/bin/sandbox run --root host setpriv --reuid=33 --clear-groups id -u
	[[ $output == *'Invalid argument'* ]]
	in_root build/bin/sandbox doctor | grep -A 1 identities >out || true
	[[ $(cat out) == note*'another sandbox around this one answers system calls already'* ]]
}
