#!/usr/bin/env bats
# bats file_tags=slow
# What cannot be read does not count as missing: too few descriptors, a damaged file, a directory
# whose listing fails. Nothing is removed unless everything that could need it was read.

load helpers
load images

setup() {
	sandbox_setup
	data=$XDG_DATA_HOME/sandbox
}

# Runs a command for which the listing of every directory but the first N ends with an error.
broken_after() { # N COMMAND...
	local n=$1

	shift
	strace -f -qq -o /dev/null -e trace=getdents64 \
		-e inject=getdents64:error=EIO:when=$((n + 1))+ "$@"
}

# An ended box of the image app:1.
ended_box() { # NAME
	project "$1" $'[sandbox]\nimage = app:1\nlinger = 0'
	sandbox enter --quiet "./$1" -- true
	wait_until 50 no_processes
}

id_of() { # BOX
	sandbox inspect --json "$1" | jq -r .id
}

# Everything that prune and image rm could remove, without what changes whenever it is looked at.
store_list() {
	(cd "$data" && find blobs layers plans refs steps -printf '%p %s\n' | sort)
}

@test "600 boxes with 256 descriptors: ls, inspect, prune, image rm, stop and rm see each of them" {
	small_image
	ended_box one
	id=$(id_of one)
	python3 -c '
import os, sys
data, record = sys.argv[1], open(sys.argv[2]).read().splitlines(True)
rest = [line for line in record if line.split()[0] not in ("name", "project", "folder")]
for i in range(100, 700):
    box = f"{data}/boxes/{i:012x}"
    for part in "", "/upper", "/work", "/home":
        os.mkdir(box + part)
    open(box + "/record", "w").writelines([f"name n{i}\n"] + rest)
    open(box + "/lock", "w")
    os.symlink(f"{i:012x}", f"{data}/names/n{i}")' "$data" "$data/boxes/$id/record"
	sandbox rm one
	# All but the last use another image: the layers of that must stay.
	layout other <<<"{'layers': [busybox() + [F('other', b'y')]]}"
	sandbox image import --quiet "$T/other" other:1
	other=$(sandbox image inspect --json other:1 | jq -r '.digest | sub("sha256:"; "")')
	sed -i "s/^digest .*/digest $other/" "$data"/boxes/*/record
	sed -i "s/^digest .*/digest $(sandbox image inspect --json app:1 | jq -r '.digest | sub("sha256:"; "")')/" \
		"$data/boxes/$(printf '%012x' 699)/record"
	before=$(store_list)
	ulimit -n 256
	[ "$(sandbox ls --names | wc -l)" = 600 ]
	[ "$(sandbox ls --json | jq length)" = 600 ]
	[ "$(sandbox ls | wc -l)" = 601 ]
	sandbox ps >/dev/null
	sandbox image df >/dev/null
	sandbox image prune >/dev/null
	[ "$(store_list)" = "$before" ]
	sandbox image rm app:1 other:1
	[ "$(store_list | grep ^layers)" = "$(grep ^layers <<<"$before")" ]
	sandbox stop --all
	sandbox rm --force --all
	says_nothing sandbox ls
	sandbox image prune >/dev/null
	empty "$data"/{layers,blobs/sha256,plans,boxes,names}
}

