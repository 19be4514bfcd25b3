#!/usr/bin/env bats
# A grant that outlives what it was given to, and restrictions removed by an edit from inside.

load ../bats/helpers
load ../bats/screen

setup() {
	sandbox_setup
	mkdir "$T/data"
	echo secret >"$T/data/file"
}

teardown() {
	screen_close
	sandbox_teardown
}

in_p() { sandbox enter --quiet "$T/p" -- "$@"; }

@test "files that restrict the inside cannot be written from inside if anything is protected" {
	for profile in agent build install; do
		rm -rf p
		project p $'[sandbox]\nprofile = '$profile$', ./more.ini\ninclude = ./conf/deep/own.ini\nlinger = 0\nproject = '"$T/p"
		mkdir -p p/conf/deep p/.git
		printf '[env]\nA = b\n' | tee p/more.ini >p/conf/deep/own.ini
		printf 'version 1\nmachine %s\ntime 2026-11-24T10:00:00Z\nimage host -\n' "$(uname -m)" >p/sandbox.lock
		before=$(tar -c --sort=name --mtime=@0 --exclude='.*' p | sha256sum)
		# shellcheck disable=SC2016 # the inner shell expands it
		run in_p sh -c '
			for f in sandbox.ini sandbox.lock more.ini conf/deep/own.ini; do
				echo evil >>$f; rm -f $f; mv $f x; cp /dev/null y && mv y $f; ln -sf /etc/passwd $f; sed -i s/a/b/ $f; rm -rf x y
			done
			mv conf x; rm -rf x; mv conf/deep x; rm -rf x conf; chmod 777 sandbox.ini; true'
		[ "$before" = "$(tar -c --sort=name --mtime=@0 --exclude='.*' p | sha256sum)" ] || {
			ls -lR p
			cat p/sandbox.ini
			false
		}
		sandbox rm --force p
	done
}

@test "losing a protection needs consent, however it is lost" {
	project p $'[sandbox]\nprofile = agent\nlinger = 0\nsudo = no'
	in_p true
	for file in $'[sandbox]\nprofile = dev\nlinger = 0\nsudo = no' $'[sandbox]\nlinger = 0\nsudo = no' \
		$'[sandbox]\nlinger = 0\nsudo = no\nprotect = .git/hooks .envrc' $'[sandbox]\nprofile = c\nsudo = no'; do
		project p "$file"
		fails 125 "*asks for these of this machine, more than before: *no longer: protect = .*" sandbox enter "$T/p" -- true
	done
	rm p/sandbox.ini
	fails 125 "*more than before: *no longer: sudo = no*" sandbox enter "$T/p" -- true
	fails 125 "*more than before: *no longer: protect = *" sandbox try "$T/p" -- true
	fails 125 "*more than before: *no longer: protect = *" sandbox enter --rebuild "$T/p" -- true
	fails 125 "*more than before: *no longer: protect = *" sandbox matrix --image host "$T/p" -- true
	fails 125 "*more than before: *no longer: protect = *" sandbox exec --start "$T/p" true
	# More protection, or another spelling, needs none.
	project p $'[sandbox]\nprofile = agent\nlinger = 0\nsudo = no\nprotect = src .//.git/'
	in_p true
	# Once agreed to, it is not asked again; if it is restored, it binds again.
	project p $'[sandbox]\nlinger = 0\nsudo = no'
	sandbox enter --quiet --accept "$T/p" -- true
	in_p true
	project p $'[sandbox]\nprofile = agent\nlinger = 0\nsudo = no'
	in_p true
	project p $'[sandbox]\nlinger = 0\nsudo = no'
	fails 125 "*more than before: *no longer: protect = *" sandbox enter "$T/p" -- true
}

@test "a network that was off, a project that was hidden and a part that was read-only need consent" {
	mkdir -p p/src p/conf
	project p $'[sandbox]\nprofile = install\nlinger = 0\n[mounts]\n/src = . ro'
	in_p true
	project p $'[sandbox]\nprofile = install\nlinger = 0\n[mounts]\n/src = .'
	fails 125 "*more than before: shown /src = $T/p: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nprofile = install\nlinger = 0\n[mounts]\n/src = . ro\n/w = ./src'
	fails 125 "*more than before: shown /w = $T/p/src: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nprofile = install\nlinger = 0\nproject = /work\n[mounts]\n/src = . ro'
	fails 125 "*more than before: no longer: project = no: *" sandbox enter "$T/p" -- true
	project p $'[sandbox]\nprofile = install\nnetwork = host\nlinger = 0\n[mounts]\n/src = . ro'
	fails 125 "*more than before: network = host: *" sandbox enter "$T/p" -- true
	# The same settings after rm, and in a rebuilt box.
	sandbox rm p
	project p
	fails 125 "*asks for these of this machine: network = gateway; no longer: *" sandbox enter "$T/p" -- true
	rm p/sandbox.ini
	fails 125 "*asks for these of this machine: network = gateway; no longer: *" sandbox enter "$T/p" -- true
	project q "[sandbox]"$'\nlinger = 0\n[mounts]\n'"$T/q/conf = ./conf ro"$'\n'"$T/q/hidden = tmpfs"
	mkdir -p q/conf q/hidden
	sandbox enter --quiet "$T/q" -- true
	project q $'[sandbox]\nlinger = 0'
	fails 125 "*more than before: no longer: $T/q/conf = ro; no longer: $T/q/hidden = ro: *" sandbox enter "$T/q" -- true
}

