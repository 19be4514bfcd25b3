#!/usr/bin/env bats
# bats file_tags=disk
# sandbox diff: the changes in a box.

load helpers
load images
load screen

setup() {
	sandbox_setup
	mkdir -p p/sub/deep p/op p/.git/hooks
	echo host | tee p/file p/same p/sub/gone p/op/kept p/op/lost >/dev/null
	project p $'[sandbox]\nlinger = 0\nproject = /p'
}

teardown() {
	screen_close
	sandbox_teardown
}

tried() { sandbox try --quiet --accept "$T/p" -- "$@"; }
changes() { sandbox diff "$T/p" "$@"; }

@test "a box in which nothing was done has no changes, with mounts of every kind" {
	mkdir data
	project p $'[sandbox]\nlinger = 0\nhostname = other\nproject = /deep/in/p\n[mounts]\n/data/a = ../data\n/f/g = ../data/../p/file ro\n/t/t = tmpfs\n~/.cache/x = cache:x'
	sandbox enter --quiet --accept "$T/p" -- true
	says_nothing changes
	tried true
	says_nothing changes
	[ "$(sandbox diff --json "$T/p")" = '[]' ]
}

@test "added, modified, deleted; directories with their content; symlinks with their targets; a mark for what the host runs later" {
	tried sh -c 'echo box >>file; touch same; rm -r sub; mkdir -p new/in; echo n >new/in/f; ln -s /etc/passwd new/ln
		rm -r op; mkdir op; echo host >op/kept; echo evil >.git/hooks/pre-commit; chmod 755 /p/sandbox.ini
		mkdir -p ~/.config/systemd; echo u >~/.config/systemd/u'
	sandbox exec --start p-try sudo sh -c 'echo c >/etc/new.conf'
	[ "$(changes -- /p /etc)" = "\
  A /etc/new.conf
! A /p/.git/hooks/pre-commit
  M /p/file
  A /p/new/
  A /p/new/in/
  A /p/new/in/f
  A /p/new/ln -> /etc/passwd
  D /p/op/lost
  M /p/sandbox.ini
  D /p/sub/" ]
	[ "$(changes -- "$HOME/")" = "\
  A $HOME/.config/
! A $HOME/.config/systemd/
! A $HOME/.config/systemd/u" ]
}

@test "image and prepared layers are the base of comparison; deletions of their files are shown" {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('srv/d'), F('etc/who', b'image'), F('srv/d/f', b'image'), F('srv/d/g', b'image')]]}"
	sandbox image import --quiet "$T/app" app:1
	project q $'[sandbox]\nimage = app:1\nlinger = 0\n[run]\n1 = echo step >/srv/step; rm /srv/d/g'
	sandbox enter --quiet --accept "$T/q" -- true
	says_nothing sandbox diff "$T/q"
	sandbox enter --quiet --root "$T/q" -- sh -c 'rm /srv/step; rm -r /srv/d; mkdir /srv/d; echo new >/srv/d/h; ln -sf /x /etc/who; echo "bob:x:9:9::/:" >>/etc/passwd'
	[ "$(sandbox diff "$T/q")" = "\
  A /etc/passwd
  M /etc/who -> /x
  D /srv/d/f
  A /srv/d/h
  D /srv/step" ]
}

@test "--json has the same content, and more" {
	tried sh -c 'rm file; ln -s there ln; chmod 4711 same; mkfifo .envrc; mkdir .zed; echo >.zed/tasks.json'
	sandbox diff --json "$T/p" | python3 -c '
import json, sys
got = {c["path"]: c for c in json.load(sys.stdin)}
assert got["/p/file"]["change"] == "deleted" and got["/p/file"]["type"] == "file"
assert got["/p/ln"]["link"] == "there" and got["/p/ln"]["type"] == "link"
assert got["/p/same"]["change"] == "modified" and got["/p/same"]["mode"] == 0o711
assert got["/p/.envrc"]["run"] and got["/p/.envrc"]["type"] == "FIFO"
assert got["/p/.zed/tasks.json"]["run"] and not got["/p/ln"]["run"]
assert all(c["host"] == sys.argv[1] for c in got.values())' "$T/p"
}

