#!/usr/bin/env bats
# Tricks of an untrusted project to get around consent, or around protection.

load helpers
load screen

setup() {
	sandbox_setup
	mkdir -m 0700 "$T/private"
	echo secret >"$T/private/key"
}

teardown() {
	screen_close
	sandbox_teardown
}

@test "protect can only name paths of the project, and mounts nothing else" {
	# shellcheck disable=SC2088 # not meant to expand
	for path in ../private/key .. ../.. . ./ "$T/private" /etc '~/x' a/../../private; do
		project p $'[sandbox]\nprotect = '"$path"
		mkdir -p p/private "p$T/private"
		fails 125 "*sandbox.ini:2: *'$path' is not a path in the project*" sandbox enter --accept "$T/p" -- true
	done
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\nprotect = ../x\n' >"$HOME/.config/sandbox/sandbox.conf"
	project q
	fails 125 "*sandbox.conf:2*'../x' is not a path in the project*" sandbox enter "$T/q" -- true
}

@test "a file of the project named like a variable is still a file of the project" {
	project p $'[sandbox]\ninclude = ./SANDBOX_x.ini ./flag'
	printf '[sandbox]\nhome = host\n' >p/SANDBOX_x.ini
	printf '[sandbox]\nnested = yes\n' >p/flag
	cd p
	fails 125 '*asks for these of this machine: *home = host*' sandbox enter -- true
	fails 125 '*asks for these of this machine: *nested = yes*' sandbox enter -- true
}

@test "an image that was a directory of the project and has become a symlink needs consent" {
	mkdir -p p/root/bin
	cp "$(command -v busybox)" p/root/bin/
	ln -s busybox p/root/bin/sh
	project p $'[sandbox]\nlinger = 0\nimage = dir:./root'
	sandbox enter --quiet "$T/p" -- /bin/sh -c true
	mv p/root p/old
	ln -s "$T/private" p/root
	fails 125 "*more than before: image = dir:$T/private: *" sandbox enter "$T/p" -- /bin/sh -c true
	# Whatever the file asks for now: the box is made from its original image.
	project p $'[sandbox]\nlinger = 0\nimage = host\n[mounts]\n/bin = ./old/bin'
	run sandbox enter "$T/p" -- /bin/sh -c 'cat /key'
	[[ $output = *"more than before: image = dir:$T/private: "* ]]
}

@test "a directory named by a flag is the user's own word, at the next start too" {
	mkdir -p root/bin
	cp "$(command -v busybox)" root/bin/
	ln -s busybox root/bin/sh
	project p $'[sandbox]\nlinger = 0'
	sandbox enter --quiet --image "dir:$T/root" "$T/p" -- /bin/sh -c true
	run -0 sandbox enter "$T/p" -- /bin/sh -c 'echo in'
	[[ $output = *in ]]
}

@test "a granted line stays one line, whatever a path contains" {
	d=$'x\nhome = host\ny'
	mkdir -p "$d"
	echo hi >"$d/f"
	ln -s "$T/$d/f" s
	project p $'[sandbox]\nlinger = 0\nsecrets = ../s'
	[ "$(sandbox enter --quiet --accept "$T/p" -- cat /run/secrets/s)" = hi ]
	# And it is not asked again.
	sandbox enter --quiet "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\nhome = host'
	fails 125 '*more than before: home = host: *' sandbox enter "$T/p" -- true
}

@test "a grant ends with the line it was for" {
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../private'
	sandbox enter --quiet --accept "$T/p" -- true
	project p $'[sandbox]\nlinger = 0'
	sandbox enter --quiet "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/d = ../private'
	fails 125 "*more than before: /d = $T/private: *" sandbox enter "$T/p" -- true
	# A flag of one call removes nothing.
	project q $'[sandbox]\nlinger = 0\nnetwork = host'
	sandbox enter --quiet --accept "$T/q" -- true
	sandbox enter --quiet --network none "$T/q" -- true
	sandbox enter --quiet "$T/q" -- true
}

@test "changing a symlink while the question is open gains nothing: matrix and dotfiles" {
	mkdir public
	echo public >public/file
	ln -s public link
	project p $'[mounts]\n/s = ../link ro'
	screen_open
	type_line "sandbox matrix --image a=host $T/p -- sh -c 'ls /s'"
	screen_shows 'let it have them'
	ln -sfn private link
	type_line yes
	screen_shows 'ENVIRONMENT'
	run ! grep -rqs -e '^key' "$XDG_DATA_HOME/sandbox/matrix"
	# It is resolved once: what the question showed is what is mounted.
	grep -rqsx file "$XDG_DATA_HOME/sandbox/matrix"
	outer_prompt
	ln -sfn public link
	project q $'[sandbox]\nlinger = 0\ndotfiles = ../link'
	type_line "clear; sandbox enter $T/q -- sh -c 'ls ~'"
	screen_shows 'dotfiles = '
	chmod 0755 private
	chmod 0644 private/key
	ln -sfn private link
	type_line yes
	screen_shows 'are not those that were asked for'
	screen_close
	run ! grep -qx q < <(sandbox ls --names)
	run ! grep -rqs secret "$XDG_DATA_HOME/sandbox/boxes"
}

