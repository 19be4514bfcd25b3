#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031 # scripts run in the box
# The owners of files as root of the box sees them: those it set.

load helpers
load images

setup() {
	sandbox_setup
}

@test "root sees the owners it set: ls, stat, find, perl, cp and mv; after a restart of the box too" {
	project p
	sandbox enter --root ./p -- sh -exc '
		cd /var/tmp; mkdir d
		echo x >d/file; chown 33:34 d/file; chmod 0 d/file
		[ "$(ls -n d/file | cut -d" " -f3-4)" = "33 34" ]
		[ "$(stat -c %u:%g d/file) $(cd d; stat -c %u file)" = "33:34 33" ]
		[ "$(perl -e "print join q(:), (stat q(d/file))[4, 5]")" = 33:34 ]
		[ "$(find d -user 33) $(find d -type f ! -user 0 ! -group 0)" = "d/file d/file" ]
		chgrp 5 d/file; chown 6 d/file; [ "$(stat -c %u:%g d/file)" = 6:5 ]

		# root again, by every call
		chown 0:0 d/file; [ "$(stat -c %u:%g d/file)" = 0:0 ]
		perl -e "chown 7, 8, q(d/file); chown 0, -1, q(d/file)"; [ "$(stat -c %u:%g d/file)" = 0:8 ]

		# the file has the owner, under all its names; a symlink has its own, and a new file
		# has no other owner
		ln d/file hard; ln -s d/file soft; chown 9:9 soft; chown -h 10:10 soft
		[ "$(stat -c %u hard d/file) $(stat -Lc %u soft) $(stat -c %u soft)" = "9
9 9 10" ]
		rm d/file; echo y >d/file; [ "$(stat -c %u:%g d/file hard)" = "0:0
9:9" ]
		cp -p hard copy; cp hard plain; mv hard moved
		[ "$(stat -c %u copy plain moved | tr "\n" " ")" = "9 0 9 " ]

		install -d -o 11 -g 12 data; install -o 13 -m 600 moved data/in; chown -R :14 data
		[ "$(stat -c %u:%g data data/in | tr "\n" " ")" = "11:14 13:14 " ]
		touch /tmp/t /run/t; chown 15 /tmp/t /run/t; [ "$(stat -c %u /tmp/t /run/t | tr "\n" " ")" = "15 15 " ]
		# from the image: copied up with its owner
		chown 16 /etc/passwd; echo "# more" >>/etc/passwd; [ "$(stat -c %u /etc/passwd)" = 16 ]'
	sandbox stop ./p
	sandbox enter --root ./p -- sh -exc '
		[ "$(stat -c %u:%g /var/tmp/data/in /etc/passwd | tr "\n" " ")" = "13:14 16:0 " ]'
	# you see the same as always
	[ "$(sandbox enter ./p -- stat -c %u /var/tmp/data)" = "$(sandbox enter ./p -- id -u)" ]
}

@test "a user that root switched to sees the owners that were set, otherwise itself" {
	sandbox run --root host sh -exc '
		mkdir /var/tmp/d; cd /var/tmp/d; touch given mine; chown 0:44 given; chmod 777 .
		[ "$(setpriv --reuid=33 --regid=33 --clear-groups stat -c %u:%g given mine | tr "\n" " ")" = "0:44 33:33 " ]'
}

@test "what a user that root switched to makes is that user's: root sees it, also moved, copied, linked, packed" {
	sandbox run --root host sh -exc '
		mkdir -m 1777 /var/tmp/d; cd /var/tmp/d
		install -d -g 6 shared; chmod 2777 shared; touch roots; chmod 666 roots
		setpriv --reuid=33 --regid=34 --clear-groups sh -exc "
			touch a /tmp/t; mkdir dir; ln -s a soft; mkfifo pipe; mktemp -p dir
			perl -e \"open F, q(>), q(by-perl); mkdir q(mkdir)\"; dd if=/dev/null of=by-dd
			ln a hard; mv a b; cp -a b copy; echo more >>roots; touch shared/f
			perl -MSocket -e \"socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(q(sock)))\"
			# a process that nobody may look into, as sftp-server
			perl -e \"syscall(157, 4, 0, 0, 0, 0) == 0 or die; open F, q(>), q(/var/tmp/d/dark)\"; :
			# a file without a name gets one
			perl -e \"sysopen F, q(.), 020200002 or die; \\\$f = q(/proc/self/fd/) . fileno F; \\\$n = q(unnamed); syscall(265, -100, \\\$f, -100, \\\$n, 0x400) == 0 or die\""
		[ "$(stat -c %u:%g b hard soft pipe copy dir dir/* dark by-perl mkdir by-dd /tmp/t unnamed | sort | uniq -c | tr -s " ")" = " 13 33:34" ]
		[ "$(stat -c %u:%g roots shared/f | tr "\n" " ")" = "0:0 33:6 " ]
		[ "$(find . -user 33 | wc -l)" = 13 ]
		[ "$(find . -path ./dir -prune -o -user root -print | sort | tr "\n" " ")" = ". ./roots ./shared ./sock " ]
		[ "$(ls -ln b | cut -d" " -f3,4)" = "33 34" ]
		cp -p b /root/b; mv copy /var/tmp/moved
		[ "$(stat -c %u:%g /root/b /var/tmp/moved | sort -u)" = 33:34 ]
		setpriv --reuid=44 --clear-groups sh -exc "
			stat -c %u b; touch other; mv -f other b; stat -c %u b" | tr "\n" " " | grep -x "33 44 "
		chown -R 5:5 .; [ "$(find . -mindepth 1 ! -user 5)" = ./sock ]'
}

@test "a user that root switched to cannot give files away" {
	sandbox run --root host sh -exc '
		mkdir -m 1777 /var/tmp/d; cd /var/tmp/d; touch given; chown 5 given
		setpriv --reuid=33 --regid=34 --groups=44 sh -exc "
			touch f; chown 33:34 f; chgrp 44 f
			chown 0 f && exit 1; chown 34 f && exit 1; chgrp 0 f && exit 1; chown 33 given && exit 1
			chown 33 nosuch && exit 1; chown 33:44 f; :"
		[ "$(stat -c %u:%g f given | tr "\n" " ")" = "33:44 5:0 " ]'
}

@test "errors are the kernel's, and what cannot be recorded still reports success" {
	sandbox run --root host sh -exc '
		cd /var/tmp; mkfifo fifo; perl -MSocket -e "socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un(q(sock)))"
		chown 33 sock; [ "$(stat -c %u sock)" = 0 ]
		perl -e "chown(1, 1, q(nosuch)) and exit 1; exit !\$!{ENOENT}"
		perl -e "chown(1, 1, q(fifo/x)) and exit 1; exit !\$!{ENOTDIR}"
		perl -e "chown(1, 1, q()) and exit 1; exit !\$!{ENOENT}"
		chown 33 /proc/self/status /dev/null
		# in another root directory, where a path means another file: not recorded, and no
		# other file is
		mkdir -p root/var/tmp; touch /var/tmp/a root/var/tmp/a
		perl -e "chroot q(root) or die; chown(33, 33, q(/var/tmp/a), q(/etc/passwd))"
		[ "$(stat -c %u /var/tmp/a root/var/tmp/a /etc/passwd | tr "\n" " ")" = "0 0 0 " ]'
}

@test "nothing is recorded on files of the host or of the project" {
	mkdir shared
	touch shared/file
	project p $'[mounts]\n/shared = '"$T/shared"
	sandbox enter --accept --root ./p -- sh -exc '
		touch by-root; chown 33:33 by-root /shared/file; cd /shared; chown 33 file
		perl -e "open F, q(<), q(file); chown 33, 33, *F"
		touch ~/home; chown 33 ~/home
		[ "$(stat -c %u file)" = 0 ]'
	for file in p/by-root shared/file; do
		says_nothing getfattr -d "$file"
	done
}

@test "symlinks and pipes: the owner follows renames, links and archives, and reading changes nothing" {
	sandbox run --root host sh -exc '
		cd /var/tmp; ln -s a l; mkfifo p; chown -h 33:44 l p
		[ "$(stat -c %u:%g l p | tr "\n" " ")" = "33:44 33:44 " ]
		readlink l; touch a; cat l; mv l m; ln m n; chgrp -h 5 m
		[ "$(stat -c %u:%g m n | tr "\n" " ")" = "33:5 33:5 " ]
		[ "$(find . -type l -user 33 | sort | tr "\n" " ")" = "./m ./n " ]
		# copies and archives, which ask by lstat(2), hand on what they see
		chown -h 0:0 m; [ "$(stat -c %u:%g n)" = 0:0 ]
		chown -Rh 7:8 .; tar --xattrs -cf /run/all.tar m p; mkdir x; tar -C x --xattrs -xpf /run/all.tar --owner=0
		[ "$(stat -c %u:%g m p x | tr "\n" " ")" = "7:8 7:8 0:0 " ]
		# ids that do not fit stay as they are
		chown -h 4294967294:999999999 n; [ "$(stat -c %u:%g n)" = 4294967294:999999999 ]
		chown -h 1:2000000000 n; [ "$(stat -c %u:%g n)" = 4294967294:999999999 ]'
}

@test "a malformed attribute is ignored" {
	sandbox run --root host sh -exc '
		cd /var/tmp; touch f
		for v in "" 5 5: :5 -1:5 5:5x 05:5 4294967295:1 99999999999:1 "5:5 "; do
			perl -e "my (\$f, \$n, \$v) = @ARGV; syscall(188, \$f, \$n, \$v, length \$v, 0) and die" f user.sandbox.owner "$v"
			[ "$(stat -c %u:%g f)" = 0:0 ]
		done'
}

@test "an image shows the owners from its layers; sealed and exported, an owner is in the archive" {
	layout own <<<"{'layers': [busybox('sh', 'stat', 'chown', 'touch') + [D('opt'), D('opt/data', uid=70, gid=71), F('opt/of', b'x', uid=33, gid=33), F('opt/back', b'x', uid=33, gid=33), F('opt/false', b'x')]]}"
	sandbox image import --quiet "$T/own" own:1 >/dev/null
	[ "$(sandbox run --root own:1 stat -Lc %u:%g /opt/data /opt/of /opt/false | tr '\n' ' ')" = '70:71 33:33 0:0 ' ]
	project p $'[sandbox]\nimage = own:1\n[run]\n1 = touch /opt/mine /opt/data/in; chown 5:6 /opt/mine /opt/data; chown 0:0 /opt/back; ln -s mine /opt/l; mkfifo /opt/p; chown -h 8:9 /opt/l /opt/p; mv /opt/l /opt/link'
	sandbox seal --accept --quiet "$T/p" app:1 >/dev/null
	sandbox image export --quiet --format tar app:1 all.tar
	tar -tvf all.tar --numeric-owner >list
	grep -q '^-rw-r--r-- 5/6 .* opt/mine$' list
	grep -q '^drwxr-xr-x 5/6 .* opt/data/$' list
	grep -q '^-rw-r--r-- 0/0 .* opt/data/in$' list
	grep -q '^-rw-r--r-- 0/0 .* opt/back$' list
	grep -q '^-rw-r--r-- 33/33 .* opt/of$' list
	grep -q '^lrwxrwxrwx 8/9 .* opt/link -> mine$' list
	grep -q '^prw-r--r-- 8/9 .* opt/p$' list
	run ! grep -qa sandbox.owner all.tar
	[ "$(sandbox run --root app:1 stat -Lc %u:%g /opt/mine /opt/data /opt/back | tr '\n' ' ')" = '5:6 5:6 0:0 ' ]
}
