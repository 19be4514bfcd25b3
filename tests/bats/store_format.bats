#!/usr/bin/env bats
# The store's format: stores of earlier formats keep working, a newer one is refused.
# tests/data/stores has one of each; `make` there documents their content.

load helpers

STORES=$SOURCE/tests/data/stores

# Everything happens in $T, mounted at /mnt.
there() {
	"$STORES/there" "$T" "$@"
}

setup() {
	sandbox_setup
	mkdir -p shared p
	mkdir -m 0700 run
	echo outside >shared/file
	XDG_DATA_HOME=$T/data XDG_RUNTIME_DIR=$T/run
	data=$T/data/sandbox
	# The id of this directory besides its path, if any: a box shows it.
	project p
	there sandbox enter ./p -- sh -c : </dev/null
	folder=$(sed -n 's/^folder //p' "$data"/boxes/*/record)
	there sandbox rm --force p
	cp "$STORES/sandbox.ini" p
}

# Leftovers are searched in the usual places. Not from $T, where p is a directory, too.
teardown() {
	cd /
	rm -rf "$T/xdg"
	ln -s . "$T/xdg"
	XDG_DATA_HOME=$T/data XDG_RUNTIME_DIR=$T/run sandbox_teardown
}

# Unpacks a store, for this directory and with a program in its image.
store() { # ARCHIVE
	local old

	rm -rf "$data"
	tar -C "$T/data" -xJf "$STORES/$1"
	cp "$(command -v busybox)" "$data"/layers/*/bin
	# Consent is not valid for a directory that is younger than the box.
	sed -i "s/^created .*/created $(date +%s)/" "$data"/boxes/*/record
	old=$(sed -n 's/^folder //p' "$data"/boxes/*/record)
	[ -n "$old" ] || return 0
	sed -i "s/$old/${folder:-$old}/" "$data"/boxes/*/{record,reach}
	mv "$data/projects/id-$old" "$data/projects/id-${folder:-$old}"
}

# Box, image and consent are as they were when the archive was made.
works() { # ARCHIVE
	there sandbox enter ./p -- sh -c 'cat /etc/who ~/file /etc/step /shared/file' </dev/null >said 2>&1 || { cat said; return 1; }
	diff said <(printf 'box\nhome\n'; tar -xOJf "$STORES/$1" --wildcards '*/step-*/etc/step'; echo outside)
	[ "$(there sandbox ls --names)" = p ]
	[ "$(there sandbox images --json | jq -r ".[].name")" = app:1 ]
	[ "$(there sandbox run app:1 cat /etc/who)" = image ]
	[ -e "$data/format-2" ]
}

@test "a store of each format keeps working: the box and its files, image, step and consent" {
	for archive in "$STORES"/*.tar.xz; do
		store "${archive##*/}"
		works "${archive##*/}"
		# Anything beyond what was agreed to is asked for, as always.
		printf '/more = ../shared\n' >>p/sandbox.ini
		there sandbox stop p
		fails 125 "*/more*" there sandbox enter ./p -- sh -c : </dev/null
		cp "$STORES/sandbox.ini" p
		there sandbox rm --force p
	done
}

@test "killed at any moment, a conversion leaves a store that works" {
	store format-1.tar.xz
	strace -f -qq -o calls -e trace=faccessat,openat,flock,mkdirat sandbox ls >/dev/null 3>&-
	[ -e "$data/format-2" ]
	n=$(grep -n 'openat(.*"format-2"' calls | cut -d: -f1)
	[ "$n" -gt 3 ]
	for program in ls images; do
		for ((i = 1; i <= n + 9; i++)); do
			rm -f "$data/format-2"
			strace -f -qq -o /dev/null -e trace=faccessat,openat,flock,mkdirat \
				-e "inject=faccessat,openat,flock,mkdirat:signal=KILL:when=$i" \
				sandbox $program >/dev/null 2>&1 3>&- || true
			[ "$(sandbox ls --names)" = p ]
			[ -e "$data/format-2" ]
		done
	done
	works format-1.tar.xz
}

@test "a running box is left alone, and concurrent conversions happen once" {
	store format-2.tar.xz
	mkfifo hold
	there sandbox enter ./p -- cat <>hold &
	wait_until 50 eval 'sandbox ps --json | grep -q cat'
	sandbox ps --json >before
	rm "$data/format-2"
	for i in 1 2 3 4 5 6; do
		sandbox ls --names >"names.$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6; do
		wait_for "${pids[i]}"
		[ "$status" = 0 ]
		[ "$(cat "names.$i")" = p ]
	done
	[ -e "$data/format-2" ]
	[ "$(jq -c '.[].pid' before)" = "$(sandbox ps --json | jq -c '.[].pid')" ]
	[ "$(there sandbox exec p cat /etc/who)" = box ]
	there sandbox stop p
}

@test "a newer store is refused by every program, before anything in it is changed" {
	store format-2.tar.xz
	mv "$data/format-2" "$data/format-3"
	rmdir "$data/trials"
	(cd "$data" && find . -printf '%p %T@ %s\n' | sort) >before
	newer="the store '$data' has format 3, and this sandbox knows only up to 2: use the newer sandbox that wrote it"
	fails 125 "$newer" sandbox ls
	fails 125 "*$newer" sandbox images
	fails 125 "*${newer//"$T"//mnt}" there sandbox enter ./p -- sh -c :
	diff before <(cd "$data" && find . -printf '%p %T@ %s\n' | sort)
	[[ $(sandbox doctor || true) = *"has format 3"* ]]
	# Nor is it used as a second store.
	mkdir -p home/.config/sandbox
	echo $'[images]\nstores = /mnt/newer/sandbox' >home/.config/sandbox/sandbox.conf
	mkdir newer
	mv "$data" newer
	run -125 --separate-stderr there sandbox image inspect app:1
	[[ $stderr = "sandbox: warning: of sandbox.conf: the store '/mnt/newer/sandbox' has format 3"*"app:1"* ]]
	mv newer/sandbox/format-3 newer/sandbox/format-2
	[ "$(there sandbox run app:1 cat /etc/who)" = image ]
}

@test "an existing store is checked by one call; without space for its number, it is used as format 1" {
	store format-2.tar.xz
	there sandbox enter ./p -- sh -c : </dev/null
	there env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o /mnt/calls sandbox enter ./p -- sh -c : </dev/null
	[ "$(grep -c format-2 calls)" = 1 ]
	grep format-2 calls | grep faccessat
	there sandbox stop p
	rm "$data/format-2"
	for error in ENOSPC EROFS EDQUOT; do
		strace -f -qq -o calls -P format-2 -e "inject=openat:error=$error" sandbox rm --force nobox 2>&1 3>&- || true
		grep "openat(.*format-2.*$error" calls
		[ "$(strace -f -qq -o calls -P format-2 -e "inject=openat:error=$error" sandbox ls --names 3>&-)" = p ]
	done
	fails 125 "cannot make '$data/format-2': Input/output error" \
		strace -f -qq -o calls -P format-2 -e inject=openat:error=EIO sandbox ls
}
