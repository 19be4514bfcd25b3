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

# "VALUE NAME" of the files that have capabilities, in hexadecimal digits.
capabilities() { # IMAGE
	sandbox image export --format tar "$1" - | python3 -c 'if True:
		import sys, tarfile
		for member in tarfile.open(fileobj=sys.stdin.buffer, mode="r|", errors="surrogateescape"):
			value = member.pax_headers.get("SCHILY.xattr.security.capability")
			if value is not None:
				print(value.encode("utf-8", "surrogateescape").hex(), member.name)' | LC_ALL=C sort
}

# bats test_tags=debian-slim
@test "capabilities of lower files: moves, copies, links, touch and chmod keep them; chown and writes take them" {
	local v=0100000200240000000000000000000000000000

	official debian-slim
	sandbox image build -q -t c:1 -f "$SOURCE/tests/data/dockerfiles/capabilities" -o type=tar,dest=out . >/dev/null
	[ "$(capabilities c:1)" = "$v given
$v late/here
$v late/only
$v moved" ]
	[ "$(tar -xOf out said | sed 's/security.capability/+/; s/ $//')" = "/c/again $v +
/c/copied $v +
/c/data $v +
/c/dropped none
/c/hard $v +
/c/here $v +
/c/kept $v +
/c/linked none
/c/mode $v +
/c/old $v +
/c/only $v +
/c/owner none
/c/replaced none
/c/t none
/c/there none
/c/touched $v +
/c/truncated none
/c/with $v +
/c/without none
/c/written none
/given $v +
/late/here $v +
/late/only $v +
/moved $v +" ]
	# the same if everything is built again, and from what a registry would have
	first=$(sandbox image build -q --no-cache --timestamp 1700000000 -f "$SOURCE/tests/data/dockerfiles/capabilities" .)
	[ "$(sandbox image build -q --no-cache --timestamp 1700000000 -f "$SOURCE/tests/data/dockerfiles/capabilities" .)" = "$first" ]
}

# bats test_tags=debian-slim
@test "capabilities: a write right after setcap or touch takes them, however short after" {
	official debian-slim
	cat >ticks <<-'EOF'
		my ($n, $v, $kept) = ("security.capability", pack("V5", 0x02000001, 1024, 0, 0, 0), 0);
		for my $i (1 .. 100) {
		    my $f = "/tmp/f$i";
		    open(my $h, ">", $f) or die; syswrite($h, "x");
		    syscall(188, $f, $n, $v, 20, 1) == 0 or die;
		    utime(undef, undef, $f) or die if $i % 2;
		    my $b = "x" x 30; syscall(191, $f, $n, $b, 30) == 20 or die "$f has lost it: $!";
		    syswrite($h, "y"); close($h);
		    $kept += syscall(191, $f, $n, $b, 30) == 20;
		}
		print "kept: $kept\n";
	EOF
	printf '%s\n' 'FROM debian:bookworm-slim' 'COPY ticks /' 'RUN perl /ticks >/said' >Dockerfile
	sandbox image build -q -o type=tar,dest=out . >/dev/null
	[ "$(tar -xOf out said)" = 'kept: 0' ]
}

# bats test_tags=debian-slim
@test "capabilities: only root sets them, everybody sees them; tar hands them on, also from a base; no program gets the mark" {
	official debian-slim
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		RUN useradd -m app && cp /bin/true /p && perl -e 'my ($f, $n, $v) = ("/p", "security.capability", pack("V5", 0x02000001, 1024, 0, 0, 0)); \
		    syscall(188, $f, $n, $v, 20, 1) == 0 or die; syscall(188, $f, $n, $v, 20, 1) == -1 && $!{EEXIST} or die; \
		    syscall(188, $f, $n, $v, 19, 0) == -1 && $!{EINVAL} or die; syscall(188, $f, $n, $v, 20, 7) == -1 or die; \
		    $f = "/bin/true"; syscall(188, $f, $n, $v, 20, 2) == -1 && $!{ENODATA} or die; syscall(197, $f, $n) == -1 && $!{ENODATA} or die; \
		    my $b = "x" x 30; $f = "/p"; syscall(191, $f, $n, $b, 19) == -1 && $!{ERANGE} or die; syscall(191, $f, $n, $b, 30) == 20 or die; \
		    substr($b, 0, 20) eq $v or die'
	EOF
	sandbox image build -q -t base:1 . >/dev/null
	# as an older program left the layer
	find "$XDG_DATA_HOME"/sandbox/layers -path '*/p' -exec setfattr -x user.sandbox.capability {} +
	sandbox image verify base:1
	cat >Dockerfile <<-'EOF'
		FROM base:1
		USER app
		RUN cp --preserve=xattr /p /tmp/mine; perl -e 'my ($f, $n, $v, $b) = ("/p", "security.capability", "x" x 20, "x" x 30); \
		    syscall(191, $f, $n, $b, 30) == 20 or die; syscall(188, $f, $n, $b, 20, 0) == -1 && $!{EPERM} or die; \
		    syscall(197, $f, $n) == -1 && $!{EPERM} or die; $f = "/tmp/mine"; syscall(191, $f, $n, $b, 30) == -1 && $!{ENODATA} or die'
		USER root
		RUN mkdir /t && tar --xattrs --xattrs-include='*' -C / -cf /t.tar p && ! grep -a user.sandbox /t.tar && tar --xattrs --xattrs-include='*' -C /t -xf /t.tar && rm /t.tar
		RUN mv /t/p /q && ln /q /hard && chmod 4755 /hard && cp /q /plain && cat /bin/false >/p
		RUN --mount=type=bind,from=base:1,source=/p,target=/m --mount=type=cache,target=/cache \
		    cp -a /m /cache/c && cp -a /cache/c /from-cache && mkdir -p /chroot && cp --preserve=xattr /q /chroot
	EOF
	sandbox image build -q -t b:1 . >/dev/null
	[ "$(capabilities b:1 | cut -d ' ' -f 2 | tr '\n' ' ')" = 'chroot/q from-cache hard q ' ]
	[ "$(owners b:1 '^(q|hard)$' | cut -c 2-)" = 'rwsr-xr-x 0/0 hard
rwsr-xr-x 0/0 q' ]
	sandbox image export --format tar b:1 b.tar
	run ! grep -qa user.sandbox b.tar
}

# bats test_tags=debian-slim
@test "--chown of a name that the stage lacks is root, as in Docker, with a warning; root needs no name" {
	official debian-slim
	touch f
	printf '%s\n' 'FROM debian:bookworm-slim' 'COPY --chown=node:nodes f /x/' 'COPY --chown=games:nodes f /y/' >Dockerfile
	sandbox image build -q -t b:1 . 2>err >/dev/null
	[ "$(cat err)" = "sandbox: warning: /etc/passwd of the stage has no user 'node': root is used, as in Docker
sandbox: warning: /etc/group of the stage has no group 'nodes': that of the user is used, as in Docker
sandbox: warning: /etc/group of the stage has no group 'nodes': that of the user is used, as in Docker" ]
	[ "$(owners b:1 '^[xy]/f' | cut -d ' ' -f 2-)" = "0/0 x/f
5/60 y/f" ]
	printf 'FROM scratch\nCOPY --chown=root:root f /x/\n' >Dockerfile
	sandbox image build -q -t b:2 . 2>err
	[ ! -s err ]
}

# bats test_tags=debian-slim
@test "directories that COPY, ADD and WORKDIR make in a set-gid directory are so too, and have its group, as in BuildKit" {
	official debian-slim
	mkdir -p d/e
	touch f d/e/g
	tar --owner=0 --group=0 -cf a.tar d
	cat >Dockerfile <<-'EOF'
		FROM debian:bookworm-slim
		RUN useradd -u 1000 app; mkdir /g && chown 0:44 /g && chmod 2775 /g
		COPY f /g/p1/p2/f
		COPY d /g/q/
		ADD a.tar /g/t/u/
		WORKDIR /g/w/x
		COPY f .
		USER app
		WORKDIR /g/v
		COPY --chown=app f /g/o/p/f
		COPY --chmod=700 f /g/m/f
		COPY d /g/
	EOF
	sandbox image build -t b:1 . 2>err
	[ "$(owners b:1 ^g/)" = "-rw-r--r-- 0/0 g/e/g
-rw-r--r-- 0/0 g/p1/p2/f
-rw-r--r-- 0/0 g/q/e/g
-rw-r--r-- 0/0 g/t/u/d/e/g
-rw-r--r-- 0/0 g/w/x/f
-rw-r--r-- 1000/1000 g/o/p/f
-rwx------ 0/0 g/m/f
drwx--S--- 0/44 g/m/
drwxr-sr-x 0/44 g/p1/
drwxr-sr-x 0/44 g/p1/p2/
drwxr-sr-x 0/44 g/q/
drwxr-sr-x 0/44 g/t/
drwxr-sr-x 0/44 g/t/u/
drwxr-sr-x 0/44 g/w/
drwxr-sr-x 0/44 g/w/x/
drwxr-sr-x 1000/1000 g/o/
drwxr-sr-x 1000/1000 g/o/p/
drwxr-sr-x 1000/1000 g/v/
drwxr-xr-x 0/0 g/e/
drwxr-xr-x 0/0 g/q/e/
drwxr-xr-x 0/0 g/t/u/d/
drwxr-xr-x 0/0 g/t/u/d/e/
drwxrwsr-x 0/44 g/" ] || {
		owners b:1 ^g/ >&2
		return 1
	}
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
