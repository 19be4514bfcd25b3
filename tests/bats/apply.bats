#!/usr/bin/env bats
# bats file_tags=disk
# sandbox apply: copies the changes of a box to the host, or packs them; hostile code wrote them.

load helpers
load oracle
load screen

setup() {
	sandbox_setup
	mkdir -p p/sub p/op data
	echo host | tee data/file p/file p/same p/sub/gone p/op/kept p/op/lost >/dev/null
	project p $'[sandbox]\nlinger = 0\nproject = /p\n[mounts]\n/data = ../data'
	plant
}

teardown() {
	screen_close
	clear_canaries
	sandbox_teardown
}

tried() { sandbox try --quiet --accept "$T/p" -- "$@"; }
applied() { sandbox apply --quiet --yes "$T/p" >listed; }

# Lists every file of a tree with its content, symlinks as symlinks.
content() { (cd "$1" && find . -printf '%P %y %m %l\n' | sort && find . -type f | sort | xargs -d '\n' cat); }

no_temporaries() { says_nothing find p data -name '.sandbox-*'; }

@test "each overlay goes to the directory it came from, with consent, and is then empty; the box's own files stay" {
	tried sh -c 'echo box | tee file /data/file >/dev/null; rm -r sub; mkdir -m 750 new; echo n >new/f; chmod 755 new/f
		rm -r op; mkdir op; echo host >op/kept; ln -s /etc/passwd ln; chmod 600 same; echo mine >~/own'
	run -125 --separate-stderr sandbox apply "$T/p"
	echo "$output" >listed
	[[ $stderr = *'no terminal to ask on, so nothing was applied: add --yes'* ]]
	[ "$(cat p/file)" = host ]
	[ -e p/sub/gone ]
	[ "$(cat listed)" = "\
  M $T/data/file
  M $T/p/file
  A $T/p/ln -> /etc/passwd
  A $T/p/new/
  A $T/p/new/f
  D $T/p/op/lost
  M $T/p/same
  D $T/p/sub/" ]
	applied
	[ "$(cat p/file data/file p/new/f)" = $'box\nbox\nn' ]
	[ ! -e p/sub ]
	[ ! -e p/op/lost ]
	[ -e p/op/kept ]
	[ "$(stat -c %a p/new p/new/f p/same | paste -sd' ')" = '750 755 600' ]
	[ "$(readlink p/ln)" = /etc/passwd ]
	[ "$(sandbox diff "$T/p")" = "  A $HOME/own" ]
	[ "$(sandbox apply --yes "$T/p" 2>&1)" = $'sandbox: 1 changes are in the box\'s own files and stay there: --from and --to apply them to a directory of the host\nsandbox: there is nothing to apply' ]
	# The trial continues on top of what was applied.
	[ "$(tried sh -c 'cat file ~/own; [ ! -e sub ]')" = $'box\nmine' ]
	no_temporaries
	unharmed
}

@test "--dry-run lists and changes nothing; on a terminal it asks" {
	tried sh -c 'echo box >file'
	[ "$(sandbox apply --dry-run "$T/p")" = "  M $T/p/file" ]
	[ "$(cat p/file)" = host ]
	screen_open
	type_line "sandbox apply '$T/p'"
	screen_shows 'apply all of this\?'
	type_line no
	screen_shows 'nothing was applied'
	[ "$(cat p/file)" = host ]
	type_line "clear; sandbox apply '$T/p'"
	screen_shows 'apply all of this\?'
	type_line yes
	wait_until 50 grep -q box p/file
}

@test "--from and --to copy one directory beneath another; deletions are left out, unless the file came from there" {
	mkdir -p staging/bin staging/share target/share/man
	echo old | tee staging/share/old target/share/old >/dev/null
	echo '/usr/local = ../staging' >>p/sandbox.ini
	tried sh -c 'echo tool >/usr/local/bin/tool; chmod 755 /usr/local/bin/tool; rm /usr/local/share/old; mkdir -p /usr/local/share/man/a; echo page >/usr/local/share/man/a/b'
	run -0 --separate-stderr sandbox apply --yes --from /usr/local/ --to "$T/target" "$T/p"
	[ "$output" = "\
  A $T/target/bin/tool
  A $T/target/share/man/a/
  A $T/target/share/man/a/b" ]
	[[ $stderr = *"left out: '/usr/local/share/old' is deleted only in the box"* ]]
	[ "$(cat target/bin/tool target/share/man/a/b target/share/old)" = $'tool\npage\nold' ]
	[ -x target/bin/tool ]
	# A single file, into a directory that is created.
	sandbox apply --quiet --yes --from /usr/local/bin/tool --to "$T/one/two" "$T/p"
	[ "$(cat one/two/tool)" = tool ]
	# The box still has it; and a part of an overlay can go to its own place.
	sandbox diff "$T/p" | grep -q /usr/local/bin/tool
	sandbox apply --quiet --yes --from /usr/local/share --to "$T/staging/share" "$T/p"
	[ ! -e staging/share/old ]
	[ ! -e staging/bin/tool ]
	fails 125 '--from and --to must be used together' sandbox apply --from /usr "$T/p"
}

@test "a running box is refused; the box of enter has changes to apply too" {
	sandbox try --quiet --accept "$T/p" -- sh -c 'echo box >file; exec sleep 60' &
	session=$!
	wait_until 50 sh -c "sandbox diff '$T/p' 2>/dev/null | grep -q file"
	fails 125 "box 'p-try' is running: 'sandbox stop p-try' first" sandbox apply --yes "$T/p"
	sandbox stop --time 0 p-try
	wait_for $session
	applied
	[ "$(cat p/file)" = box ]
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo mine >~/own'
	sandbox apply --quiet --yes --from "$HOME" --to "$T/out" p
	[ "$(cat out/own)" = mine ]
}

@test "set-id bits are dropped; FIFOs, sockets and devices stay in the box, with a note; sparse files stay sparse" {
	tried sh -c 'cp /bin/true s; chmod 6755 s; mkdir -m 2777 d; mkfifo ff; truncate -s 1T sparse; printf x | dd of=sparse bs=1 seek=1G conv=notrunc 2>/dev/null
		python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"sock\")"'
	sandbox exec --start p-try sudo mknod /p/null c 1 3 || true
	run -0 --separate-stderr timeout 60 sandbox apply --yes "$T/p"
	[[ $stderr = *"left out: '/p/ff' is a FIFO"*"left out: '/p/sock' is a socket"* ]]
	[ "$(stat -c %a p/s p/d | paste -sd' ')" = '755 777' ]
	[ ! -e p/ff ]
	[ ! -e p/sock ]
	[ ! -c p/null ]
	[ "$(stat -c %s p/sparse)" = 1099511627776 ]
	[ "$(du -k p/sparse | cut -f1)" -lt 1000 ]
	[ "$(dd if=p/sparse bs=1 skip=1G count=1 2>/dev/null)" = x ]
}

@test "the longest names, with newlines and escapes, arrive unchanged and are listed quoted" {
	tried sh -c 'echo a >"$(printf "%0255d" 0)"; echo b >"$(printf "n\nl\033[2J")"; mkdir "$(printf "d\n")"; ln -s "$(printf "to\033")" ln'
	applied
	[ "$(cat p/"$(printf '%0255d' 0)")" = a ]
	[ "$(cat p/$'n\nl\033[2J')" = b ]
	[ -L p/ln ]
	run ! grep -q $'\033' listed
	no_temporaries
}

@test "a symlink applied in a first round is not followed in the second" {
	tried sh -c "ln -s $canary a; ln -s file l"
	applied
	[ "$(readlink p/a)" = "$canary" ]
	# The box has replaced it by a directory.
	tried sh -c 'rm a && mkdir a && echo evil >a/file; rm l && echo evil >l'
	run -125 --separate-stderr sandbox apply --yes "$T/p"
	[[ $stderr = *"cannot apply '/p/a' to '$T/p/a': it is a directory in the box, and none on the host"* ]]
	[ "$(cat p/file)" = host ]
	[ -L p/l ]
	tried sh -c 'rm -r a'
	tried sh -c 'rm l; echo plain >l'
	applied
	[ ! -L p/a ]
	[ "$(cat p/l)" = plain ]
	[ "$(cat p/file)" = host ]
	unharmed
}

@test "a directory of the host that was swapped for a symlink is not followed; nor is the target itself" {
	tried sh -c 'echo evil >sub/file; rm op/lost; echo box >file'
	mv p/sub real
	ln -s "$canary" p/sub
	fails 125 "*cannot apply '/p/sub' to '$T/p/sub': it is a directory in the box, and none on the host*" sandbox apply --yes "$T/p"
	[ "$(cat p/file)" = host ]
	[ -e p/op/lost ]
	rm p/sub
	mv real p/sub
	mv p/op real
	ln -s "$canary" p/op
	fails 125 "*cannot apply '/p/op' to '$T/p/op': *" sandbox apply --yes "$T/p"
	rm p/op
	mv real p/op
	mv data real
	ln -s "$canary" data
	fails 125 "*cannot use '$T/data': a symlink was put in its way" sandbox apply --yes "$T/p"
	unharmed
	rm data
	mv real data
	# Beneath another directory, where the box knows of no symlinks.
	mkdir out
	ln -s "$canary" out/sub
	fails 125 "*cannot apply '/p/sub/file' to '$T/out/sub/file': a symlink is on the way" sandbox apply --quiet --yes --from /p --to "$T/out" "$T/p"
	[ ! -e out/file ]
	applied
	[ "$(cat p/sub/file)" = evil ]
	unharmed
}

@test "a file where a directory is, and the reverse, are errors by name, before anything is changed" {
	tried sh -c 'rm -r sub; echo f >sub; echo box >file'
	fails 125 "*cannot apply '/p/sub' to '$T/p/sub': it is a directory on the host, and none in the box*" sandbox apply --yes "$T/p"
	[ "$(cat p/file)" = host ]
	[ -e p/sub/gone ]
	tried sh -c 'rm sub file; mkdir sub file; echo x >file/x; echo host >sub/gone'
	fails 125 "*cannot apply '/p/file' to '$T/p/file': it is a directory in the box, and none on the host*" sandbox apply --yes "$T/p"
	[ "$(cat p/file)" = host ]
}

@test "nothing is copied to where boxes are kept, whichever way the path leads there" {
	tried sh -c 'mkdir -p ~/data/sandbox/names ~/xdg; echo evil >~/data/sandbox/names/x; echo evil >~/sandbox'
	fails 125 "*cannot apply '$HOME/data/sandbox*: boxes are kept there" sandbox apply --yes --from "$HOME" --to "$T/xdg" "$T/p"
	[ ! -e "$XDG_DATA_HOME/sandbox/names/x" ]
}

# bats test_tags=once
@test "killed at any step it leaves old or new files, and repeating the command completes it" {
	local boxes=$XDG_DATA_HOME/sandbox/boxes
	tried sh -c 'for i in 1 2 3 4; do echo box >new$i; done; echo box >file; rm -r sub op; mkdir op d; echo host >op/kept; echo box >d/f; ln -s x ln'
	chmod -R u+rwx "$boxes"
	cp -a p before
	cp -a "$boxes" boxes-before
	applied
	content p >expected
	for call in openat2 renameat unlinkat mkdirat fchmod sendfile symlinkat; do
		# The later calls of unlinkat remove what was applied.
		for n in 1 2 3 5 8 $([ $call != unlinkat ] || seq 9 40); do
			rm -rf p "$boxes" "$XDG_DATA_HOME"/sandbox/tmp/*
			cp -a before p
			cp -a boxes-before "$boxes"
			strace -qq -o /dev/null -e trace=$call -e inject=$call:signal=KILL:when="$n" sandbox apply --quiet --yes "$T/p" >/dev/null 2>&1 3>&- || true
			for f in p/new* p/file p/d/f; do
				[ ! -e "$f" ] || [ "$f" = 'p/new*' ] || [[ $(cat "$f") = @(host|box) ]]
			done
			applied || says_nothing sandbox diff "$T/p"
			content p >got
			diff expected got
			no_temporaries
		done
	done
	rm -rf "$XDG_DATA_HOME"/sandbox/tmp/* # what sweeping takes a minute for
	unharmed
}

@test "a full target: old files stay as they were, and with space it continues" {
	unshare -Urm true 2>/dev/null || skip 'no mounts in a user namespace here'
	tried sh -c 'dd if=/dev/zero of="$HOME/big" bs=64k count=4 2>/dev/null; echo box >~/after; echo box >~/a'
	mkdir disk
	unshare -Urm bash -ec '
		mount -t tmpfs -o size=512k none disk
		echo host >disk/big
		head -c 320k /dev/zero >disk/full
		if sandbox apply --yes --from "$HOME" --to "$T/disk" "$T/p" >out 2>err; then false; fi
		[ "$(cat disk/big disk/a)" = $'\''host\nbox'\'' ]
		[ "$(ls -A disk)" = $'\''a\nafter\nbig\nfull'\'' ]
		rm disk/full
		sandbox apply --yes --from "$HOME" --to "$T/disk" "$T/p" >/dev/null
		[ "$(stat -c %s disk/big)" = 262144 ]'
	grep -q "not everything is applied: the same command continues: cannot write '$T/disk/big': No space left on device" err
}

@test "what cannot be read in the box is an error, not skipped" {
	tried sh -c 'mkdir shut; touch shut/f; chmod 0 shut; echo box >file'
	sandbox diff "$T/p" 2>/dev/null | grep -q /p/shut/
	if am_root; then # who reads all
		sandbox apply --quiet --yes "$T/p" >/dev/null
		[ "$(cat p/file)" = box ]
		[ -e p/shut/f ]
		return
	fi
	run -125 --separate-stderr sandbox apply --quiet --yes "$T/p"
	[[ $stderr = *"cannot read 'shut' of the box"*"so nothing is applied"* ]]
	[ "$(cat p/file)" = host ]
}

# bats test_tags=once
@test "a directory that cannot be read to its end is an error: nothing is applied, and everything stays" {
	tried sh -c 'mkdir -p new/deep; echo n >new/f; echo d >new/deep/f; echo box >file; rm -r sub'
	sandbox diff "$T/p" >before
	for errno in ENOMEM EMFILE EIO; do
		for n in {1..40}; do
			# shellcheck disable=SC2086 # words
			run --separate-stderr strace -f -qq -o /dev/null -e trace=getdents64 \
				-e inject=getdents64:error=$errno:when=$n sandbox apply --yes "$T/p"
			echo "call $n, $errno: status $status, $output, $stderr"
			[ "$status" != 0 ] || break
			[[ $stderr = *"sandbox: "* ]]
			# Before the first change, or after everything was applied and the trial is
			# emptied.
			[ "$(cat p/file)" = host ] || break 2
			[ ! -e p/new ]
			[ "$(sandbox diff "$T/p")" = "$(cat before)" ]
			# Nor is it discarded without a question.
			run ! strace -f -qq -o /dev/null -e trace=getdents64 -e inject=getdents64:error=$errno:when=1+ sandbox discard "$T/p"
			[ "$(sandbox diff "$T/p")" = "$(cat before)" ]
			[ $errno = EIO ] || break
		done
	done
	[ "$n" -gt 3 ]
	sandbox apply --quiet --yes "$T/p" >/dev/null
	[ "$(cat p/new/deep/f p/file)" = $'d\nbox' ]
	[ ! -e p/sub ]
}

@test "--tar: relative paths, whiteouts, owner root, time 0; the same changes give the same bytes" {
	tried sh -c 'mkdir new; echo n >new/f; chmod 4755 new/f; rm -r sub; ln -s /etc/passwd ln; mkfifo ff; echo x >.wh.file; echo long >"$(printf "%0200d" 0)"'
	run -0 --separate-stderr sandbox apply --tar one.tar "$T/p"
	[[ $stderr = *"left out: '/p/.wh.file' has the name of a whiteout"*"left out: '/p/ff' is a FIFO"* ]]
	sleep 1
	sandbox apply --quiet --tar - "$T/p" >two.tar
	cmp one.tar two.tar
	[ "$(tar tf one.tar)" = "$(printf '%s\n' "p/$(printf '%0200d' 0)" p/ln p/new/ p/new/f p/.wh.sub)" ]
	[ "$(tar tvf one.tar --numeric-owner --utc | awk '{ print $2, $4 }' | sort -u)" = '0/0 1970-01-01' ]
	[[ $(tar tvf one.tar p/new/f) = '-rwxr-xr-x '* ]]
	[ "$(sandbox apply --quiet --tar - --from /p/new "$T/p" | tar t)" = f ]
	[ "$(cat p/file)" = host ]
	[ -e p/sub/gone ]
	fails 125 '--tar can only be used with --from' sandbox apply --tar x --yes "$T/p"
	fails 125 "*cannot write '/nowhere/x.tar'*" sandbox apply --quiet --tar /nowhere/x.tar "$T/p"
}
