#!/usr/bin/env bats
# bats file_tags=disk
# The store's format: stores of earlier formats keep working, a newer one is refused.
# tests/data/stores has one of each; `make` there documents their content.

load helpers

STORES=$SOURCE/tests/data/stores

# Two projects whose paths have the same FNV-1a.
chain="fplm3IJxT1l O-v7JsGae-b"

# Everything happens in $T, mounted at /mnt.
there() {
	"$STORES/there" "$T" "$@"
}

setup() {
	sandbox_setup
	mkdir -p shared p
	mkdir -m 0700 run
	echo outside >shared/file
	for name in $chain t u f; do
		project "$name" $'[sandbox]\nimage = app:1'
	done
	printf '[mounts]\n/shared = ../shared\n' >>t/sandbox.ini
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
	# A sweep removes the remaining names of format 2.
	there sandbox rm --force --all </dev/null >/dev/null
	rm -f "$T/run/sandbox/swept"
	there sandbox ls >/dev/null
	cd /
	rm -rf "$T/xdg"
	ln -s . "$T/xdg"
	XDG_DATA_HOME=$T/data XDG_RUNTIME_DIR=$T/run sandbox_teardown
}

# Unpacks a store, for this directory and with a program in its image.
store() { # ARCHIVE
	local old box

	rm -rf "$data"
	tar -C "$T/data" -xJf "$STORES/$1"
	cp "$(command -v busybox)" "$data"/layers/*/bin
	# The user whom its boxes know is the one that made the archive: diff takes others for a change.
	for box in "$data"/boxes/*; do
		[ ! -e "$box/upper/etc/passwd" ] ||
			sed -i "s/^me:\([*x]\):[0-9]*:[0-9]*:/me:\1:$(id -u):$(id -g):/" "$box/upper/etc/passwd"
		[ ! -e "$box/upper/etc/group" ] ||
			sed -i "s/^me:\([*x]\):[0-9]*:/me:\1:$(id -g):/" "$box/upper/etc/group"
	done
	# Consent is not valid for a directory that is younger than the box.
	sed -i "s/^created .*/created $(date +%s)/" "$data"/boxes/*/record
	for box in "$data"/boxes/*; do
		old=$(sed -n 's/^folder //p' "$box/record")
		if grep -qx 'project /mnt/p' "$box/record"; then
			[ -n "$old" ] || continue
			sed -i "s/$old/${folder:-$old}/" "$box"/{record,reach}
			mv "$data/projects/id-$old" "$data/projects/id-${folder:-$old}"
		else
			# The others are found by their paths only.
			sed -i '/^for /d; /^folder /d' "$box"/{record,reach}
			rm -f "$data"/{projects,trials}/"id-$old"
		fi
	done
}

# The name that format 2 made from a text, which is stdin: FNV-1a, 64 bits.
fnv() {
	local h=-3750763034362895579 byte

	for byte in $(od -An -v -tu1); do
		h=$(((h ^ byte) * 1099511628211))
	done
	printf %016x "$h"
}

# The name that format 3 makes from it.
key() {
	sha256sum | cut -d' ' -f1
}

# Box, image and consent are as they were when the archive was made; that the default network is another one
# now is told once.
works() { # ARCHIVE
	there sandbox enter --quiet ./p -- sh -c : </dev/null >said 2>&1 || { cat said; return 1; }
	grep -qx "sandbox: warning: box 'p' has a network of its own now, .*: 'network = host' in \[sandbox\] of its sandbox.ini keeps .*" said
	there sandbox enter ./p -- sh -c 'cat /etc/who ~/file /etc/step /shared/file' </dev/null >said 2>&1 || { cat said; return 1; }
	diff said <(printf 'box\nhome\n'; tar -xOJf "$STORES/$1" --wildcards '*/step-*/etc/step'; echo outside)
	there sandbox ls --names | grep -x p
	[ "$(there sandbox images --json | jq -r ".[].name")" = app:1 ]
	[ "$(there sandbox run app:1 cat /etc/who)" = image ]
	[ -e "$data/format-3" ]
}

# What the larger stores contain in addition.
more_works() {
	local name

	for name in $chain; do
		[ "$(there sandbox enter "./$name" -- sh -c 'cat ~/file' </dev/null)" = "$name" ]
	done
	[ "$(there sandbox diff ./t)" = $'  A /mnt/t/file\n  M /shared/file' ]
	there sandbox try --quiet ./t -- sh -c 'cat file /shared/file; echo again >file' </dev/null >said
	[ "$(cat said)" = $'tried\ntried' ]
	[ "$(there sandbox diff ./t)" = $'  A /mnt/t/file\n  M /shared/file' ]
	echo tried >u/file
	[ "$(there sandbox apply --undo --dry-run --force ./u)" = '  D /mnt/u/file (changed since)' ]
	[ "$(there sandbox logs --steps ./f)" = 'so far' ]
	[ "$(cat "$data/matrix/fplm3IJxT1l-$(printf /mnt/fplm3IJxT1l | key)/one.log")" = image ]
}