@test "a box whose needs are unknown: ls reports it, prune and image rm name it and remove nothing" {
	small_image
	ended_box p
	ended_box q
	id=$(id_of p)
	record=$data/boxes/$id/record
	cp "$record" kept
	before=$(store_list)
	for damage in 'chmod 0 "$record"' ': >"$record"' 'head -c 40 kept >"$record"' \
		'sed -i "/^created/,\$d" "$record"' 'sed -i s/digest/digesu/ "$record"' \
		'rm "$record"; mkfifo "$record"' 'rm "$record"; mkdir "$record"' 'rm "$record"' \
		'chmod 0 "${record%/*}"' 'mv "${record%/*}" "$T/away"; : >"${record%/*}"'; do
		echo "$damage"
		eval "$damage"
		fails 125 "nothing removed: *'$id'*" timeout 60 sandbox image prune
		fails 125 "nothing removed: *'$id'*" timeout 60 sandbox image prune --all
		fails 125 "nothing removed: *'$id'*" timeout 60 sandbox image rm app:1
		[ "$(store_list)" = "$before" ]
		run --separate-stderr timeout 60 sandbox ls --json
		[ "$status" = 0 ]
		[[ $stderr = *"'$id'"* ]]
		[ "$(jq -r '.[] | select(.damaged) | .name' <<<"$output")" = "$id" ]
		[ "$(jq -r '.[] | select(.damaged | not) | .name' <<<"$output")" = q ]
		# df shows the rest, and why that part is unknown.
		run --separate-stderr timeout 60 sandbox image df --json
		[ "$status" = 0 ]
		[[ $stderr = *"'$id'"* ]]
		[ "$(jq -c '[.reclaimable, .images.count]' <<<"$output")" = '[null,1]' ]
		# As before.
		chmod -f 700 "${record%/*}" || true
		[ ! -d away ] || { rm -f "${record%/*}" && mv away "${record%/*}"; }
		rm -rf "$record"
		cp kept "$record"
		chmod 600 "$record"
	done
	[ "$(sandbox enter --quiet ./p -- cat /etc/who)" = small ]
	sandbox image prune >/dev/null
	[ "$(store_list)" = "$before" ]
}

@test "rm removes any box: by its id, and with --force in any state" {
	project p $'[sandbox]\nlinger = 0'
	for damage in 'chmod 0 "$dir/record"' 'chmod 0 "$dir"' 'chmod 0 "$dir/lock"' 'rm "$dir/lock"' \
		'rm "$dir/lock"; mkfifo "$dir/lock"' 'rm "$dir/lock"; mkdir "$dir/lock"' \
		'rm "$dir/lock"; ln -s nowhere "$dir/lock"' 'chmod 0 "$dir/upper" "$dir/home" "$dir/work"' \
		'mkdir -p "$dir/home/a/b"; chmod 0 "$dir/home/a/b"; chmod 0 "$dir/home/a"' \
		'rm "$dir/record"; mkfifo "$dir/record"' 'rm -rf "$dir"; mkfifo "$dir"' \
		'rm -rf "$dir/upper"; : >"$dir/upper"' 'rm -rf "$dir"; ln -s nowhere "$dir"'; do
		for force in '' --force; do
			sandbox enter --quiet ./p -- true
			wait_until 50 no_processes
			id=$(id_of p)
			dir=$data/boxes/$id
			echo "$damage"
			eval "$damage"
			# shellcheck disable=SC2086 # an option or none
			timeout 60 sandbox rm $force "$id"
			says_nothing sandbox ls --names
			says_nothing find "$data"/{boxes,names,projects} -mindepth 1
		done
	done
	# A running one, too.
	sandbox enter --quiet ./p -- true
	sandbox enter --quiet ./p -- sh -c 'touch up; exec sleep 60' 3>&- &
	wait_until 100 [ -e p/up ]
	id=$(id_of p)
	chmod 0 "$data/boxes/$id"/{record,lock}
	sandbox rm --force "$id"
	wait_for $!
	wait_until 50 no_processes
	rm -f "$XDG_RUNTIME_DIR"/sandbox/*-net-* # of a project that no record names any more
}

@test "prepared layers that a box needs and that are missing: prune names the box" {
	small_image
	ended_box p
	id=$(id_of p)
	echo prepared layers/step-0123456789abcdef-1 >>"$data/boxes/$id/record"
	fails 125 "nothing removed: box 'p' needs '*layers/step-*" sandbox image prune
}

@test "a damaged manifest: the layers of its box stay, by its plan; without a plan nothing is removed" {
	small_image
	ended_box p
	layout other <<<"{'layers': [busybox() + [F('other', b'y')]]}"
	sandbox image import --quiet "$T/other" other:1
	manifest=$data/blobs/sha256/$(sandbox image inspect --json app:1 | jq -r '.digest | sub("sha256:"; "")')
	cp "$manifest" kept
	printf '\x01' | dd of="$manifest" bs=1 seek=20 conv=notrunc status=none
	# With a name: it is reported, and everything stays.
	before=$(store_list)
	fails 125 "nothing removed: the image '*app:1' is damaged*" sandbox image prune
	[ "$(store_list)" = "$before" ]
	# Only of a box: the name is removed, as requested; the box keeps running.
	mv "$data/plans/${manifest##*/}" plan
	before=$(store_list)
	fails 125 "nothing removed: *box 'p'*" sandbox image rm app:1
	fails 125 "nothing removed: *box 'p'*" sandbox image prune
	[ "$(store_list)" = "$before" ]
	mv plan "$data/plans/${manifest##*/}"
	sandbox image rm app:1 other:1
	sandbox image prune >/dev/null
	[ -e "$manifest" ]
	[ "$(find "$data/layers" -mindepth 1 -maxdepth 1 -type d | wc -l)" = 1 ]
	[ "$(sandbox enter --quiet ./p -- cat /etc/who)" = small ]
	wait_until 50 no_processes
	sandbox rm -f p
	sandbox image prune >/dev/null
	empty "$data"/{layers,blobs/sha256,plans}
}

