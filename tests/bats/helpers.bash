# shellcheck shell=bash disable=SC2154 # status, output and stderr are bats'
# helpers.bash - what every file of tests/bats loads.
#
# Each test gets a directory of its own, $T, with a fresh HOME, data directory and runtime directory in it,
# and stands in $T when it begins. When it has ended, its boxes are removed, and anything that is
# left then fails it: a process, a mount, a file in the store or the runtime directory.
#
# SANDBOX names the program to test; else it is found in TEST_BUILD (see tests/suite), else in
# build/. It comes first in PATH. TEST_MODE (user, root, nested) says how the suite is run.

bats_require_minimum_version 1.8.0

SOURCE=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
BUILD=${TEST_BUILD:-$SOURCE/build}
# In a box the variable holds the box's name.
[[ ${SANDBOX-} = /* ]] || SANDBOX=$BUILD/bin/sandbox

# A sanitized build takes terabytes of addresses, which no `ulimit -v` has room for.
is_sanitized() {
	grep -qa __asan_init "$SANDBOX"
}

# Of a sanitized build the search for leaks, which is by ptrace(2) as well, would fail what is traced.
strace() {
	ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0 command strace "$@"
}

# A file with a setup or teardown of its own calls these first.
sandbox_setup() {
	local name program=$SANDBOX

	for name in ${!SANDBOX_*} ${!XDG_*}; do
		unset "$name"
	done
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/home" "$T/xdg/data"
	mkdir -m 0700 "$T/xdg/run"
	export T SANDBOX=$program PATH=${program%/*}:$PATH
	export HOME=$T/home XDG_DATA_HOME=$T/xdg/data XDG_RUNTIME_DIR=$T/xdg/run
	# Pid 1 of a box shows nobody what it was started with, but everyone may see this number,
	# and every process inherits it: it tells this test's processes from all others.
	# Files that run side by side have numbers apart.
	mark=$((900 / ${TEST_JOBS:-1}))
	mark=$((100 + mark * ${TEST_SLOT:-0} + RANDOM % mark))
	echo $mark >"/proc/$BASHPID/oom_score_adj"
	isolated=1
	cd "$T" || return 1
}

sandbox_teardown() {
	# Killed before it had a store of its own, the test would remove the boxes of whoever runs it.
	[ -n "${isolated-}" ] || return 0
	remove_boxes
	chmod -R u+rwX "$T/xdg/data/sandbox/undo" 2>/dev/null || true # trees that shut their owner out
	nothing_left
}

setup() {
	sandbox_setup
}

teardown() {
	sandbox_teardown
}

remove_boxes() {
	local name

	for name in $(sandbox ls --names); do
		sandbox rm --force "$name" || true # gone meanwhile
	done
}

# Asserts that no box, process, mount or temporary file of this test is there (any more: a box's
# processes and mounts may take a moment to go).
nothing_left() {
	local data=$T/xdg/data/sandbox run=$T/xdg/run/sandbox left

	wait_until 50 no_processes || {
		echo "processes left:" >&2
		processes >&2
		return 1
	}
	left=$(grep -F " $T" /proc/self/mountinfo) && {
		echo "mounts left: $left" >&2
		return 1
	}
	left=$(find "$data"/{boxes,names,projects,tmp} -mindepth 1 2>/dev/null
	find "$run" -mindepth 1 ! -name swept 2>/dev/null)
	[ -z "$left" ] || {
		echo "files left: $left" >&2
		return 1
	}
}

# The processes of the program that this test started: launchers, clients, pid 1 of boxes. A
# zombie holds nothing any more; it waits for the init of this machine.
processes() {
	local pids

	pids=$(grep -lsx "$mark" /proc/[0-9]*/oom_score_adj | cut -d/ -f3 | paste -sd,)
	ps -o pid=,comm=,stat=,args= -p "${pids:-0}" | awk '
		$2 == "sandbox" && $3 !~ /^Z/ { print; found = 1 }
		END { exit !found }'
}

no_processes() { ! processes >/dev/null; }

# Tries a command every 0.1 s until it succeeds, at most N times.
wait_until() { # N COMMAND...
	local i n=$1

	shift
	for ((i = 0; i < n; i++)); do
		"$@" && return 0 # said, since a teardown is a trap's handler
		sleep 0.1
	done
	"$@"
}

# Waits for a background process; sets status. (`run wait` cannot, it waits in a subshell; a bare
# `wait` waits for the clock of BATS_TEST_TIMEOUT too.)
wait_for() { # PID
	status=0
	wait "$1" || status=$?
}

# git of the test has a user, and no settings of this machine.
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

# Runs what the comment at the top of an example's sandbox.ini tells its reader to type there, or
# only what follows one of its lines.
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

# True when the program is run by uid 0, which it warns of on stderr.
am_root() {
	[ "$(id -u)" = 0 ]
}

# What `run --separate-stderr` caught on stderr, without the warning that root gets.
words_on_stderr() {
	printf '%s' "${stderr-}" | grep -v '^sandbox: warning: you are root on this machine' || true
}

# Asserts that a command succeeds and writes nothing to stdout. `[ -z "$(command)" ]` holds when it fails, too.
says_nothing() { # COMMAND...
	local said ended=0

	said=$("$@") || ended=$?
	if [ $ended != 0 ] || [ -n "$said" ]; then
		printf 'command: %s\nstatus: %s (expected 0)\nstdout: %s (expected nothing)\n' "$*" $ended "$said" >&2
		return 1
	fi
}

# Runs a command that must fail with STATUS, nothing on stdout, and one line on stderr that matches
# the pattern (of [[ = ]]) after `sandbox: `.
fails() { # STATUS PATTERN COMMAND...
	local expected=$1 pattern=$2 line

	shift 2
	run ! --separate-stderr "$@"
	line=$(words_on_stderr)
	# shellcheck disable=SC2053 # the right side is meant as a pattern
	if [ "$status" != "$expected" ] || [ -n "$output" ] || [[ $line = *$'\n'* ]] ||
		[[ $line != "sandbox: "$pattern ]]; then
		printf 'command: %s\nstatus: %s (expected %s)\nstdout: %s\nstderr: %s\n' "$*" \
			"$status" "$expected" "$output" "$stderr" >&2
		echo "expected on stderr: sandbox: $pattern" >&2
		return 1
	fi
}