@test "a store of each format keeps working: the box and its files, image, step and consent" {
	for archive in "$STORES"/*.tar.xz; do
		store "${archive##*/}"
		works "${archive##*/}"
		if [ -L "$data/trials/$(printf /mnt/t | key)" ]; then
			more_works
			more=${more-}x
		fi
		# Anything beyond what was agreed to is asked for, as always.
		printf '/more = ../shared\n' >>p/sandbox.ini
		there sandbox stop p
		fails 125 "*/more*" there sandbox enter ./p -- sh -c : </dev/null
		cp "$STORES/sandbox.ini" p
		# The environment is found, and not prepared again.
		there sandbox enter --quiet --rebuild ./p -- cat /etc/step </dev/null >said
		diff said <(tar -xOJf "$STORES/${archive##*/}" --wildcards '*/step-*/etc/step')
		there sandbox rm --force --all
		rm run/sandbox/swept
		says_nothing there sandbox ls --names
		says_nothing find "$data"/{names,projects,trials} -type l
		there sandbox image prune --all
		says_nothing find "$data"/{layers,steps} -mindepth 1
	done
	[ "$more" = xx ]
}

# All names in the store, without those in boxes and layers, and the targets of symlinks.
names() {
	(cd "$data" && find . -mindepth 2 ! -path './boxes/*/*' ! -path './layers/*/*' ! -path './tmp/*' -printf '%p %l\n' | sort)
}

@test "killed at each of its calls, a conversion is completed by the next command" {
	strike="$BUILD/tests/programs/inject"
	tries=0
	while read -r archive command; do
		store "$archive.tar.xz"
		mv "$data" first
		cp -a first "$data"
		there sandbox ls --names >list
		names >moved
		n=0
		while :; do
			rm -rf "$data"
			cp -a first "$data"
			"$strike" -r "$data" -o 3 kill-all $((++n)) sandbox "$command" >/dev/null 2>&1 3>report || true
			grep -q '^hit' report || break
			sandbox ls --names >now
			diff list now
			[ -e "$data/format-3" ]
			names | diff moved -
			tries=$((tries + 1))
		done
		rm -rf first
	done <<<$'format-1 images\nformat-2-more ls'
	[ $tries -gt 30 ]
	works format-2-more.tar.xz
	more_works
}

@test "a conversion believes no name: nobody gets another's layer, project, consent or cache" {
	store format-2-more.tar.xz
	step=$(printf /mnt/p | fnv)
	# A text that its name was not made from, its layer, an entry that leads to the box of another project.
	echo other >"$data/steps/$step-1"
	mkdir "$data/layers/step-$step-1"
	ln -s "$(readlink "$data/names/p")" "$data/projects/$(printf /mnt/other | fnv)"
	# The second of two texts with the same hash, in its slot.
	text=$(printf 'a step' | fnv)
	mkdir -p "$data/layers/step-$text-2/etc" "$data/agreed" "$data/caches/own.$step"
	printf 'a step' >"$data/steps/$text-2"
	echo "0 - /mnt/p" >"$data/agreed/$step"
	echo "0 - /mnt/other" >"$data/agreed/0123456789abcdef"
	# Records that cannot be read do not stop the rest.
	chmod 0 "$data/boxes/$(readlink "$data/names/O-v7JsGae-b")/record"
	echo >"$data/boxes/$(readlink "$data/names/fplm3IJxT1l")/record"
	sandbox ls >/dev/null
	[ -d "$data/layers/step-$(printf 'a step' | key)/etc" ]
	[ "$(readlink "$data/layers/step-$text-2")" = "step-$(printf 'a step' | key)" ]
	[ "$(cat "$data/steps/$(printf 'a step' | key)")" = 'a step' ]
	[ -d "$data/layers/step-$step-1" ]
	[ -e "$data/steps/$step-1" ]
	[ -d "$data/caches/own.$(printf /mnt/p | key)" ]
	[ "$(ls "$data/agreed")" = "$(printf '%s\n' 0123456789abcdef "$(printf /mnt/p | key)" | sort)" ]
	[ "$(readlink "$data/projects/$(printf /mnt/p | key)")" = "$(readlink "$data/names/p")" ]
	[ ! -L "$data/projects/$(printf /mnt/other | key)" ]
	[ "$(find "$data/projects" -regextype posix-extended -regex '.*/[0-9a-f]{64}' | wc -l)" = 1 ]
	chmod 600 "$data"/boxes/*/record
}

@test "a conversion waits for prune, and after it prune keeps the layers of boxes" {
	store format-2-more.tar.xz
	exec 5<>"$data/image.lock"
	flock -x 5
	sandbox ls --names >list 5>&- &
	moving=$!
	sleep 0.3
	[ -e "$data/format-2" ]
	flock -u 5
	exec 5>&-
	wait_for $moving
	[ "$status" = 0 ]
	[ -e "$data/format-3" ]
	there sandbox image prune
	[ "$(there sandbox image df --json | jq .layers.count)" = 2 ]
	there sandbox enter --quiet ./p -- cat /etc/step </dev/null >said
	diff said <(tar -xOJf "$STORES/format-2-more.tar.xz" --wildcards '*/step-*/etc/step')
	# A rebuilt box has the new name, and prune removes the old one.
	there sandbox enter --quiet --rebuild ./p -- cat /etc/step </dev/null | diff said -
	there sandbox image prune
	[ "$(find "$data/layers" -maxdepth 1 -name 'step-*' -printf %y)" = d ]
}