@test "exposing what a mount hid of another mount, or of the host's home, needs consent" {
	mkdir -p data/keys home/.ssh
	echo secret | tee data/keys/a home/.ssh/a >/dev/null
	local show=$'[sandbox]\nlinger = 0\nhome = host\n[mounts]\n/data = ../data\n/alone = tmpfs\n'
	project p "$show"$'/data/keys = tmpfs\n~/.ssh = tmpfs\n/data/ro = ../data/keys ro'
	sandbox enter --quiet --accept "./p" -- true
	project p "$show"
	fails 125 "*more than before: no longer: /data/keys = ro; no longer: $T/home/.ssh = ro; no longer: /data/ro = ro (3 things): *" sandbox enter "$T/p" -- true
	# Moved elsewhere but still covered by another mount, they are as hidden.
	project p "$show"$'/data/keys = ../data/keys ro\n~/.ssh = ./ssh\n/data/ro = tmpfs'
	mkdir p/ssh
	sandbox enter --quiet --accept "$T/p" -- sh -c '[ ! -e ~/.ssh/a ]'
	# A mount on top of nothing of the host restricted nobody; nor does hiding part of a home
	# that is gone.
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data\n/data/keys = ../data/keys ro\n~/.ssh = ./ssh\n/data/ro = tmpfs'
	sandbox enter --quiet "$T/p" -- true
}

@test "a flag of one call neither restricts the project nor lifts a restriction" {
	project p $'[sandbox]\nlinger = 0'
	in_p true
	sandbox enter --quiet --profile agent "$T/p" -- true
	in_p true
	project q $'[sandbox]\nprofile = build\nlinger = 0'
	sandbox enter --quiet "$T/q" -- true
	sandbox enter --quiet --network host "$T/q" -- true
	project q $'[sandbox]\nlinger = 0'
	fails 125 "*more than before: *network = gateway*" sandbox enter "$T/q" -- true
}

@test "a directory whose name ends like an option is different from the one that was agreed to" {
	mkdir dir 'dir ro'
	echo other >'dir ro/file'
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/x = ../dir ro'
	sandbox enter --quiet --accept "$T/p" -- true
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/x = ../dir ro rw'
	fails 125 "*more than before: /x = $T/dir ro rw: *" sandbox enter "$T/p" -- touch /x/evil
}

@test "removing the lock needs consent" {
	project p $'[sandbox]\nlinger = 0'
	printf 'version 1\nmachine %s\ntime 2026-11-24T10:00:00Z\nimage host -\n' "$(uname -m)" >p/sandbox.lock
	in_p true
	rm p/sandbox.lock
	fails 125 "*more than before: no longer: sandbox.lock: *" sandbox enter "$T/p" -- true
}

@test "consent belongs to the directory: one made again at the same path has none" {
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data'
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo token >~/token'
	in_p cat /data/file
	cp -r p copy
	rm -rf p
	mv copy p
	fails 125 "*asks for these of this machine: /data = $T/data; box = p, with the root and the home that were made for another directory: *" sandbox enter "$T/p" -- cat /data/file
	# Not by another command, nor at the second try.
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- cat /data/file
	fails 125 "*asks for these of this machine: *" sandbox exec --start "$T/p" cat /data/file
	fails 125 "*asks for these of this machine: *" sandbox enter --rebuild "$T/p" -- true
	fails 125 "*asks for these of this machine: *" sandbox matrix --image host "$T/p" -- true
	# A file that asks for nothing does not get the home either.
	project p $'[sandbox]\nlinger = 0'
	fails 125 "*: box = p, with the root and the home*" sandbox enter "$T/p" -- sh -c 'cat ~/token'
	sandbox enter --quiet --accept "$T/p" -- true
	in_p true
}

@test "a moved directory keeps its consent, and leaves none behind" {
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = '"$T/data"
	sandbox enter --quiet --accept "$T/p" -- true
	mv p q
	cp -r q p
	# Whichever is looked at first.
	fails 125 "*asks for these of this machine: /data = $T/data; box = p, *" sandbox enter "$T/p" -- cat /data/file
	[ "$(sandbox enter --quiet "$T/q" -- cat /data/file)" = secret ]
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- cat /data/file
	mkdir sub
	mv q sub/q
	[ "$(sandbox enter --quiet "$T/sub/q" -- cat /data/file)" = secret ]
	ln -s sub link
	[ "$(sandbox enter --quiet "$T/link/q" -- cat /data/file)" = secret ]
}