@test "a directory that cannot be read to its end: each command fails, and nothing is removed" {
	small_image
	ended_box p
	sandbox image tag app:1 too:1
	before=$(store_list | grep -v ^refs)
	for command in 'image prune' 'image prune --all' 'image rm too:1' 'image verify' 'image df' ls; do
		for n in {0..60}; do
			[[ $command != *rm* ]] || sandbox image tag app:1 too:1
			# shellcheck disable=SC2086 # words
			run --separate-stderr broken_after "$n" sandbox $command
			[ "$status" != 0 ] || break
			[[ $stderr = *'Input/output error'* ]]
			[ "$(store_list | grep -v ^refs)" = "$before" ]
		done
		echo "$command: $n"
		[ "$n" -ge 2 ]
		[ "$n" -lt 60 ]
		[ "$(store_list | grep -v ^refs)" = "$before" ]
	done
	sandbox image prune >/dev/null # what verify unpacked and could not remove
}

# Each call of a command gets an error, one after the other: it still does everything, or fails with
# one line. The function `again` runs between two tries; `done_` checks the result.
each_call_fails() { # FAULT COMMAND...
	local fault=$1 n=0

	shift
	again
	"$@" >"$T/all"
	done_ >>"$T/all"
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0:allocator_may_return_null=1
	while again; do
		n=$((n + 1))
		"$BUILD/tests/programs/inject" -r "$T" -o 3 "$fault" "$n" "$@" >"$T/now" 2>"$T/err" 3>"$T/report"
		if grep -qx 'exit 0' "$T/report"; then
			done_ >>"$T/now"
			grep -q 'sandbox: warning: ' "$T/err" || diff "$T/all" "$T/now"
		else
			[ "$(grep -vc 'sandbox: warning: ' "$T/err")" = 1 ]
		fi || { cat "$T/report" "$T/err" && false; }
		grep -q ^hit "$T/report" || break
	done
	echo "$fault: $n calls of $*"
	[ "$n" -gt 5 ]
}

@test "an error at any call of ls, diff, init and stop: everything is done, or one line says what was not" {
	mkdir -p d p
	project p $'[sandbox]\nlinger = 0\nproject = /p\nnetwork = host\n[mounts]\n/d = ../d'
	mkdir p/op
	touch d/same d/file p/op/lost
	sandbox try --quiet --accept ./p -- sh -c 'echo x >/d/file; chmod 600 /d/same; chmod 644 /d/same; rm -r op; mkdir op'
	wait_until 50 no_processes
	again() { :; }
	done_() { :; }
	for fault in ENOMEM EMFILE; do
		each_call_fails $fault sandbox diff ./p
	done
	each_call_fails EIO sandbox ls --json
	each_call_fails EMFILE sandbox ls --json
	sandbox rm --force p-try
	mkdir q
	echo all: >q/Makefile
	again() { rm -f q/sandbox.ini; }
	done_() { cat q/sandbox.ini; }
	each_call_fails ENOMEM sandbox init --quiet --yes q
	project q $'[sandbox]\nlinger = forever'
	again() { sandbox enter --quiet ./q -- true; }
	done_() { sandbox ls --json | jq -r '.[].state'; }
	each_call_fails EMFILE sandbox stop -t 1 ./q
}

