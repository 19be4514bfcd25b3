#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# Images as published by their makers, with nothing added: typical first steps in them.

load helpers
load images

# A package for Alpine in the format of abuild, without a signature: a program, and a user of its
# own.
apk_package() { # VERSION
	python3 - "$1" <<-'PYTHON'
		import gzip, hashlib, io, sys, tarfile
		version = sys.argv[1]
		def segment(members, last):
		    out = io.BytesIO()
		    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
		        for name, data in members:
		            t = tarfile.TarInfo(name)
		            t.mode = 0o755
		            if data is None:
		                t.type = tarfile.DIRTYPE
		            else:
		                t.size = len(data)
		                t.pax_headers = {"APK-TOOLS.checksum.SHA1": hashlib.sha1(data).hexdigest()}
		            tar.addfile(t, data and io.BytesIO(data))
		        end = tar.offset
		    return gzip.compress(out.getvalue() if last else out.getvalue()[:end])
		data = segment([(d, None) for d in ("usr", "usr/lib", "usr/lib/hi", "usr/lib/hi/v" + version)] +
		               [("usr/lib/hi/hi", b"#!/bin/sh\necho hi %s\n" % version.encode())], True)
		info = f"pkgname = hi\npkgver = {version}-r0\narch = noarch\nsize = 1\ndatahash = {hashlib.sha256(data).hexdigest()}\n"
		script = b"#!/bin/sh\naddgroup -S hi && adduser -S -G hi -h /var/lib/hi hi\n"
		open(f"hi-{version}-r0.apk", "wb").write(segment([(".PKGINFO", info.encode()), (".pre-install", script)], False) + data)
	PYTHON
}

# bats test_tags=alpine
@test "Alpine: its package manager finds all files unmodified, installs, makes a user, upgrades and removes" {
	official alpine
	[ "$(sandbox run alpine:3 cat /etc/alpine-release)" = 3.20.3 ]
	says_nothing sandbox run --root alpine:3 apk audit --system 2>/dev/null
	apk_package 1.0
	apk_package 2.0
	project p $'[sandbox]\nimage = alpine:3\nlinger = 60s\n[mounts]\n/apk = .. ro'
	sandbox enter --quiet --accept --root ./p -- sh -ec '
		cd /apk
		apk="apk --allow-untrusted --no-network"
		$apk add ./hi-1.0-r0.apk
		[ "$(/usr/lib/hi/hi)" = "hi 1.0" ]
		grep ^hi: /etc/passwd
		$apk add ./hi-2.0-r0.apk
		[ "$(/usr/lib/hi/hi)" = "hi 2.0" ]
		[ ! -e /usr/lib/hi/v1.0 ]' >log 2>&1 || {
		cat log >&2
		return 1
	}
	[ "$(sandbox exec p /usr/lib/hi/hi)" = 'hi 2.0' ]
	sandbox exec --root p apk --no-network del hi >log 2>&1
	sandbox exec p test ! -e /usr/lib/hi
}

# bats test_tags=busybox,busybox-musl
@test "BusyBox, with either libc: programs, a server and its client on loopback, its own users" {
	for tag in busybox busybox-musl; do
		official $tag
		name=busybox:${tag#busybox-}
		[ $tag != busybox ] || name=busybox:1
		[ "$(sandbox run --network none "$name" sh -c '
			mkdir /tmp/w
			hostname >/tmp/w/index.html
			httpd -p 127.0.0.1:8080 -h /tmp/w
			[ "$(wget -qO- http://localhost:8080/)" = "$(hostname)" ] && echo served')" = served ]
		[ "$(sandbox run --root "$name" sh -ec 'adduser -D me; id -un me; ls -d /home/me')" = $'me\n/home/me' ]
	done
}

# bats test_tags=debian,debian-slim
@test "Debian: every file matches its package, and the slim image lacks what it documents" {
	# apt makes its directories again
	official debian
	sandbox run --root debian:bookworm dpkg --verify >changed
	run ! grep -v '^missing .* /var/\(cache\|lib\)/apt/' changed
	says_nothing sandbox run --root debian:bookworm dpkg --audit
	official debian-slim
	sandbox run --root debian:bookworm-slim dpkg --verify >changed
	run ! grep -v -e /usr/share/ -e '/var/\(cache\|lib\)/apt/' changed
	sandbox run debian:bookworm-slim sh -ec '[ -s /etc/dpkg/dpkg.cfg.d/docker ]; [ "$(ls -A /usr/share/man/man1 | wc -l)" = 0 ]'
}
