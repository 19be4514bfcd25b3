#!/usr/bin/env bats
# Users, groups, homes, hosts and name servers are right in every image, whatever its files say, and
# follow the host while the box runs.

load helpers

setup() {
	sandbox_setup
	me=$(id -un) uid=$(id -u) gid=$(id -g)
	rootfs
}

# Checks it with programs of the image.
promised() {
	sandbox run dir:rootfs sh -c '
		echo "$(id -un) $(id -u) $(id -g) $(id -gn)"
		cd ~ && touch made
		awk -F: -v me="$1" "\$1 == me { print \$3; exit }" /etc/passwd
		awk -F: "\$3 == \"0\" { print \$1; exit }" /etc/passwd' - "$me" |
		diff - <(printf '%s\n' "$me $uid $gid $me" "$uid" root)
}

@test "users and groups" {
	local text

	for text in '' 'root:x:0:0:root:/root:/bin/sh' "other:x:$uid:$gid::/:/bin/sh" "$me:x:7:7::/x:/bin/sh" \
		$'# a comment\r\nroot:x:0:0:root:/root:/bin/sh\r' "$me:x:$uid:7::/x:" "x:x:9:9::/:
$me:x:$uid:$gid::/elsewhere:/bin/sh"; do
		printf '%s' "$text" >rootfs/etc/passwd
		[[ $text = *root:x:0* ]] || [ "$uid" != 0 ] || continue
		printf '%s' "other:x:$gid:
$me:x:77:" >rootfs/etc/group
		promised
	done
	rm rootfs/etc/passwd rootfs/etc/group
	promised
	# what the image has stays
	echo "other:x:$uid:$gid::/:/bin/sh" >rootfs/etc/passwd
	[ "$(sandbox run dir:rootfs grep -c "^other:x:$uid:" /etc/passwd)" = 1 ]
}

@test "localhost, and the box's own name" {
	local text

	for text in '' '10.0.0.9 box box.corp' $'127.0.0.1 other\r\n10.1.1.1 localhost' '# nothing'; do
		printf '%s' "$text" >rootfs/etc/hosts
		sandbox run --hostname box.corp dir:rootfs cat /etc/hosts >out
		for name in localhost box box.corp; do
			[[ $(grep -w "$name" out | head -n1) = 127.* ]]
		done
		grep -qF "${text%%$'\r'*}" out
	done
	# a box that starts again gets no second copy
	rm rootfs/etc/hosts
	project p $'[sandbox]\nimage = dir:../rootfs\nlinger = 0s\nhostname = one'
	sandbox enter --accept ./p -- true
	sandbox enter ./p -- sh -c 'echo 10.7.7.7 kept >>/etc/hosts'
	echo 'hostname = two' >>p/sandbox.ini
	sed -i /one/d p/sandbox.ini
	sandbox enter ./p -- cat /etc/hosts >out
	[ "$(grep -cw localhost out)" = 2 ]
	grep -qx '10.7.7.7 kept' out
	grep -qw two out
	run -1 grep -w one out
}

@test "whatever the files are: symlinks, a pipe, missing" {
	local how file

	for file in passwd group hosts nsswitch.conf resolv.conf; do
		for how in 'ln -s /nowhere/at/all' 'ln -s ../../../../../../etc/none' 'ln -s loop' mkfifo; do
			rm -f rootfs/etc/{passwd,group,hosts,nsswitch.conf,resolv.conf,loop}
			ln -s loop rootfs/etc/loop
			$how rootfs/etc/$file
			promised
		done
	done
	# a symlink to a file is followed
	rm -f rootfs/etc/hosts rootfs/etc/resolv.conf
	echo '10.3.3.3 linked' >rootfs/usr/hosts
	ln -s ../usr/hosts rootfs/etc/hosts
	sandbox run dir:rootfs grep -q linked /etc/hosts
	# and a long one
	{ seq -f '10.0.0.1 host%g' 100000; } >rootfs/usr/hosts
	[ "$(sandbox run dir:rootfs grep -cE 'host100000|localhost' /etc/hosts)" = 3 ]
}

