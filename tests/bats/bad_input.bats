#!/usr/bin/env bats
# Errors of users, machines and disks: one clear line on stderr, the right exit status, and nothing
# left behind (which the teardown of every test asserts).

load helpers

not_as_root() {
	! am_root || skip 'root may read and write everything'
}

# Runs a script as root of its own user and mount namespace, where it can change limits and mount.
# The program sees uid 0 there, and warns about it.
in_namespace() { # SCRIPT [ARGUMENTS...]
	unshare -Urm true 2>/dev/null || skip 'no mounts in a user namespace here'
	local script=$1

	shift
	unshare -Urm bash -ec "$(declare -f says_nothing wait_until)
$script" "$@"
}

one_line_125() { # STATUS FILE-WITH-STDERR
	local lines

	lines=$(grep -v '^sandbox: warning: you are root' "$2")
	if [ "$1" != 125 ] || [[ $lines != 'sandbox: '* ]] || [[ $lines = *$'\n'* ]]; then
		echo "status $1, stderr:" >&2
		cat "$2" >&2
		return 1
	fi
}

# --- the machine

@test "no user namespaces" {
	project p
	run in_namespace 'echo 0 >/proc/sys/user/max_user_namespaces
		status=0; sandbox run host true 2>err || status=$?
		sandbox enter ./p -- true 2>err2 || status=$status,$?
		echo $status'
	[ "$output" = 125,125 ]
	one_line_125 125 err
	one_line_125 125 err2
	grep -q 'doctor' err
	cat err
}

@test "no overlayfs in the kernel" {
	project p
	strace -f -o trace -P overlay -e trace=mount -e inject=mount:error=ENODEV true ||
		skip 'strace cannot trace here'
	status=0
	# a sanitized build looks for leaks by tracing itself, but strace already traces it
	ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -P overlay -e trace=mount \
		-e inject=mount:error=ENODEV \
		"$SANDBOX" enter ./p -- true 2>err || status=$?
	grep -q INJECTED trace
	one_line_125 "$status" err
	grep -q overlay err
	sandbox enter ./p -- true
}

@test "a data directory on an overlay: the upper is kept in memory, with a note" {
	project p
	mkdir lower upper
	run in_namespace 'mount -t tmpfs none upper; mkdir upper/{u,w}
		mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper/u,workdir=upper/w none lower
		export XDG_DATA_HOME=$PWD/lower
		sandbox enter ./p -- sh -c "echo x >/var/x; cat /var/x" 2>err
		sandbox rm -f p'
	[ "$output" = x ]
	grep -q 'overlay.*memory' err
}

@test "uid 0 works, with a warning" {
	am_root || unshare -Ur true || skip 'no user namespaces here'
	run --separate-stderr unshare -Ur "$SANDBOX" run host id -u
	[ "$output" = 0 ]
	[[ $stderr = 'sandbox: warning: you are root on this machine'* ]]
	[ "${#stderr_lines[@]}" = 1 ]
}

# --- the command

@test "a command that does not exist: 127" {
	project p
	fails 127 "*'no-such-command'*not found*" sandbox enter ./p -- no-such-command
	fails 127 "*'/no/such'*not found*" sandbox enter ./p -- /no/such
	fails 127 "*'no-such-command'*" sandbox run host no-such-command
	fails 127 "*'no-such-command'*" sandbox exec p no-such-command
	fails 127 "*''*" sandbox exec p ''
}

@test "a command that cannot be executed: 126" {
	project p
	echo data >p/data
	mkdir p/folder
	fails 126 "*'./data'*" sandbox enter ./p -- ./data
	fails 126 "*'./folder'*" sandbox enter ./p -- ./folder
	fails 126 "*'./data'*" sandbox exec p ./data
}

@test "a command line longer than the kernel takes" {
	project p
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	[ "$(sandbox enter ./p -- sh -c 'echo ${#1}' - "$long")" = 100000 ]
	run --separate-stderr sandbox enter ./p -- true "$long" "$long" "$long" "$long" "$long" "$long"
	[ "$status" = 0 ] || one_line_125 "$status" <(echo "$stderr")
}

# --- the directory and its file

@test "a directory that does not exist" {
	mkdir gone
	fails 125 "*'./nowhere'*No such file*" sandbox enter ./nowhere -- true
	fails 125 "*'./nowhere'*No such file*" sandbox config ./nowhere
	fails 125 "*nowhere*No such file*" sandbox run dir:nowhere true
	fails 125 "*nowhere*No such file*" sandbox run --mount nowhere:/x host true
	cd gone
	rmdir ../gone
	fails 125 "*No such file*" sandbox enter -- true
	fails 125 "*directory*" sandbox config
	sandbox run host true
}

