#!/usr/bin/env bats
# sandbox try: a separate box for a project, where everything it may write of the host is an
# overlay.

load helpers
load images
load oracle

setup() {
	sandbox_setup
	mkdir -p data home/canary p/sub
	echo host | tee data/file p/file p/sub/file >/dev/null
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data\n/one = ../data/file\n/ro = ../data ro\n~/.cache/it = cache:it'
}

teardown() {
	chmod -fR u+w p plain || true
	clear_canaries
	sandbox_teardown
}

tried() { sandbox try --quiet --accept "$T/p" -- "$@"; }

# Everything beneath a directory: names, modes, times of directories, content, symlinks.
picture() { (cd "$1" && find . -printf '%P %y %m %l\n' | sort && find . -type f -exec md5sum {} + | sort); }

@test "git mv and rename(2) of existing directories, as the user and as root, then diff, apply and discard" {
	git init -q --template= p
	git -C p config user.email a@b
	git -C p config user.name n
	mkdir -p p/sub/deep/er p/shut/in
	echo deep >p/sub/deep/er/file
	ln p/sub/file p/sub/same
	ln -s file p/sub/link
	echo in >p/shut/in/file
	chmod 555 p/shut/in
	chmod 700 p/sub/deep
	touch -d 2001-02-03 p/sub/deep
	git -C p add .
	git -C p commit -qm x
	cp -a p plain
	picture p >before
	tried git mv sub moved
	tried sudo perl -e 'rename "shut", "closed" or die "$!"; rename "closed/in", "closed/on" or die "$!"'
	tried sudo perl -e 'rename "/etc/default", "/etc/other" or die "$!"; -d "/etc/other" && ! -e "/etc/default" or die'
	[ "$(tried stat -c '%a %y' moved/deep)" = "700 $(stat -c %y p/sub/deep)" ]
	[ "$(tried stat -c %h moved/file moved/same | tr "\n" " ")" = "2 2 " ]
	says_nothing tried find . /etc -name '.sandbox-rename*'
	picture p | diff before -
	sandbox diff p | grep -x "  D $T/p/sub/"
	sandbox diff p | grep -x "  A $T/p/moved/deep/er/file"
	git -C plain mv sub moved
	mv plain/shut plain/closed
	mv plain/closed/in plain/closed/on
	sandbox apply --yes p
	chmod 555 p/closed/on # it lets the owner in
	picture p | grep -v git/ >applied
	picture plain | grep -v git/ | diff - applied
	[ "$(git -C p status --short | head -n 3)" = "$(git -C plain status --short | head -n 3)" ]
	tried perl -e 'rename "moved", "again" or die "$!"'
	sandbox discard --quiet --force p
	[ "$(tried cat moved/file)" = host ]
}

@test "a directory can be renamed by every way of naming it; if it cannot, the kernel reports it and it stays intact" {
	mkdir -p p/{a,b,c,d,e,f/g,h,i,full,empty,x,y}
	for i in a b c d e f/g h i full x y; do echo "$i" >"p/$i/file"; done
	ln -s f p/way
	cat >p/ways.pl <<-'END'
		use strict;
		my ($renameat2, $cwd, $top) = (316, -100, POSIX::getcwd());
		sub same { my ($is, $is_to) = @_; $is eq $is_to or die "'$is', not '$is_to', at " . (caller)[2] }
		sub moved { my ($from, $to) = @_; rename $from, $to or die "$from: $!" }
		sub not_moved { my ($from, $to, $why) = @_; rename $from, $to and die "$from"; same "$!", $why }
		sub text { open my $f, "<", shift or die "$!"; my $line = <$f>; chomp $line; $line }
		moved "a/", "a2///";                        same text("a2/file"), "a";
		moved "way/g", "$top/way/../g2";       same text("g2/file"), "f/g";
		moved "b", "empty";                         same text("empty/file"), "b";
		chdir "c" or die;
		moved "../c", "../c2";
		chdir $top or die;                     same text("c2/file"), "c";
		not_moved "d", "full", "Directory not empty";
		not_moved "d", "full/file", "Not a directory";
		not_moved "d", "no/where", "No such file or directory";
		not_moved "d", "/data/d", "Invalid cross-device link";
		not_moved "d", "d/e", "Invalid argument";
		not_moved "", "x2", "No such file or directory";
		not_moved "n" x 5000, "x2", "File name too long";
		for my $at (0, 1, 4095, -1, -4096) { syscall($renameat2, $cwd, $at, $cwd, $at, 0) == -1 or die; same "$!", "Bad address" }
		same text("d/file"), "d";
		if ((POSIX::uname())[4] eq "x86_64") {
			my ($x, $y) = ("x", "y");
			syscall($renameat2, $cwd, $x, $cwd, $y, 1) == -1 or die;
			same "$!", "File exists";
			syscall($renameat2, $cwd, $x, $cwd, $y, 2) == 0 or die "$!";
			same text("x/file") . text("y/file"), "yx";
			opendir my $dir, "." or die;
			my ($from, $to) = ("e", "e2");
			syscall($renameat2, fileno $dir, $from, fileno $dir, $to, 0) == 0 or die "$!";
			same text("e2/file"), "e";
		}
		my @children = map { my $n = $_; my $pid = fork; exit !rename "h", "h$n" unless $pid; $pid } 1 .. 8;
		my $won = 0;
		for (@children) { waitpid $_, 0; $won++ if $? == 0 }
		same $won, 1;
		same text(glob "h[1-8]/file"), "h";
	END
	# Paths with ".." are resolved again while anything on the machine is renamed; openat2(2).
	touch "$T/r"
	perl -e 'alarm 200; ($a, $b) = @ARGV; for (;;) { rename $a, $b; rename $b, $a }' "$T/r" "$T/s" 3>&- &
	tried perl -MPOSIX ways.pl
	kill $!
	tried sudo perl -e 'chroot "." or die; rename "/i", "/i2" or die "$!"; -e "/i2/file" or die'
	says_nothing tried find . -name '.sandbox-rename*'
	[ ! -e p/a2 ]
	[ "$(cat p/h/file)" = h ]
}

