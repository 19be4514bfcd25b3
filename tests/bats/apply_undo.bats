#!/usr/bin/env bats
# sandbox apply --undo: what the last apply replaced and removed is kept, and can be restored as a
# whole or by path.

load helpers
load oracle

setup() {
	sandbox_setup
	place=$T
	fill "$T"
	plant
}

teardown() {
	[ -z "${far-}" ] || rm -rf "$far"
	clear_canaries
	sandbox_teardown
}

# A project with files of every type in DIR/p.
fill() { # DIR
	mkdir -p "$1/p/sub/deep" "$1/p/op"
	printf '[sandbox]\nlinger = 0\nproject = /p\n' >"$1/p/sandbox.ini"
	(cd "$1/p" && echo host | tee file same gone sub/a sub/deep/b op/kept >/dev/null && ln -s file link && chmod 750 sub && chmod 640 file)
	touch -d '2001-02-03 04:05:06.789' "$1/p/file" "$1/p/gone" "$1/p/sub/a"
}

tried() { sandbox try --quiet --accept "$place/p" -- sh -c "$1"; }
applied() { sandbox apply --quiet --yes "$place/p" >listed; }
undone() { sandbox apply --undo --quiet --yes "$@" >listed; }
kept() { find "$XDG_DATA_HOME/sandbox/undo" -mindepth 1 -maxdepth 1 2>/dev/null; }
look() { (cd "$1" && find . ! -name . -printf '%P %y %m %l %Ty%Tm%Td%TT\n' | grep -v '^[^ ]* d' | sort && find . -type d -printf '%P %m\n' | sort && find . -type f | sort | xargs -d '\n' cat); }

change='echo box >file; echo more >>sub/a; rm gone; rm -r sub/deep; mkdir -p new/in; echo n >new/in/f; ln -sfn /etc/passwd link
	ln -s x ln; chmod 700 op; rm op/kept; echo odd >"$(printf "n %%41\n\033")"'

@test "restores everything, by default for the current project: content, modes, times, links, removed trees; then drops what was kept" {
	was=$(look p)
	tried "$change"
	sandbox apply --yes ./p >listed 2>said
	grep -q "replaced files are kept (.*B): 'sandbox apply --undo' restores them, --forget removes them" said
	[ "$(cat p/file)$(readlink p/link)" = box/etc/passwd ]
	[ ! -e p/sub/deep ]
	sandbox discard --force ./p
	run ! grep -q $'\033' listed
	[ "$(cd p && sandbox apply --undo --dry-run | wc -l)" = "$(wc -l <listed)" ]
	run -125 --separate-stderr sandbox apply --undo ./p
	[[ $stderr = 'sandbox: there is no terminal to ask on, so nothing was undone: add --yes'* ]]
	(cd p && sandbox apply --undo --quiet --yes >/dev/null)
	[ "$(look p)" = "$was" ]
	says_nothing kept
	fails 125 "there is nothing kept to undo for '$T/p'" sandbox apply --undo --yes ./p
	unharmed
}

@test "by path: files, directories with their content, removed files; the rest stays applied" {
	was=$(look p)
	tried "$change"
	applied
	undone p/sub p/gone
	[ "$(cat p/sub/deep/b p/sub/a p/gone)" = $'host\nhost\nhost' ]
	[ "$(cat p/file)" = box ]
	(cd p && sandbox apply --undo --quiet --yes ./new >/dev/null)
	[ ! -e p/new ]
	[ -L p/ln ]
	[ "$(undone ./p/file; cut -c3- listed)" = "M $T/p/file" ]
	fails 125 "there is nothing kept to undo for '/etc/passwd'" sandbox apply --undo --yes /etc/passwd p/ln
	undone ./p
	[ "$(look p)" = "$was" ]
	says_nothing kept
}

@test "what has changed since is refused by name, and overwritten only with --force" {
	tried "$change"
	applied
	echo mine >>p/file
	echo mine >p/new/mine
	echo mine >p/gone
	run -125 --separate-stderr sandbox apply --undo --yes ./p
	[[ $output = *"  M $T/p/file (changed since)"* ]]
	[[ $output = *"  A $T/p/gone (changed since)"* ]]
	[[ $stderr = *'2 of these have changed since: --force overwrites them, or name the others' ]]
	[ "$(cat p/file)" = $'box\nmine' ]
	sandbox apply --undo --json --dry-run ./p >listed
	python3 -c 'import json; v = json.load(open("listed")); assert sorted(x["path"].rsplit("/")[-1] for x in v if x["changed_since"]) == ["file", "gone"], v'
	undone p/sub p/link
	[ "$(cat p/sub/a)" = host ]
	undone --force ./p
	[ "$(cat p/file p/gone p/new/mine)" = $'host\nhost\nmine' ]
	[ ! -e p/new/in ]
	[ "$(ls p/new)" = mine ]
}