@test "the project directory of a box is gone" {
	project p
	sandbox enter ./p -- true
	sandbox stop p
	rm -r p
	fails 125 "*'$T/p'*gone*" sandbox enter p -- true
	sandbox ls | grep -q "$T/p"
}

@test "a file where a directory is expected" {
	echo >file
	fails 125 "*file*directory*" sandbox run dir:file true
	fails 125 "*file*" sandbox enter ./file -- true
	fails 125 "*file*" sandbox init file
}

@test "a project file that cannot be read" {
	not_as_root
	project p
	chmod 0 p/sandbox.ini
	fails 125 "*p/sandbox.ini*Permission denied*" sandbox enter ./p -- true
}

@test "a project file that is not a file" {
	mkdir -p d/sandbox.ini l f
	ln -s nowhere l/sandbox.ini
	mkfifo f/sandbox.ini
	fails 125 "*d/sandbox.ini*" timeout 60 "$SANDBOX" enter ./d -- true
	fails 125 "*f/sandbox.ini*" timeout 60 "$SANDBOX" enter ./f -- true
	fails 125 "*l/sandbox.ini*" timeout 60 "$SANDBOX" enter ./l -- true
}

@test "a malformed project file: its name, the line and the nearest known word" {
	project p $'[sandbox]\nimage = host\nnetwrok = none'
	fails 125 "*p/sandbox.ini:3: *'netwrok'*did you mean 'network'?" sandbox enter ./p -- true
	project p $'[sandbx]'
	fails 125 "*p/sandbox.ini:1: *sandbx*sandbox*" sandbox enter ./p -- true
	project p $'[sandbox]\nnetwork = nat'
	fails 125 "*p/sandbox.ini:2: *" sandbox enter ./p -- true
	project p $'[sandbox\nnetwork = none'
	fails 125 "*p/sandbox.ini:1: *" sandbox enter ./p -- true
	project p $'image = host'
	fails 125 "*p/sandbox.ini:1: *" sandbox enter ./p -- true
	head -c 3000 /dev/urandom >p/sandbox.ini
	fails 125 "*p/sandbox.ini*" sandbox enter ./p -- true
}

@test "a project file of 100 MB is refused before it is read" {
	local limit=100000

	! is_sanitized || limit=unlimited
	project p
	truncate -s 100M p/sandbox.ini
	fails 125 "*p/sandbox.ini*" sandbox enter ./p -- true
	yes '# a comment that goes on and on' | head -c 100000000 >p/sandbox.ini
	(ulimit -v $limit; fails 125 "*p/sandbox.ini*" sandbox enter ./p -- true)
}

@test "a name with a slash, or of 300 characters, is not a box name" {
	project p
	long=$(printf 'x%.0s' {1..300})
	fails 125 "*'a/b'*name*" sandbox enter --name a/b ./p -- true
	fails 125 "*name*63*" sandbox enter --name "$long" ./p -- true
	fails 125 "*'../x'*name*" sandbox run --name ../x host true
	fails 125 "*name*63*" sandbox run --name "$long" host true
	fails 125 "*name*" sandbox run --name '' host true
	fails 125 "*" sandbox enter "$long" -- true
	fails 125 "*" sandbox stop "$long"
	fails 125 "*" sandbox rm a/b
	fails 125 "*" sandbox exec '' true
	project p "[sandbox]
name = $(printf 'x%.0s' {1..64})"
	fails 125 "*p/sandbox.ini:2: *" sandbox enter ./p -- true
	project p $'[sandbox]\nname = a/b'
	fails 125 "*p/sandbox.ini:2: *" sandbox enter ./p -- true
}

@test "a directory whose name is as long as names can be" {
	long=$(printf 'x%.0s' {1..255})
	project "$long"
	[ "$(sandbox enter "./$long" -- pwd)" = "$T/$long" ]
	[ "$(sandbox ls --names)" = "$(printf 'x%.0s' {1..63})" ]
}

# --- descriptors

@test "stdin closed" {
	project p
	[ "$(sandbox enter ./p -- echo fine <&-)" = fine ]
	says_nothing sh -c 'sandbox enter ./p -- cat <&-'
	[ "$(sandbox ls --names <&-)" = p ]
	sandbox run host true <&-
}

