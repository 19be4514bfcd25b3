#!/usr/bin/env bats
# bats file_tags=slow
# shellcheck disable=SC2016 # scripts run in the build
# `sandbox image build`: every file of the image has its owner, though one user made them all.
# build_witness.bats compares more of it with buildah.

load helpers
load images

setup() {
	sandbox_setup
	mkdir "$T/p"
	cd "$T/p" || return
}

# "TYPE+MODE OWNER/GROUP NAME" of the files whose names match.
owners() { # IMAGE PATTERN
	sandbox image export --format tar "$1" - | tar -tvf - --numeric-owner | awk -v of="$2" '$6 ~ of { print $1, $2, $6 }' | LC_ALL=C sort
}

# bats test_tags=debian-slim
@test "what su, USER and set-gid directories make; what stat tells by path, link and descriptor" {
	official debian-slim
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		RUN useradd --uid 1000 --create-home app && mkdir /t && chown 0:44 /t && chmod 2777 /t
		RUN su app -c 'set -e; cd /t; touch file; mkdir dir; ln -s file link; mkfifo pipe; ln file hard; \
		    perl -MFcntl -e "sysopen(F, q(dir/new), O_CREAT | O_WRONLY, 0600) or die; open(G, q(>>), q(file))" && \
		    [ "$(stat -c %u:%g /etc/passwd file link)" = "$(printf "0:0\n1000:44\n1000:44")" ]'
		RUN perl -e 'open(F, "<", "/t/file") or die; @s = stat(F); @l = lstat("/t/link"); open(G, "<", "/etc/shadow"); @g = stat(G); \
		    print "@s[4,5] @l[4,5] @g[4,5]\n"; exit("@s[4,5] @l[4,5] @g[4,5]" ne "1000 44 1000 44 0 42")'
		USER app
		RUN echo x >>/t/file; echo y >/t/mine && rm /t/hard && umask 077 && mkdir -p /home/app/a/b && mv /t/dir /home/app/a/dir
		USER root
		RUN touch /t/roots && chown -h 5 /t/link && mv /t/link /t/moved && cp --preserve=timestamps -R /t/moved /t/copied && touch -h /t/moved
	EOF
	sandbox image build -t b:1 . 2>err
	[ "$(owners b:1 '^(t/|home/app/a)')" = "-rw------- 1000/44 home/app/a/dir/new
-rw-r--r-- 0/44 t/roots
-rw-r--r-- 1000/44 t/file
-rw-r--r-- 1000/44 t/mine
drwx------ 1000/1000 home/app/a/
drwx------ 1000/1000 home/app/a/b/
drwxr-sr-x 1000/44 home/app/a/dir/
drwxrwsrwx 0/44 t/
lrwxrwxrwx 0/44 t/copied
lrwxrwxrwx 5/44 t/moved
prw-r--r-- 1000/44 t/pipe" ] || {
		owners b:1 '^(t/|home/app/a)' >&2
		return 1
	}
}

# bats test_tags=debian-slim
@test "archives and copies hand on owners and no mark; devices, set-id bits and capabilities" {
	official debian-slim
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		RUN mkdir -p /d/in && touch /d/f && ln -s f /d/l && chown -Rh 7:8 /d && chown 9 /d/in && cp /bin/true /d/s && chmod 6711 /d/s && \
		    mknod /d/null c 1 3 && mknod /d/loop b 7 300 && chown 3 /d/null
		RUN cp -a /d /copy && mkdir /x /y && tar --xattrs -C / -cf - d | tar --xattrs -C /x -xpf - && \
		    tar --xattrs -C /d -cf - f in | tar --xattrs --no-same-owner -C /y -xf - && chown 0:0 /y/in && install -m 4755 /d/s /installed
		RUN perl -e 'my ($f, $n) = ("/d/s", "security.capability"); my $v = pack("V5", 0x02000001, 8192, 0, 0, 0); \
		    syscall(188, $f, $n, $v, 20, 0) == 0 or die' && cp -a /d/s /with && cp -a /d/s /lost && chown 5 /lost
		RUN chmod 700 /d/s && chown 6 /copy/null && mv /copy/loop /copy/moved
	EOF
	sandbox image build -t b:1 . 2>err
	[ "$(owners b:1 '^(d|copy|x|y|installed|with|lost)($|/)' | grep -v /$)" = "-rw-r--r-- 0/0 y/f
-rw-r--r-- 7/8 copy/f
-rw-r--r-- 7/8 d/f
-rw-r--r-- 7/8 x/d/f
-rws--s--x 0/0 copy/s
-rws--s--x 0/0 with
-rws--s--x 0/0 x/d/s
-rwsr-xr-x 0/0 installed
-rwx------ 0/0 d/s
-rwx--x--x 5/0 lost
brw-r--r-- 0/0 copy/moved
brw-r--r-- 0/0 d/loop
brw-r--r-- 0/0 x/d/loop
crw-r--r-- 3/0 d/null
crw-r--r-- 3/0 x/d/null
crw-r--r-- 6/0 copy/null
lrwxrwxrwx 7/8 copy/l
lrwxrwxrwx 7/8 d/l
lrwxrwxrwx 7/8 x/d/l" ] || {
		owners b:1 '^(d|copy|x|y|installed|with|lost)($|/)' >&2
		return 1
	}
	sandbox image export --format tar b:1 b.tar
	run ! grep -qa user.sandbox b.tar
	[ "$(grep -ao SCHILY.xattr.security.capability b.tar | wc -l)" = 2 ]
}

# bats test_tags=debian-slim
@test "a thread that another one's execve ends while it makes a file: later calls of its process are right" {
	official debian-slim
	cp "$BUILD/tests/programs/become" .
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		COPY become /become
		RUN mkdir /t && chown 0:44 /t && chmod 2777 /t && cd /t && for i in 1 2; do /become making 200 >/said && cat /said && \
		    grep -q '^uid 33 33 gid 33 33' /said || exit 1; done
	EOF
	sandbox image build -t b:1 .
}

# bats test_tags=debian-slim
@test "sudo of a step: a USER becomes root where the image has sudo; the layer has nothing of ours" {
	official debian-slim
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		RUN useradd -m dev; printf '#!/bin/sh\nexit 9\n' >/usr/bin/sudo; chmod 4755 /usr/bin/sudo
		USER dev
		RUN sudo sh -c 'id -u; touch /of-root; install -o games /dev/null /of-games' >/tmp/out; sudo -u games touch /tmp/games; touch /tmp/dev
		RUN sudo -n true && sudo mv /usr/bin/sudo /usr/bin/was && sudo mv /usr/bin/was /usr/bin/sudo
		USER root
		RUN rm /usr/bin/sudo
		USER dev
		RUN ! command -v sudo
	EOF
	sandbox image build -q -t x:1 -o type=tar,dest=out . >/dev/null
	[ "$(tar -xOf out tmp/out)" = 0 ]
	tar --numeric-owner -tvf out >list
	dev=$(awk '$6 == "tmp/dev" { print $2 }' list)
	[ "$dev" = 1000/1000 ]
	[ "$(awk '$6 == "of-root" || $6 == "of-games" || $6 == "tmp/games" { print $6, $2 }' list | sort | tr '\n' ' ')" = 'of-games 5/0 of-root 0/0 tmp/games 5/60 ' ]
	run ! grep -E 'run/sandbox|usr/local/bin/sudo' list
}