@test "a directory with a mount in it is not renamed and stays intact; so does one whose renaming process is killed" {
	mkdir -p p/big/{1,2,3} p/around/{a,m,z}
	for i in {1..300}; do echo "$i" >"p/big/$((i % 3 + 1))/$i"; done
	touch p/around/{a,z}/file
	project p $'[sandbox]\nlinger = 0\n[mounts]\n'"$T/p/around/m = ../data"
	[ "$(tried perl -e 'rename "around", "moved" or print "$!"')" = 'Invalid cross-device link' ]
	[ "$(tried find around -type f | sort)" = $'around/a/file\naround/m/file\naround/z/file' ]
	tried sh -c 'perl -e "rename q(big), q(moved)" & sleep 0.02; kill -9 $!; i=0
		until [ "$(find big moved -type f 2>/dev/null | wc -l)" = 300 ]; do [ $((i += 1)) -lt 300 ] || exit 1; sleep 0.1; done'
	says_nothing tried find . -name '.sandbox-rename*'
}

@test "project, mounts and caches are all there; writes stay in the box and are there the next time" {
	plant
	tried sh -c '[ "$PWD" = "$T/p" ] || cd '"$T/p"'
		echo box | tee file /data/file ~/.cache/it/x ~/own >/dev/null && rm -r sub && mkdir new'
	[ "$(cat p/file data/file p/sub/file)" = $'host\nhost\nhost' ]
	[ ! -e p/new ]
	says_nothing find "$XDG_DATA_HOME/sandbox/caches" -name x
	[ "$(tried sh -c 'cat file /data/file ~/.cache/it/x ~/own; ls')" = $'box\nbox\nbox\nbox\nfile\nnew\nsandbox.ini' ]
	unharmed
}

@test "a single file of the host is read-only, and so is what was read-only before" {
	[ "$(tried sh -c 'cat /one; echo x 2>/dev/null >/one || echo x 2>/dev/null >/ro/file || echo no')" = $'host\nno' ]
	[ "$(cat data/file)" = host ]
}

@test "it is a separate box beside the project's own, found by the project, and entered by its name" {
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo mine >~/mark'
	tried sh -c '[ ! -e ~/mark ] && echo trial >~/mark'
	[ "$(sandbox ls --names | sort)" = $'p\np-try' ]
	cd p
	[ "$(sandbox try --quiet -- cat "$HOME/mark")" = trial ]
	[ "$(sandbox enter --quiet -- cat "$HOME/mark")" = mine ]
	sandbox enter --quiet p-try -- sh -c 'cat ~/mark >file'
	[ "$(cat file)" = host ]
	sandbox rm --force p-try
	[ "$(sandbox try --quiet --accept -- sh -c 'ls ~')" = '' ]
	[ "$(sandbox enter --quiet -- cat "$HOME/mark")" = mine ]
}