@test "stdout closed, or full" {
	project p
	sandbox enter ./p -- true >&-
	for to in /dev/full closed; do
		for command in ls 'ls --json' ps 'inspect p' config doctor help version 'ls --help'; do
			status=0
			# shellcheck disable=SC2086 # several words
			if [ $to = closed ]; then
				sandbox $command 2>err >&- || status=$?
			else
				sandbox $command 2>err >$to || status=$?
			fi
			cat err
			one_line_125 "$status" err
		done
	done
	run --separate-stderr sandbox enter ./p -- sh -c 'echo x >&2; exit 3'
	[ "$status" = 3 ]
	run bash -c 'sandbox enter ./p -- sh -c "echo x; exit 3" >/dev/full'
	[ "$status" = 3 ]
}

@test "stdin, stdout and stderr all closed" {
	project p
	sandbox enter ./p -- sh -c 'echo made >made' <&- >&- 2>&-
	[ "$(cat p/made)" = made ]
	# none of our files was used as stdout
	[ "$(sandbox enter ./p -- sh -c 'echo lost; echo lost >&2; exit 4' <&- >&- 2>&-; echo $?)" = 4 ]
	status=0
	sandbox enter ./nowhere <&- >&- 2>&- || status=$?
	[ "$status" = 125 ]
}

@test "a reader that goes away" {
	project p
	run bash -c 'sandbox enter ./p -- yes | head -n 1; echo "${PIPESTATUS[0]}"'
	[ "$output" = $'y\n141' ]
}

# --- paths

odd_names=('a b' "quote's" 'double"q' $'new\nline' 'com,ma' 'co:lon' 'back\slash' '%s%n' '$HOME' \
	'-dash' 'ünïcode' $'tab\there' $'\xff\xfe' '#hash;semi' 'a=b' '~' "[x]" "*")

@test "unusual paths as project directory" {
	for name in "${odd_names[@]}"; do
		mkdir "./$name"
		(cd "./$name" && sandbox enter -- sh -c 'pwd >here')
		[ "$(cat "./$name/here")" = "$T/$name" ]
		(cd "./$name" && sandbox rm -f .)
	done
}

@test "unusual paths as image" {
	rootfs
	for name in "${odd_names[@]}"; do
		mv rootfs "./$name"
		[ "$(sandbox run "dir:$T/$name" echo fine)" = fine ]
		[ "$(sandbox run --disk "dir:./$name" echo fine)" = fine ]
		mv "./$name" rootfs
	done
}

