#!/usr/bin/env bats
# bats file_tags=disk
# [mounts] with overlay: a directory of the host whose changes stay in the box.

load helpers

setup() {
	sandbox_setup
	mkdir -p data/sub
	echo host >data/file
	echo gone >data/sub/gone
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data overlay'
}

@test "everything is visible, writes stay in the box, the host's directory is unchanged" {
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo box >/data/file; rm -r /data/sub; echo new >/data/new'
	[ "$(cat data/file)" = host ]
	[ -e data/sub/gone ]
	[ ! -e data/new ]
	[ "$(sandbox enter --quiet "$T/p" -- sh -c 'cat /data/file /data/new; ls /data')" = $'box\nnew\nfile\nnew' ]
	sandbox rm --force p
	[ "$(sandbox enter --quiet --accept "$T/p" -- cat /data/file)" = host ]
}

@test "consent is only for reading; only directories can be overlays" {
	fails 125 "*/data = $T/data ro*" sandbox enter "$T/p" -- true
	project q $'[mounts]\n/x = tmpfs overlay'
	fails 125 '*sandbox.ini:2: *overlay is for directories only' sandbox enter "$T/q" -- true
	project r $'[mounts]\n/x = ../data/file overlay'
	fails 125 "*cannot mount '/x': *" sandbox enter --accept "$T/r" -- true
}