@test "kept until the next apply that changes something, or --forget; usage errors" {
	tried 'echo one >file'
	applied
	tried true
	applied
	[ -n "$(kept)" ]
	tried 'echo two >file'
	applied
	undone p
	[ "$(cat p/file)" = one ]
	tried 'echo three >file'
	applied
	sandbox apply --forget ./p 2>said
	grep -q 'removed .* that was kept' said
	says_nothing kept
	[ "$(cat p/file)" = three ]
	fails 125 'there is nothing kept to undo for*' sandbox apply --forget ./p
	fails 125 '--undo and --forget cannot be used together' sandbox apply --undo --forget
	fails 125 '--undo cannot be used with --from, --to and --tar' sandbox apply --undo --tar x
	fails 125 '--force needs --undo' sandbox apply --force
	fails 125 'paths need --undo; name one project' sandbox apply a b
	sandbox try --quiet ./p -- sleep 60 &
	session=$!
	tried 'echo four >file' || true
	wait_until 50 sandbox exec p-try true
	sandbox stop --time 0 p-try
	wait_for $session
}

@test "after --from and --to, into directories that were created" {
	tried 'mkdir -p ~/a/b; echo x >~/a/b/c; echo y >~/a/d'
	mkdir out
	echo old >out/d
	sandbox apply --quiet --yes --from "$HOME/a" --to "$T/out" ./p >/dev/null
	[ "$(cat out/b/c out/d)" = $'x\ny' ]
	undone ./p
	[ "$(cat out/d)" = old ]
	[ "$(ls out)" = d ]
}

@test "across file systems; symlinks planted meanwhile are not followed" {
	far=$(mktemp -d /dev/shm/undo-XXXXXX)
	place=$far
	fill "$far"
	[ "$(stat -c %d "$far")" != "$(stat -c %d "$XDG_DATA_HOME")" ]
	was=$(look "$far/p")
	tried "$change"
	applied
	undone "$far/p"
	[ "$(look "$far/p")" = "$was" ]
	says_nothing kept
	tried "$change"
	applied
	mv "$far/p/sub" "$far/real"
	ln -s "$canary" "$far/p/sub"
	run -125 sandbox apply --undo --force --quiet --yes "$far/p"
	unharmed
	rm "$far/p/sub"
	mv "$far/real" "$far/p/sub"
	undone --force "$far/p"
	[ "$(look "$far/p")" = "$was" ]
	no_temporaries=$(find "$far" -name '.sandbox-*')
	[ -z "$no_temporaries" ]
}

@test "killed at each call of apply and of undo: nothing is lost, repeating completes it, and undo restores everything" {
	local calls=linkat,renameat,renameat2,unlinkat,write,mkdirat,symlinkat,fchmod,utimensat n
	command -v strace >/dev/null || skip 'no strace'
	was=$(look p)
	killed() { # N COMMAND...
		strace -qqq -o /dev/null -e trace="$calls" -e inject="$calls:signal=SIGKILL:when=$1" "${@:2}" >/dev/null 2>&1
	}
	for far in '' /dev/shm; do
		[ -z "$far" ] || { far=$(mktemp -d /dev/shm/undo-XXXXXX); mv p "$far/p"; place=$far; }
		tried "$change"
		# The N-th of each of these calls.
		for n in {1..31..3}; do
			killed "$n" sandbox apply --quiet --yes "$place/p" || true
			# Every file is the old one or the new one.
			[[ $(cat "$place/p/file") = @(host|box) ]]
			[ -e "$place/p/sub/deep/b" ] || [ -n "$(find "$XDG_DATA_HOME/sandbox/undo" -name b)" ]
		done
		sandbox apply --quiet --yes "$place/p"
		[ "$(cat "$place/p/file")" = box ]
		[ ! -e "$place/p/sub/deep" ]
		for n in {1..31..3}; do
			killed "$n" sandbox apply --undo --force --quiet --yes "$place/p" || true
			[[ $(cat "$place/p/file") = @(host|box) ]]
		done
		says_nothing kept || undone --force "$place/p"
		[ "$(look "$place/p")" = "$was" ]
		says_nothing find "$place/p" -name '.sandbox-*'
	done
	# What was being removed is swept later.
	chmod -R u+rwx "$XDG_DATA_HOME/sandbox/tmp"
	rm -rf "$XDG_DATA_HOME/sandbox/tmp"/*
}

@test "an error at any call does not pass as an empty result: everything is listed, or one line says why not" {
	tried "$change"
	applied
	sandbox apply --undo --dry-run "$T/p" >all
	export ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0:allocator_may_return_null=1
	n=0
	while "$BUILD/tests/programs/inject" -r "$T" -o 3 ENOMEM $((++n)) sandbox apply --undo --dry-run "$T/p" >now 2>err 3>report; do
		grep -q ^hit report || break
		if grep -qx 'exit 0' report; then cmp all now; else [ "$(wc -l <err)" = 1 ]; fi
	done
	[ $n -gt 20 ]
}