@test "unusual paths in --mount, with a backslash before a colon or backslash" {
	for name in "${odd_names[@]}"; do
		mkdir "./$name"
		echo "$name" >"./$name/file"
		escaped=${name//\\/\\\\}
		escaped=${escaped//:/\\:}
		[ "$(sandbox run --mount "./$escaped:/mnt/$escaped:ro" host cat "/mnt/$name/file")" = \
			"$(cat "./$name/file")" ]
	done
}

@test "unusual paths as data and runtime directory" {
	project p
	for name in "${odd_names[@]}"; do
		mkdir -p "odd/$name"
		mkdir -m 700 "odd/$name/run"
		[ "$(XDG_DATA_HOME="$T/odd/$name" XDG_RUNTIME_DIR="$T/odd/$name/run" \
			sandbox enter ./p -- echo fine)" = fine ]
		XDG_DATA_HOME="$T/odd/$name" XDG_RUNTIME_DIR="$T/odd/$name/run" sandbox rm -f p
	done
}

@test "a path longer than PATH_MAX" {
	deep=$T
	for i in {1..20}; do
		part=$(printf "$i%.0s" {1..120})
		mkdir "$deep/$part"
		deep+=/$part
	done
	[ "${#deep}" -gt 2048 ]
	[ "$(sandbox enter "$deep" -- pwd)" = "$deep" ]
	fails 125 "*: @(File name too long|No such file or directory)" sandbox enter "$deep/$deep" -- true
}

# --- disks and directories

@test "a full disk under the data directory" {
	project p
	mkdir disk
	in_namespace 'mount -t tmpfs -o size=8M none disk; export XDG_DATA_HOME=$PWD/disk
		cat /dev/zero >disk/full 2>/dev/null || true
		status=0; sandbox enter ./p -- true 2>err || status=$?; echo $status >status
		status=0; sandbox run --disk host true 2>err2 || status=$?; echo $status >status2
		find disk -path "*/layers/*" -o -path "*/tmp/*" -o -path "*/boxes/*" >left
		rm disk/full
		sandbox enter ./p -- true; sandbox rm -f p'
	one_line_125 "$(cat status)" err
	one_line_125 "$(cat status2)" err2
	grep -q 'No space left' err err2
	[ ! -s left ]
}

@test "a disk that becomes full after any number of files" {
	project p
	mkdir disk
	rootfs
	in_namespace 'export XDG_DATA_HOME=$PWD/disk RUNS=0
		for n in {1..60}; do
			mount -t tmpfs -o nr_inodes=$n none disk
			status=0
			sandbox enter --image "dir:$PWD/rootfs" ./p -- true 2>err || status=$?
			if [ $status != 0 ]; then
				[ $status = 125 ]
				[ "$(grep -vc "warning: you are root" err)" = 1 ]
				grep -q "No space left" err || { cat err >&2; exit 1; }
				says_nothing find disk -path "disk/sandbox/tmp/*"
				# the box exists completely, or not at all
				[ ! -L disk/sandbox/names/p ] || [ -e "disk/sandbox/boxes/$(readlink disk/sandbox/names/p)/record" ]
			else
				RUNS=$((RUNS + 1))
			fi
			sandbox rm -f p 2>/dev/null || true
			says_nothing find disk -regex "disk/sandbox/\\(boxes\\|tmp\\|names\\|projects\\)/.*"
			umount -l disk
		done
		[ $RUNS -gt 10 ]'
}

@test "a full disk under the runtime directory" {
	project p
	mkdir disk
	rootfs
	in_namespace 'export XDG_RUNTIME_DIR=$PWD/disk
		for n in {2..12}; do
			mount -t tmpfs -o nr_inodes=$n,mode=700 none disk
			for command in "run dir:rootfs true" "enter --image dir:$PWD/rootfs ./p -- true"; do
				status=0
				timeout 60 "$SANDBOX" $command 2>err || status=$?
				[ $status = 0 ] || {
					[ $status = 125 ]
					[ "$(grep -vc "warning: you are root" err)" = 1 ]
					grep -q "No space left" err
				}
			done
			for name in $(sandbox ls --names); do sandbox rm -f $name; done
			says_nothing sandbox ls --names
			wait_until 50 umount disk 2>/dev/null # the last pid 1 may still be ending
		done'
}

@test "a data directory that is not writable" {
	not_as_root
	project p
	chmod 0555 "$XDG_DATA_HOME"
	fails 125 "*$XDG_DATA_HOME*Permission denied*" sandbox enter ./p -- true
	fails 125 "*$XDG_DATA_HOME*Permission denied*" sandbox run host true
	chmod 0755 "$XDG_DATA_HOME"
	sandbox enter ./p -- true
	sandbox rm -f p
	chmod 0500 "$XDG_DATA_HOME"/sandbox/*
	fails 125 "*$XDG_DATA_HOME*Permission denied*" sandbox enter ./p -- true
	chmod 0700 "$XDG_DATA_HOME"/sandbox/*
}

@test "a data directory that is a file or a dangling symlink" {
	project p
	echo >file
	ln -s nowhere link
	XDG_DATA_HOME=$T/file fails 125 "*$T/file*" sandbox enter ./p -- true
	XDG_DATA_HOME=$T/link fails 125 "*$T/link*" sandbox enter ./p -- true
}

@test "a runtime directory that others could have made is refused" {
	project p
	mkdir elsewhere
	ln -s ../../elsewhere "$XDG_RUNTIME_DIR/sandbox"
	fails 125 "*$XDG_RUNTIME_DIR/sandbox*link*" sandbox enter ./p -- true
	rm "$XDG_RUNTIME_DIR/sandbox"
	echo >"$XDG_RUNTIME_DIR/sandbox"
	fails 125 "*$XDG_RUNTIME_DIR/sandbox*" sandbox ls
	rm "$XDG_RUNTIME_DIR/sandbox"
	mkdir -m 0755 "$XDG_RUNTIME_DIR/sandbox"
	fails 125 "*$XDG_RUNTIME_DIR/sandbox*0755*0700*" sandbox enter ./p -- true
	says_nothing ls elsewhere
}

@test "a runtime directory of another user is not used, and the fallback in /tmp is checked" {
	mkdir -p tmp/x
	in_namespace 'cd /; mount --bind "$T/tmp" /tmp; export T=/tmp/x HOME=/tmp/x
		export XDG_DATA_HOME=/tmp/x/data XDG_RUNTIME_DIR=/usr
		sandbox run host true
		[ "$(stat -c %a /tmp/sandbox-0)" = 700 ]
		rm -r /tmp/sandbox-0
		ln -s x /tmp/sandbox-0
		status=0; sandbox run host true 2>/tmp/x/err || status=$?
		[ $status = 125 ]
		[ ! -e /tmp/x/swept ]'
	one_line_125 125 tmp/x/err
}