@test "a box running with the old directory is not joined from the new one" {
	project p $'[sandbox]\n[mounts]\n/data = ../data'
	sandbox enter --quiet --accept "$T/p" -- sh -c 'echo in; exec sleep 60' >"$T/in" 2>&1 3>&- &
	wait_until 50 grep -q in "$T/in"
	mv p old
	project p $'[sandbox]\n[hooks]\nenter = rm /data/file'
	rm -rf old
	fails 125 "*" sandbox enter "$T/p" -- true
	[ -e data/file ]
	run ! sandbox exec p true
	[ -e data/file ]
	sandbox stop p
}

@test "the project's own cache belongs to the directory as well" {
	project p $'[sandbox]\nlinger = 0\nprofile = c'
	in_p sh -c 'echo mine >~/.cache/ccache/x'
	mv p q
	[ "$(sandbox enter --quiet "$T/q" -- sh -c 'cat ~/.cache/ccache/x')" = mine ]
	mv q p
	sandbox rm p
	[ "$(in_p sh -c 'cat ~/.cache/ccache/x')" = mine ]
	# As an older version kept it.
	caches=$XDG_DATA_HOME/sandbox/caches
	mv "$caches"/ccache.* "$caches/ccache.$(find "$caches/../projects" -name '[0-9a-f]*' -printf '%f\n')"
	touch "$caches"/ccache.*
	[ "$(in_p sh -c 'cat ~/.cache/ccache/x')" = mine ]
	sandbox rm p
	cp -r p copy
	rm -rf p
	mv copy p
	says_nothing in_p sh -c 'ls ~/.cache/ccache'
}

@test "what init wrote is agreed to only for the directory that it wrote it to" {
	mkdir c
	touch c/package.json
	sandbox init --yes --image "dir:$T/data" c
	cp -r c d
	rm -r c
	mv d c
	fails 125 "*asks for these of this machine: *image = dir:$T/data*" sandbox enter ./c -- true
}

@test "consent from older versions stays valid, and then belongs to the directory" {
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/data = ../data'
	sandbox enter --quiet --accept "$T/p" -- true
	box=$(echo "$XDG_DATA_HOME"/sandbox/boxes/*)
	# In their form: no owner, and no restrictions.
	sed -i '/^for /d; /^bound /d' "$box/reach"
	cp "$box/reach" kept
	in_p true
	grep -q '^for ' "$box/reach"
	saved=$(cat "$box/record")
	# The same, cloned again before the first start by this version: the record knows the
	# directory.
	cp kept "$box/reach"
	cp -r p copy
	rm -rf p
	mv copy p
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- true
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- true
	# And one whose record does not: the directory is younger than the box.
	cp kept "$box/reach"
	[ "$(cat "$box/record")" = "$saved" ]
	rm "$XDG_DATA_HOME"/sandbox/projects/id-*
	sed -i '/^folder/d; s/^created.*/created 1000000000/' "$box/record"
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- true
	fails 125 "*asks for these of this machine: *" sandbox enter "$T/p" -- true
}

@test "a planted sandbox.ini in a known project has no effect until it is named, by path" {
	project p $'[sandbox]\nprofile = build\nlinger = 0'
	mkdir -p p/src/deep
	in_p true
	printf '[sandbox]\nname = p\nhome = own\n' >p/src/sandbox.ini
	cd p/src/deep
	run -0 sandbox enter -- true
	[[ $output = *"'$T/p/src/sandbox.ini' is not used, the project is '$T/p': 'sandbox enter $T/p/src' makes its directory a project of its own"* ]]
	[ "$(sandbox ls --names)" = p ]
	# The enclosing project gone, moved, or without a box: no change.
	mv "$T/p/sandbox.ini" "$T/p.ini"
	run -125 sandbox enter -- true
	[[ $output = *"cannot enter '$T/p'"*"more than before: network = gateway; no longer: "* ]]
	mv "$T/p.ini" "$T/p/sandbox.ini"
	mv "$T/p" "$T/q"
	cd "$T/q/src/deep"
	run -0 sandbox enter -- true
	[[ $output = *"the project is '$T/q'"* ]]
	sandbox rm p
	run -0 sandbox enter -- true
	[[ $output = *"the project is '$T/q'"* ]]
	[ "$(sandbox ls --names)" = q ]
	sandbox rm q
	# Nor does it take over the name.
	printf '[sandbox]\nname = wanted\n' >"$T/q/src/sandbox.ini"
	fails 125 "*there is no box named 'wanted'*" sandbox enter wanted -- true
	# By its path it is a project, with a note.
	run -0 sandbox enter "$T/q/src" -- true
	[[ $output = *"'$T/q/src/sandbox.ini' makes its directory a project of its own, apart from '$T/q'"* ]]
}