@test "--patch is accepted by patch(1); binary files differ; anything but a file is a comment" {
	cp -a p before
	tried sh -c 'echo box >>file; rm sub/gone; mkdir n; echo new >n/f; printf "\0\1" >bin; ln -s x ln'
	sandbox diff --patch "$T/p" >all.patch
	grep -qx 'Binary files /dev/null and b/p/bin differ' all.patch
	grep -qx '#   A /p/ln -> x' all.patch
	patch -s -d before -p2 <all.patch
	[ "$(cat before/file before/n/f)" = $'host\nbox\nnew' ]
	[ ! -e before/sub/gone ]
	[ "$(sandbox diff --patch "$T/p" -- /p/n | tail -1)" = +new ]
	fails 125 '*cannot be used together*' sandbox diff --patch --json "$T/p"
}

@test "hostile names and contents are quoted on one line" {
	tried sh -c 'd=$(printf "a\n\033]0;evil\007"); mkdir "$d"; printf "\033[2J\n" >"$d/f"; n=$(printf "%0250d" 0); echo long >$n; ln -s "$(printf "\033c")" ln'
	run -0 changes
	[[ $output = *$'\n  A /p/a\\n\\x1b]0;evil\\x07/\n'* ]]
	[[ $output = *$'\n  A /p/ln -> \\x1bc'* ]]
	[[ $output != *$'\033'* ]]
	# The original bytes, for patch(1); not on a terminal.
	[[ $(sandbox diff --patch "$T/p") = *$'+\033[2J'* ]]
	[[ $(on_terminal "sandbox diff --patch '$T/p'") != *$'\033[2J'* ]]
}

@test "FIFOs, sockets and devices are listed and never block; inaccessible directories are reported" {
	tried sh -c 'mkfifo ff; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\"s\")"; mkdir shut; touch shut/f; chmod 0 shut'
	run -0 --separate-stderr timeout 60 sandbox diff "$T/p"
	[[ $output = *'  A /p/ff (FIFO)'*'  A /p/s (socket)'*'  A /p/shut/'* ]]
	am_root || [[ $stderr = *"cannot read 'shut' of the box"* ]]
	timeout 60 sandbox diff --patch "$T/p" >/dev/null
}

# bats test_tags=once
@test "endlessly nested directories are reported, and do not end the listing" {
	tried python3 -c '
import os
for i in range(3000): os.mkdir("d"); os.chdir("d")'
	tried touch last
	run -0 --separate-stderr sandbox diff "$T/p"
	[[ $output = *'  A /p/last' ]]
	[[ $stderr = *'File name too long'* ]]
}

@test "a trial takes precedence over the project's box; both can be named; a directory without either is an error" {
	sandbox enter --quiet "$T/p" -- sh -c 'touch ~/mine'
	[ "$(changes)" = "  A $HOME/mine" ]
	tried sh -c 'touch ~/trial'
	[ "$(changes)" = "  A $HOME/trial" ]
	[ "$(sandbox diff p)" = "  A $HOME/mine" ]
	project q
	fails 125 "*directory '$T/q' has no box yet*" sandbox diff "$T/q"
	fails 125 "there is no box named 'p-tr', did you mean 'p-try'*" sandbox diff p-tr
}

@test "a running box is shown as it is now; a throw-away box keeps nothing" {
	sandbox try --quiet "$T/p" -- sh -c 'echo x >now; touch ~/ready; exec sleep 60' &
	session=$!
	wait_until 50 sh -c "sandbox diff '$T/p' 2>/dev/null | grep -q ready"
	[[ $(changes) = *'  A /p/now'* ]]
	sandbox stop --time 0 p-try
	wait_for $session
	sandbox run --quiet --detach --name t host sleep 60
	fails 125 "box 't' is a throw-away box*" sandbox diff t
}