@test "consent is asked for as by enter, naming try" {
	fails 125 "*asks for these of this machine: *: 'sandbox try --accept $T/p' to agree" sandbox try "$T/p" -- true
	says_nothing sandbox ls --names
}

@test "what the project's own box was given is not asked again, anything more is" {
	mkdir d
	project r $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../d'
	sandbox enter --quiet --accept "$T/r" -- true
	sandbox try --quiet "$T/r" -- touch /d/x
	[ ! -e d/x ]
	sandbox discard --quiet --force "$T/r"
	project r $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../d\n/t = ..'
	fails 125 "*more than before: /t = $T: 'sandbox try --accept $T/r' to agree" sandbox try "$T/r" -- true
}

@test "image, packages and steps are the project's; options are those of enter; status is the command's" {
	small_image
	project q $'[sandbox]\nimage = app:1\n[env]\nA = b\n[run]\n1 = echo step >/step'
	run -3 --separate-stderr sandbox try --accept --env C=d --workdir /bin --network none "$T/q" -- sh -c 'cat /step; echo $A$C $PWD; exit 3'
	[ "$output" = $'step\nbd /bin' ]
	[ "$(sandbox try --quiet --network none --root "$T/q" -- id -u)" = 0 ]
	fails 125 "*box 'q-try' was made from image 'app:1', not from 'host': 'sandbox discard' to change it*" sandbox try --image host "$T/q" -- true
}

@test "protected paths are overlays too: writes do not reach them, and none are created" {
	project p $'[sandbox]\nprotect = .git/hooks .envrc'
	mkdir -p p/.git
	tried sh -c 'mkdir -p .git/hooks && echo evil | tee .git/config .git/hooks/x .envrc >/dev/null'
	says_nothing ls p/.git
	[ ! -e p/.envrc ]
}

@test "nor does matrix with a protecting profile write to the project" {
	project p $'[sandbox]\nprotect = .git/hooks\n[matrix]\na = host'
	mkdir -p p/.git/hooks
	sandbox matrix "$T/p" -- sh -c 'echo evil >.git/config'
	[ ! -e p/.git/config ]
}

@test "the host's home contains the boxes themselves: it is refused by name" {
	export XDG_DATA_HOME=$HOME/.local/share
	project q $'[sandbox]\nhome = host'
	fails 125 "*'$HOME' cannot be an overlay: what boxes write is kept in it, in '*" sandbox try --accept "$T/q" -- true
	remove_boxes
	export XDG_DATA_HOME=$T/xdg/data
	echo host >home/file
	[ "$(sandbox try --quiet --accept "$T/q" -- sh -c 'echo box >~/file; cat ~/file')" = box ]
	[ "$(cat home/file)" = host ]
}

@test "a directory that was replaced by another does not show changes made to the old one" {
	tried sh -c 'echo box >/data/file'
	mkdir other
	echo other >other/file
	wait_until 50 no_processes # a box that still runs has the old mounts
	sed -i 's|/data = ../data|/data = ../other|' p/sandbox.ini
	[ "$(tried cat /data/file)" = other ]
	wait_until 50 no_processes
	sed -i 's|/data = ../other|/data = ../data|' p/sandbox.ini
	[ "$(tried cat /data/file)" = box ]
}

@test "two concurrent starts of a trial get the same one" {
	local sessions=()
	for i in 1 2 3; do
		tried sh -c "touch $i; sleep 0.3" &
		sessions+=($!)
	done
	wait "${sessions[@]}"
	[ "$(sandbox ls --names)" = p-try ]
	[ "$(tried ls)" = $'1\n2\n3\nfile\nsandbox.ini\nsub' ]
}

@test "refused: a data directory that could not keep the changes, and a root of another user" {
	unshare -Urm true 2>/dev/null || skip 'no mounts in a user namespace here'
	project q
	mkdir lower upper
	unshare -Urm bash -ec 'mount -t tmpfs none upper; mkdir upper/{u,w}
		mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper/u,workdir=upper/w none lower
		export XDG_DATA_HOME=$PWD/lower
		if sandbox try ./q -- true 2>err; then false; fi
		sandbox rm -f q-try'
	grep -q "the data directory '$T/lower/sandbox' is on an overlay, where nothing that is tried could be kept" err
	am_root && return
	fails 125 "*nothing can be tried in image 'dir:/usr': it is not yours, and read-only" sandbox try --image dir:/usr "$T/q" -- true
}