@test "any listed name can be removed" {
	small_image
	sandbox image tag app:1 bad:1
	sandbox image tag app:1 worse:1
	bad=$(echo "$data"/refs/*bad*)
	: >"$(echo "$data"/refs/*worse*)"
	for damage in ': >"$bad"' 'echo sha256:12 >"$bad"' 'chmod 0 "$bad"' 'mkfifo "$bad"' \
		'mkdir "$bad"; : >"$bad/x"' 'ln -s nowhere "$bad"'; do
		rm -f "$bad"
		[[ $damage = mk* || $damage = ln* ]] || sandbox image tag app:1 bad:1
		eval "$damage"
		timeout 60 sandbox images | grep '^bad:1 .*damaged'
		run --separate-stderr timeout 60 sandbox image rm bad:1
		[ "$status" = 0 ]
		[[ $stderr = *"all layers stay: the image "*worse:1*" is damaged"* ]]
		[ ! -e "$bad" ]
		[ ! -L "$bad" ]
	done
	run --separate-stderr sandbox image rm worse:1
	[ "$status" = 0 ]
	says_nothing words_on_stderr
	[ "$(sandbox images --names)" = app:1 ]
	[ "$(sandbox run app:1 cat /etc/who)" = small ]
	fails 125 "there is no image 'worse:1' here*" sandbox image rm worse:1
}

@test "verify and df in parallel with image rm: what has gone is not a defect" {
	small_image
	for i in {1..40}; do
		sandbox image tag app:1 "t:$i"
	done
	(for i in {1..40}; do sandbox image rm "t:$i"; done) &
	while kill -0 $! 2>/dev/null; do
		sandbox image verify
		sandbox image df >/dev/null
		sandbox images >/dev/null
	done
	wait_for $!
	[ "$status" = 0 ]
	[ "$(sandbox images --names)" = app:1 ]
}

@test "the image host: an error while it is made leaves nothing, and image rm host has it made again" {
	sandbox run host true
	layer() { find "$data/layers" -mindepth 1 -maxdepth 1 -type d -name 'host-*'; }
	files() { (cd "$(layer)" && find . | sort); }
	files >whole
	sandbox image rm host
	empty "$data/layers"
	# Too few descriptors, at any depth of /etc.
	for n in 8 9 10 11 12 13 14 15 16 17; do
		(ulimit -n "$n" && sandbox run host true) >/dev/null 2>err || [[ $(tail -1 err) = sandbox:* ]]
		says_nothing layer || files | cmp - whole
		sandbox image rm host
	done
	for errno in EIO EMFILE ENOMEM; do
		for n in 20 60 200; do
			run ! strace -f -qq -o /dev/null -e trace=openat -e "inject=openat:error=$errno:when=$n" sandbox run host true
			says_nothing layer || files | cmp - whole
			sandbox image rm host
		done
	done
	sandbox run host true
	files | cmp - whole
	# If descriptors are too few to copy, they may be too few to remove: it is swept as after a
	# crash.
	rm -rf "$data"/tmp/host-*
	project p
	sandbox enter --quiet ./p -- true
	fails 125 "box 'p' runs on the image 'host': 'sandbox stop p' first" sandbox image rm host
	sandbox stop p
	sandbox image rm host
	[ "$(sandbox enter --quiet ./p -- hostname)" = p ]
	# What may not be read is left out, as usual.
	am_root || [ ! -e "$(layer)/etc/shadow" ]
}

@test "ulimit -f is an error with one line, and does not kill the program" {
	layout app <<<"{'layers': [busybox()]}"
	for command in 'sandbox image import app app:1' 'sandbox run host true' 'sandbox init p'; do
		rm -rf p
		mkdir p
		run ! bash -c "(ulimit -f 0; exec $command) 2>&1 | cat; exit \${PIPESTATUS[0]}"
		[ "$status" = 125 ] || { echo "$command: $status"; false; }
		[[ $output = *'sandbox: '*'File too large'* ]]
	done
	# In the box it is the program's own problem, as on the host.
	run ! sandbox run host sh -c "ulimit -f 0; echo x >/tmp/f"
	[ "$status" = $((128 + $(kill -l XFSZ))) ]
}

@test "a directory of the store that was deleted by hand is made again, empty" {
	project p
	sandbox enter --quiet ./p -- true
	sandbox stop p
	for directory in boxes names projects trials tmp steps caches layers; do
		[ $directory != boxes ] || sandbox rm p
		rm -rf "${data:?}/$directory"
		says_nothing sandbox ls || [ $directory != boxes ]
		[ "$(sandbox enter --quiet ./p -- hostname)" = p ]
		sandbox rm --force p
	done
	sandbox enter --quiet ./p -- true
	sandbox stop p
	wait_until 50 no_processes
	rm -rf "$XDG_RUNTIME_DIR/sandbox/$(id_of p)" "$data/boxes"
	says_nothing sandbox ls
	[ "$(sandbox enter --quiet ./p -- hostname)" = p ]
	[ "$(sandbox ls --names)" = p ]
}

@test "files replaced by something else are an error with one line, and never block" {
	small_image
	project p
	for what in image.lock index.lock sandbox.ini; do
		file=$data/$what
		[ $what != sandbox.ini ] || file=$T/p/sandbox.ini
		mv "$file" kept 2>/dev/null || true
		for make in mkfifo mkdir; do
			$make "$file"
			for command in 'sandbox images' 'sandbox image verify' 'sandbox image tag app:1 b:1' 'sandbox run app:1 true' \
				'sandbox enter --quiet ./p -- true' 'sandbox config p'; do
				echo "$make $what: $command"
				# shellcheck disable=SC2086 # words
				run --separate-stderr timeout 60 $command </dev/null
				[ "$status" = 0 ] || [ "$status" = 125 ]
				[ "$status" = 0 ] || [ "$(words_on_stderr | wc -l)" -le 1 ]
			done
			rm -rf "$file"
		done
		[ ! -e kept ] || mv kept "$file"
	done
}

@test "a silent server is given up after one stall-timeout" {
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nstall-timeout = 1s\n' >"$HOME/.config/sandbox/sandbox.conf"
	python3 -c '
import socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(64)
open("port", "w").write(str(s.getsockname()[1]))
time.sleep(200)' 3>&- &
	server=$!
	wait_until 50 test -s port
	# First with TLS, then without, as on loopback.
	SECONDS=0
	fails 125 "*localhost:$(cat port)*" timeout 60 sandbox pull --quiet "localhost:$(cat port)/a:1"
	kill $server
	[ $SECONDS -lt 20 ]
}

@test "a store on a file system that became read-only: reading works, writing is an error with one line" {
	small_image
	ended_box p
	sandbox run host true
	# shellcheck disable=SC2016 # for the other shell
	unshare -rm true 2>/dev/null || skip "no user namespaces here"
	# shellcheck disable=SC2016 # for the other shell
	unshare -rm bash -e -c 'mount --bind "$1" "$1"
		mount -o remount,ro,bind "$1"
		shift
		exec "$@"' - "$data" bash -c '
		for read in ls images "image df" "image inspect app:1" ps "inspect p" "diff p" "config ./p"; do
			sandbox $read >/dev/null 2>err || { echo "$read: $(cat err)"; exit 1; }
		done
		for write in "image verify" "image tag app:1 b:1" "image rm app:1" "image prune" "image import app x:1" "rm p" "rm -f p" "run app:1 true" "enter ./p -- true"; do
			if timeout 60 sandbox $write >/dev/null 2>err </dev/null; then echo "$write"; exit 1; fi
			[ "$(grep -vc "you are root" err)" = 1 ] && grep -q "Read-only file system" err || { echo "$write: $(cat err)"; exit 1; }
		done'
}