@test "a running box is left alone, and concurrent conversions happen once" {
	store format-2.tar.xz
	mkfifo hold
	there sandbox enter ./p -- cat <>hold &
	wait_until 50 eval 'sandbox ps --json | grep -q cat'
	sandbox ps --json >before
	# The names that format 2 would have.
	step=$(find "$data/layers" -maxdepth 1 -type d -name 'step-*')
	old=$(find "$data/layers" -maxdepth 1 -type l -name 'step-*')
	rm "$old"
	mv "$step" "$old"
	find "$data/steps" -regextype posix-extended -regex '.*/[0-9a-f]{64}(\.log)?' -delete
	rm "$data/projects/$(printf /mnt/p | key)" "$data"/projects/id-*
	mv "$data/format-3" "$data/format-2"
	for i in 1 2 3 4 5 6; do
		sandbox ls --names >"names.$i" 2>&1 &
		pids[i]=$!
	done
	for i in 1 2 3 4 5 6; do
		wait_for "${pids[i]}"
		[ "$status" = 0 ]
		[ "$(cat "names.$i")" = p ]
	done
	[ -e "$data/format-3" ]
	[ "$(jq -c '.[].pid' before)" = "$(sandbox ps --json | jq -c '.[].pid')" ]
	[ -d "$step" ]
	[ -L "$old" ]
	[ "$(there sandbox exec ./p cat /etc/who)" = box ]
	# A file that nobody has opened yet comes from the layer under its new name.
	there sandbox exec p cat /etc/step >said
	diff said "$step/etc/step"
	there sandbox enter ./p -- sh -c : </dev/null >said 2>&1
	says_nothing cat said
	there sandbox stop ./p
	there sandbox enter --quiet ./p -- cat /etc/step </dev/null | diff - "$step/etc/step"
	there sandbox stop p
}

@test "a newer store is refused by every program, before anything in it is changed" {
	store format-3.tar.xz
	mv "$data/format-3" "$data/format-4"
	rmdir "$data/caches"
	(cd "$data" && find . -printf '%p %T@ %s\n' | sort) >before
	newer="the store '$data' has format 4, and this sandbox knows only up to 3: use the newer sandbox that wrote it"
	fails 125 "$newer" sandbox ls
	fails 125 "*$newer" sandbox images
	fails 125 "*${newer//"$T"//mnt}" there sandbox enter ./p -- sh -c :
	diff before <(cd "$data" && find . -printf '%p %T@ %s\n' | sort)
	[[ $(sandbox doctor || true) = *"has format 4"* ]]
	# Nor is it used as a second store.
	mkdir -p home/.config/sandbox
	echo $'[images]\nstores = /mnt/newer/sandbox' >home/.config/sandbox/sandbox.conf
	mkdir newer
	mv "$data" newer
	run -125 --separate-stderr there sandbox image inspect app:1
	[[ $stderr = "sandbox: warning: of sandbox.conf: the store '/mnt/newer/sandbox' has format 4"*"app:1"* ]]
	mv newer/sandbox/format-4 newer/sandbox/format-3
	[ "$(there sandbox run app:1 cat /etc/who)" = image ]
}

@test "an existing store is checked by one call; without space for a conversion, it is used as it is" {
	store format-2-more.tar.xz
	there sandbox enter ./p -- sh -c : </dev/null
	there env ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0" strace -f -qq -o /mnt/calls sandbox enter ./p -- sh -c : </dev/null
	[ "$(grep -c format-3 calls)" = 1 ]
	grep format-3 calls | grep faccessat
	there sandbox stop p
	there sandbox ls --names >list
	for fault in symlinkat:ENOSPC linkat:EDQUOT renameat:EROFS renameat2:ENOSPC; do
		call=${fault%:*}
		inject="inject=$call:error=${fault#*:}"
		store format-2-more.tar.xz
		strace -f -qq -o calls -e "$inject" sandbox rm --force nobox 2>&1 3>&- || true
		grep -q INJECTED calls
		[ ! -e "$data/format-3" ]
		there strace -f -qq -o /dev/null -e "$inject" sandbox ls --names 3>&- | diff list -
		there strace -f -qq -o /dev/null -e "$inject" sandbox inspect ./p 3>&- >said
		grep -q 'mnt/p' said
		fails 125 "cannot *: Input/output error" strace -f -qq -o calls -e "inject=$call:error=EIO" sandbox ls
	done
	# Prune, which has the lease, does not wait for itself.
	store format-2-more.tar.xz
	strace -f -qq -o /dev/null -e inject=symlinkat:error=ENOSPC timeout 60 sandbox image prune 3>&- >said
	grep -q '^removed' said
	[ ! -e "$data/format-3" ]
	works format-2-more.tar.xz
}