@test "a second mount of the project does not expose protected files as writable" {
	mkdir -p p/.git/hooks p/sub/deep
	project p $'[sandbox]\nlinger = 0\nprotect = .git/hooks sub/deep\n[mounts]\n/alt = .\n/git = ./.git\n/hooks = ./.git/hooks\n/sub = ./sub'
	run sandbox enter "$T/p" -- sh -c '
		for d in .git/hooks /alt/.git/hooks /git/hooks /hooks /sub/deep /alt/sub/deep; do
			touch $d/evil 2>/dev/null && echo "$d"; mv $d $d.x 2>/dev/null && echo "moved $d"; done
		mv /alt/.git /alt/x 2>/dev/null && echo moved; touch /alt/fine /git/fine /sub/fine'
	[ "$output" = '' ]
	[ -e p/fine ]
	[ -e p/.git/fine ]
	[ -e p/sub/fine ]
	project p $'[sandbox]\nlinger = 0\nproject = no\nprotect = .git/hooks\n[mounts]\n/alt = .'
	run sandbox enter "$T/p" -- touch /alt/.git/hooks/evil
	[ "$status" != 0 ]
	says_nothing ls p/.git/hooks
}

@test "protection does not hide what was mounted on top of the project" {
	mkdir -p "$HOME/p/.git/hooks" "$HOME/p/conf" "$HOME/p/build"
	echo host >"$HOME/p/conf/file"
	printf '[sandbox]\nlinger = 0\nhome = host\nprotect = .git/hooks\n[mounts]\n%s = ./conf ro\n%s = tmpfs\n' "$HOME/p/conf" "$HOME/p/build" >"$HOME/p/sandbox.ini"
	run sandbox enter --quiet --accept "$HOME/p/" -- sh -c 'touch build/x conf/x; touch .git/hooks/x'
	[ "$status" != 0 ]
	[ ! -e "$HOME/p/build/x" ]
	[ ! -e "$HOME/p/conf/x" ]
	[ ! -e "$HOME/p/.git/hooks/x" ]
	sandbox matrix --quiet --accept --image a=host "$HOME/p/" -- sh -c 'echo x >written' >/dev/null
	[ ! -e "$HOME/p/written" ]
}

@test "a project without network needs consent before its steps get one" {
	project p $'[sandbox]\nlinger = 0\nnetwork = none\n[run]\n1 = true'
	fails 125 "*asks for these of this machine: network = gateway, for \\[packages] and \\[run]: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\nnetwork = none'
	sandbox enter --quiet "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\nnetwork = none\n[run]\n1 = true'
	fails 125 "*more than before: network = gateway, for*" sandbox enter --rebuild "$T/p" -- true
}

@test "a long list cannot hide new lines at its end" {
	mkdir -p p/.git/hooks
	long=$(seq -f 'none/folder%04g' 600 | tr '\n' ' ')
	project p $'[sandbox]\nprotect = '"$(fold -w 150 -s <<<"$long" | sed '2,$s/^/  /')"
	sandbox enter --quiet "$T/p" -- true
	project p $'[sandbox]\nprotect = '"$(fold -w 150 -s <<<"$long .git/hooks" | sed '2,$s/^/  /')"
	# The lingering box is not the one that is asked about.
	run sandbox enter "$T/p" -- touch .git/hooks/evil
	[ "$status" != 0 ]
	[ ! -e p/.git/hooks/evil ]
}

@test "the .git of a worktree, and a missing one, are protected as well" {
	echo 'gitdir: /elsewhere' >a.git
	for name in p q; do
		project $name $'[sandbox]\nlinger = 0\nprotect = .git/hooks .git/config .envrc'
	done
	cp a.git p/.git
	for name in p q; do
		run sandbox enter "$T/$name" -- sh -c '
			rm -rf .git 2>/dev/null; mkdir -p .git/hooks 2>/dev/null; echo evil >.git/hooks/x
			git init -q . ; echo evil >.envrc; echo evil >.git/config; true'
	done
	[ "$(cat p/.git)" = 'gitdir: /elsewhere' ]
	says_nothing ls -A q/.git
	[ ! -s q/.envrc ]
	[ -f q/.envrc ]
}

@test "a protection added while somebody uses the box is an error, not ignored" {
	mkdir -p p/.git/hooks "$HOME/.config/sandbox"
	project p
	sandbox enter --quiet "$T/p" -- sh -c 'echo in; exec sleep 60' >"$T/in" 2>&1 3>&- &
	wait_until 50 grep -q in "$T/in"
	project p $'[sandbox]\nprotect = .git/hooks'
	fails 125 "*box 'p' runs, and not yet with 'protect' as it is now: 'sandbox stop p' first" sandbox enter "$T/p" -- true
	fails 125 "*box 'p' runs, and not yet with 'protect' as it is now: 'sandbox stop p' first" sandbox exec p true
	project p
	sandbox exec p true
	printf '[policy]\ndeny = network\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*box 'p' runs, and not yet with 'network' as it is now: *" sandbox enter "$T/p" -- true
	rm "$HOME/.config/sandbox/sandbox.conf"
	project p $'[sandbox]\nssh-agent = yes'
	run sandbox enter "$T/p" -- true
	[[ $output = *'started with other settings (ssh-agent)'* ]]
	sandbox stop p
	# If nobody uses it, it is started again.
	project p
	sandbox enter --quiet "$T/p" -- true
	project p $'[sandbox]\nprotect = .git/hooks'
	run sandbox enter --quiet "$T/p" -- touch .git/hooks/evil
	[ "$status" != 0 ]
	[ ! -e p/.git/hooks/evil ]
}

@test "a directory's name reaches the terminal only as text" {
	d=$'p\e[8mhidden'
	project "$d" $'[sandbox]\nhome = host'
	screen_open
	type_line "sandbox enter $T/p*hidden -- true"
	screen_shows 'let it have them'
	screen | tr -d '\n' | grep -iF '\x1B[8mhidden'
	type_line no
	screen_close
}
