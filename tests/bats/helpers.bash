# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'
# helpers.bash - loaded by every file of tests/bats.
#
# Each test gets its own directory, $T, with a fresh HOME, data directory and runtime directory in
# it, and starts in $T. After it, its boxes are removed, and anything left then fails it: a process,
# a mount, a file in the store or the runtime directory.
#
# What is here runs in every test, and a process costs 1 to 2 ms of a processor: count them
# (`strace -f -e execve,clone`) before and after a change.
#
# SANDBOX names the program to test; else it is found in TEST_BUILD (see tests/suite), else in
# build/. It comes first in PATH. TEST_MODE (user, root, nested) says how the suite is run.

bats_require_minimum_version 1.8.0

SOURCE=${BATS_TEST_DIRNAME%/tests/*}
BUILD=${TEST_BUILD:-$SOURCE/build}
# In a box the variable has the box's name.
[[ ${SANDBOX-} = /* ]] || SANDBOX=$BUILD/bin/sandbox

# A sanitized build uses terabytes of address space, more than any `ulimit -v` allows.
is_sanitized() {
	grep -qa __asan_init "$SANDBOX"
}

# In a sanitized build the search for leaks, which uses ptrace(2) too, would fail in traced
# programs.
strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 command strace "$@"
}

# A file with its own setup or teardown calls these first.
sandbox_setup() {
	# The trap by which bats knows the line that failed takes 0.2 ms a command. When many files run,
	# it is set for the lines of tests only, not for functions that they call.
	[ -z "${TEST_SLOT-}" ] || set +T
	isolate
}

isolate() {
	local name program=$SANDBOX

	begun=${EPOCHREALTIME/[.,]/}
	for name in ${!SANDBOX_*} ${!XDG_*}; do
		unset "$name"
	done
	T=$BATS_TEST_TMPDIR
	mkdir -p -m 0700 "$T/home" "$T/xdg/data" "$T/xdg/run"
	export T SANDBOX=$program PATH=${program%/*}:$PATH
	export HOME=$T/home XDG_DATA_HOME=$T/xdg/data XDG_RUNTIME_DIR=$T/xdg/run
	# Pid 1 of a box hides what it was started with, but everyone may see this number, and every
	# process inherits it: it identifies the processes of this test. Files that run in parallel
	# have distant numbers.
	mark=$((900 / ${TEST_JOBS:-1}))
	mark=$((100 + mark * ${TEST_SLOT:-0} + RANDOM % mark))
	echo $mark >"/proc/$BASHPID/oom_score_adj"
	isolated=1
	cd "$T" || return 1
}

sandbox_teardown() {
	# As `bats --timing` does, which runs four processes for it.
	BATS_TEST_DESCRIPTION+=" in $(((${EPOCHREALTIME/[.,]/} - ${begun:-${EPOCHREALTIME/[.,]/}}) / 1000))ms"
	# If the test is killed before it has its own store, cleaning up would remove the caller's
	# boxes.
	[ -n "${isolated-}" ] || return 0
	remove_boxes
	# It has trees that shut their owner out.
	[ ! -e "$T/xdg/data/sandbox/undo" ] || chmod -R u+rwX "$T/xdg/data/sandbox/undo"
	nothing_left
}

setup() {
	sandbox_setup
}

teardown() {
	sandbox_teardown
}

# Is there anything in a store or a runtime directory that a box or a command has while it is there?
something_in() { # STORE RUNTIME-DIRECTORY
	local file

	for file in "$1"/{boxes,names,projects,tmp}/{*,.[!.]*} "$2"/{*,.[!.]*}; do
		[[ ! -e $file && ! -L $file || $file = "$2"/@(swept|gateway-interface) ]] || return 0
	done
	return 1
}

# Also what was left by those that were killed: any command sweeps it.
remove_boxes() {
	! something_in "$XDG_DATA_HOME/sandbox" "$XDG_RUNTIME_DIR/sandbox" || sandbox rm --all --force || true
}

# Asserts that no box, process, mount or temporary file of this test is left (a box's processes and
# mounts may take a moment to disappear).
nothing_left() {
	local data=$T/xdg/data/sandbox run=$T/xdg/run/sandbox mounts

	[ -x "$BUILD/tests/programs/marked" ] || {
		echo "not built: make test-programs" >&2
		return 1
	}
	wait_until 50 no_processes || {
		echo "processes left:" >&2
		processes >&2
		return 1
	}
	mapfile mounts </proc/self/mountinfo
	[[ ${mounts[*]} != *" $T"* ]] || {
		echo "mounts left: $(grep -F " $T" /proc/self/mountinfo)" >&2
		return 1
	}
	! something_in "$data" "$run" || {
		echo "files left: $(find "$data"/{boxes,names,projects,tmp} "$run" -mindepth 1 2>/dev/null)" >&2
		return 1
	}
}

# The program's processes started by this test: launchers, clients, pid 1 of boxes.
processes() {
	local pids

	pids=$("$BUILD/tests/programs/marked" "$mark") || true
	[ -n "$pids" ] || return 1
	ps -o pid=,comm=,stat=,args= -p "${pids//$'\n'/,}"
}

no_processes() { "$BUILD/tests/programs/marked" "$mark" >/dev/null; }

# The sum of the sizes of files.
bytes() { # FILE...
	stat -c %s "$@" | awk '{ n += $1 } END { print n }'
}

# Tries a command every 0.1 s, after two seconds every 0.2 s, until it succeeds, for N tenths of a second,
# but half a minute at least: the machine may be slow, since much else runs on it.
wait_until() { # N COMMAND...
	local end=$((EPOCHSECONDS + ($1 > 300 ? $1 / 10 : 30))) tries=0

	shift
	while [ "$EPOCHSECONDS" -lt $end ]; do
		"$@" && return 0 # said, since a teardown is a trap's handler
		if [ -p "${TEST_BASES-}/.nothing" ]; then
			# no process: nothing ever comes from that FIFO of tests/suite
			read -rt 0.$((++tries <= 20 ? 1 : 2)) <>"$TEST_BASES/.nothing" || true
		else
			sleep 0.1
		fi
	done
	"$@"
}

# Asked again and again, so without jq, which takes 20 ms to start.
is_stopped() { # BOX
	[[ $(sandbox inspect --json "$1") = *$'\n  "state": "stopped",'* ]]
}

# Waits for a background process; sets status. (`run wait` cannot, since it waits in a subshell; a
# bare `wait` also waits for the timer of BATS_TEST_TIMEOUT.)
wait_for() { # PID
	status=0
	wait "$1" || status=$?
}

# git in the test has a user, and no settings of this machine.
own_git_settings() {
	export GIT_CONFIG_GLOBAL=$T/gitconfig GIT_CONFIG_SYSTEM=/dev/null
	git config --global user.name Me
	git config --global user.email me@example.org
	git config --global protocol.file.allow always
	git config --global init.defaultBranch main
}

# Makes a project directory $T/NAME with this text as its sandbox.ini.
project() { # NAME [TEXT]
	mkdir -p "$T/$1"
	printf '%s\n' "${2:-[sandbox]}" >"$T/$1/sandbox.ini"
}

# Copies an example of tests/patterns to $T.
example() { # NAME
	cp -r "$SOURCE/tests/patterns/$1" "$T/"
}

# Runs what the comment at the top of an example's sandbox.ini tells the user to type there, or only
# what follows one of its lines.
as_told() { # FOLDER [LINE]
	local script

	script=$(awk -v from="${2-}" '
		!/^;/ { exit }
		!/^;   \$ / { on = $0 == "; " from; next }
		on || from == "" { print substr($0, 7) }
	' "$1/sandbox.ini")
	[ -n "$script" ] || return 1
	(cd "$1" && bash -e -o pipefail -c "$script") 3>&-
}

# Makes a root file system of a static busybox at DIR, by default $T/rootfs.
rootfs() { # [DIR]
	local dir=${1:-$T/rootfs}

	mkdir -p "$dir"/{bin,dev,etc,home,proc,root,run,sys,tmp,usr,var}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	"$dir/bin/busybox" --install "$dir/bin"
	chmod 1777 "$dir/tmp"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
	echo 'root:x:0:' >"$dir/etc/group"
}

# Does uid 0 run the program, which prints a warning on stderr then?
am_root() {
	[ "$(id -u)" = 0 ]
}

# stderr as caught by `run --separate-stderr`, without the warning for root.
words_on_stderr() {
	local words

	set_words
	printf '%s' "$words"
}

# The same in $words.
set_words() {
	local line

	words=
	while IFS= read -r line; do
		[[ $line = 'sandbox: warning: you are root on this machine'* ]] || words+=${words:+$'\n'}$line
	done <<<"${stderr-}"
}

# Asserts that a command succeeds and writes nothing to stdout. `[ -z "$(command)" ]` also holds if
# it fails.
says_nothing() { # COMMAND...
	local said ended=0

	said=$("$@") || ended=$?
	if [ $ended != 0 ] || [ -n "$said" ]; then
		printf 'command: %s\nstatus: %s (expected 0)\nstdout: %s (expected nothing)\n' "$*" $ended "$said" >&2
		return 1
	fi
}

# Runs a command; shows its output only if it fails.
quietly() { # COMMAND...
	"$@" >"$T/log" 2>&1 || {
		cat "$T/log" >&2
		return 1
	}
}

# Runs a command that must fail with STATUS, nothing on stdout, and one line on stderr that matches
# the pattern (of [[ = ]]) after `sandbox: `. Sets what `run --separate-stderr` sets, without its
# processes.
fails() { # STATUS PATTERN COMMAND...
	local expected=$1 pattern=$2 flags=$- words

	shift 2
	set +eET
	output=$("$@" 2>"$T/.stderr") && status=0 || status=$?
	set "-$flags"
	read -rd '' stderr <"$T/.stderr" || true
	lines=() stderr_lines=()
	[ -z "$output" ] || mapfile -t lines <<<"$output"
	[ -z "$stderr" ] || mapfile -t stderr_lines <<<"$stderr"
	set_words
	# shellcheck disable=SC2053 # the right side is meant as a pattern
	if [ "$status" != "$expected" ] || [ -n "$output" ] || [[ $words = *$'\n'* ]] ||
		[[ $words != "sandbox: "$pattern ]]; then
		printf 'command: %s\nstatus: %s (expected %s)\nstdout: %s\nstderr: %s\n' "$*" \
			"$status" "$expected" "$output" "$stderr" >&2
		echo "expected on stderr: sandbox: $pattern" >&2
		return 1
	fi
}