@test "whatever the directory is: a symlink, not for all, for a group, missing" {
	chmod 750 rootfs/etc
	promised
	[ "$(sandbox run dir:rootfs stat -c %a /etc)" = 750 ]
	chmod 2755 rootfs/etc
	promised
	[ "$(sandbox run dir:rootfs stat -c %a /etc)" = 2755 ]
	echo '10.3.3.3 image' >rootfs/etc/hosts
	mv rootfs/etc rootfs/usr/etc
	ln -s usr/etc rootfs/etc
	promised
	sandbox run dir:rootfs grep -q image /etc/hosts
	rm -r rootfs/etc rootfs/usr/etc
	promised
	[ "$(sandbox run dir:rootfs stat -c %a /etc)" = 755 ]
}

@test "files are used for lookups, whatever nsswitch.conf says" {
	echo 'hosts: dns' >rootfs/etc/nsswitch.conf
	[ "$(sandbox run dir:rootfs cat /etc/nsswitch.conf)" = 'hosts: files dns' ]
	rm rootfs/etc/nsswitch.conf
	[ "$(sandbox run dir:rootfs cat /etc/nsswitch.conf)" = 'hosts: files dns' ]
}

@test "a home below /root, in an image without it" {
	rm -r rootfs/root
	sandbox run --root dir:rootfs sh -c 'cd && touch made'
}

@test "diff recognizes sandbox's own changes" {
	printf 'other:x:%s:%s::/:/bin/sh\n' "$uid" "$gid" >rootfs/etc/passwd
	echo 'hosts: dns' >rootfs/etc/nsswitch.conf
	project p $'[sandbox]\nimage = dir:../rootfs'
	sandbox try --accept ./p -- true
	says_nothing sandbox diff ./p
	sandbox try ./p -- sh -c 'echo 1.1.1.1 mine >>/etc/hosts'
	[[ $(sandbox diff ./p) = *'A /etc/hosts'* ]]
	sandbox discard --force ./p
}

# A host with other files in /etc: a mount namespace, in which boxes work normally.
@test "hosts and resolv.conf follow the host while the box runs" {
	[ "${TEST_MODE-}" != nested ] || skip 'no mounts of our own in a box'
	cat >script <<-'END'
		set -e
		mkdir upper work
		mount -t overlay -o lowerdir=/etc,upperdir=upper,workdir=work,userxattr overlay /etc
		show() { sandbox "$@" sh -c 'cat /etc/resolv.conf; grep 10. /etc/hosts || true'; }
		rm -f /etc/resolv.conf /etc/hosts
		echo 'nameserver 10.9.0.1' >/etc/resolv.conf
		echo '10.9.0.2 intern # one' >/etc/hosts
		sandbox enter --quiet --accept ./p -- sh -c 'echo 10.9.0.4 mine >>/etc/hosts'
		show enter ./p --
		# a VPN comes up; a resolver's symlink; the file is replaced
		ln -sf "$PWD/vpn" /etc/resolv.conf
		echo 'nameserver 10.9.0.3' >vpn
		sed '$a 10.9.0.5 more' /etc/hosts >new
		mv new /etc/hosts
		show enter ./p --
		show exec p
		echo 'nameserver 10.9.0.6' >vpn
		show exec p
		# code inside cannot mislead us
		sandbox exec p sh -c 'ln -sf /proc/1/environ /etc/hosts; ln -sf /tmp/there /etc/resolv.conf'
		show exec p
		sandbox exec p sh -c 'mv /etc /etc.mine; ln -s ~ /etc; ls -A ~'
		sandbox exec p ls -A
		sandbox stop p
	END
	project p $'[sandbox]\nimage = dir:../rootfs\nlinger = 60s\nnetwork = host'
	unshare -Urm sh script >out 2>err || { cat out err; false; }
	chmod u+rwx work/work
	diff out - <<-'END'
		nameserver 10.9.0.1
		10.9.0.2 intern 
		10.9.0.4 mine
		nameserver 10.9.0.3
		10.9.0.2 intern 
		10.9.0.5 more
		10.9.0.4 mine
		nameserver 10.9.0.3
		10.9.0.2 intern 
		10.9.0.5 more
		10.9.0.4 mine
		nameserver 10.9.0.6
		10.9.0.2 intern 
		10.9.0.5 more
		10.9.0.4 mine
		nameserver 10.9.0.6
		10.9.0.2 intern 
		10.9.0.5 more
		sandbox.ini
	END
}
