#!/usr/bin/env bats
# sandbox config: the settings of a project, and the line that sets each.

load helpers

# The row of the table with this key, separated by single blanks.
line() { # KEY [ARGUMENT...]
	local key=$1

	shift
	sandbox config "$@" 2>/dev/null | tr -s ' ' | grep "^$key = "
}

@test "every value has its source: a line of a file, or built-in" {
	project p $'[sandbox]\nlinger = 5m\n\n[env]\nCC = gcc\n[mounts]\n/data = /usr ro'
	[ "$(line linger ./p)" = 'linger = 5m p/sandbox.ini:2' ]
	[ "$(line env.CC ./p)" = 'env.CC = gcc p/sandbox.ini:5' ]
	[ "$(line mounts./data ./p)" = 'mounts./data = /usr ro p/sandbox.ini:7' ]
	[ "$(line network ./p)" = 'network = gateway built-in' ]
	[ "$(sandbox config ./p | grep -c '^linger ')" = 1 ]
	# a file outside the current directory has its full path
	cd /
	[ "$(line linger "$T/p")" = "linger = 5m $T/p/sandbox.ini:2" ]
}

@test "without PROJECT it is the nearest directory with a sandbox.ini" {
	project p $'[sandbox]\nlinger = 7s'
	mkdir -p p/src/deep
	cd p/src/deep
	[ "$(sandbox config linger)" = 7s ]
}

@test "a directory without sandbox.ini has the built-in values" {
	mkdir plain
	[ "$(sandbox config ./plain | sed '/^$/,$d' | grep -v ' built-in$')" = '' ]
	[ "$(sandbox config ./plain image)" = host ]
}

@test "a box's name stands for its project" {
	project p $'[sandbox]\nname = other\nlinger = 7s'
	sandbox enter ./p -- true
	cd /
	[ "$(sandbox config other linger)" = 7s ]
}

@test "one key prints only its value; status 1 if it has none" {
	project p $'[env]\nCC = gcc'
	[ "$(sandbox config ./p env.CC)" = gcc ]
	[ "$(sandbox config ./p linger)" = 10s ]
	run sandbox config ./p env.NONE
	[ "$status" = 1 ]
	[ -z "$output" ]
	run sandbox config ./p name
	[ "$status" = 1 ]
	fails 125 "no setting 'netwrk'*did you mean 'network'?" sandbox config ./p netwrk
	fails 125 "no setting 'x.y'*sandbox.ini(5)" sandbox config ./p x.y
}

@test "precedence: profile, file, environment, flag" {
	mkdir -p home/.config/sandbox/profiles
	printf '[sandbox]\nlinger = 1s\nnetwork = none\nhostname = from-profile\n' \
		>home/.config/sandbox/profiles/mine.ini
	project p $'[sandbox]\nprofile = mine\nlinger = 2s'
	[[ $(line hostname ./p) = 'hostname = from-profile '*/profiles/mine.ini:4 ]]
	[[ $(line linger ./p) = *" = 2s "* ]]
	[[ $(SANDBOX_LINGER=3s line linger ./p) = "linger = 3s "*SANDBOX_LINGER* ]]
	[[ $(SANDBOX_NETWORK=host line network ./p) = "network = host "*SANDBOX_NETWORK* ]]
	[[ $(SANDBOX_NETWORK='' line network ./p) = "network = none "*mine.ini:3 ]]
	[[ $(SANDBOX_IO_URING=yes line io-uring ./p) = "io-uring = yes "*SANDBOX_IO_URING* ]]
	# a flag overrides a variable
	[ "$(SANDBOX_NETWORK=host sandbox enter --network none ./p -- ls /sys/class/net)" = lo ]
}

@test "a bad value in the environment is an error that names the variable" {
	project p
	fails 125 "*SANDBOX_NETWORK*expected one of: gateway host none*" \
		env SANDBOX_NETWORK=nat sandbox config ./p
}

@test "later profiles override earlier ones, the file overrides both; lists accumulate" {
	printf '[sandbox]\nlinger = 1s\nhome = host\nprotect = a\n[env]\nP = 1:$P\n' >one.ini
	printf '[sandbox]\nlinger = 2s\nprotect = b\n[env]\nP = 2:$P\n' >two.ini
	project p $'[sandbox]\nprofile = ../one.ini, ../two.ini\nprotect = c\n[env]\nP = 3:$P'
	[ "$(line linger ./p)" = 'linger = 2s two.ini:2' ]
	[ "$(line home ./p)" = 'home = host one.ini:3' ]
	[ "$(sandbox config ./p protect)" = $'a\nb\nc' ]
	[ "$(sandbox config ./p env.P)" = $'1:$P\n2:$P\n3:$P' ]
	[ "$(sandbox enter --accept -q ./p -- sh -c 'echo $P')" = 3:2:1: ]
}

@test "--profile adds a profile, --variant its section" {
	printf '[sandbox]\nhome = host\n[env]\nX = extra\n' >extra.ini
	project p $'[env]\nX = file\nY = plain\n[env:test]\nY = tested'
	# for a list each source is shown; the file comes last
	[ "$(sandbox config --profile ./extra.ini ./p env.X)" = $'extra\nfile' ]
	[ "$(sandbox config --profile ./extra.ini ./p home)" = host ]
	sandbox config ./p >out
	run ! grep tested out
	[ "$(line env:test.Y --variant test ./p)" = 'env:test.Y = tested p/sandbox.ini:5' ]
	fails 125 "there is no variant \[env:tset]*test*" sandbox config --variant tset ./p
}

@test "--json has the same content" {
	project p $'[sandbox]\nlinger = 5m\n[env]\nQ = say "x" \\ tab\there'
	sandbox config --json ./p >out
	[ "$(jq -r .project out)" = "$T/p" ]
	[ "$(jq -r .file out)" = "$T/p/sandbox.ini" ]
	[ "$(jq -r '.settings[] | select(.key == "linger") | .value + " " + .source' out)" = \
		"5m p/sandbox.ini:2" ]
	[ "$(jq -r '.settings[] | select(.section == "env") | .value' out)" = \
		$'say "x" \\ tab\there' ]
	[ "$(sandbox config --json ./p linger | jq -c '[.settings[].value]')" = '["5m"]' ]
	mkdir plain
	[ "$(sandbox config --json ./plain | jq .file)" = null ]
}

@test "an error in a file is reported with its line and the nearest word" {
	project p $'[sandbox]\nnetwrk = none'
	fails 125 "p/sandbox.ini:2: unknown key 'netwrk'*'network'?" sandbox config ./p
	project p $'[sandbox]\n\n[evn]\nA = 1'
	fails 125 "p/sandbox.ini:3: unknown section \[evn]*env*" sandbox config ./p
	project p $'[sandbox]\nidmap = subid'
	fails 125 "p/sandbox.ini:2: *not available yet*single" sandbox config ./p
	project p $'[sandbox]\nlinger = soon'
	fails 125 "p/sandbox.ini:2: *linger*" sandbox config ./p
	project p $'[sandbox]\nprofile = pyhton'
	fails 125 "*there is no profile 'pyhton', did you mean 'python'?" sandbox config ./p
}

@test "what is not implemented yet is noted on stderr, but not if one key was asked for" {
	project p $'[limits]\nmemory = 1G'
	run --separate-stderr sandbox config ./p
	[ "$status" = 0 ]
	[ "$(words_on_stderr | grep -c 'is not implemented yet$')" = 1 ]
	run -0 --separate-stderr sandbox config ./p linger
	says_nothing words_on_stderr
	run -0 --separate-stderr sandbox config --quiet ./p
	says_nothing words_on_stderr
}

@test "config makes no box and writes nothing" {
	project p
	sandbox config ./p >/dev/null
	says_nothing sandbox ls --names
	[ "$(ls -A p)" = sandbox.ini ]
}

@test "sandbox.conf is shown with its lines, but does not apply to a project" {
	local conf=$HOME/.config/sandbox/sandbox.conf

	project p
	[[ $(sandbox config ./p | tr -s ' ') = *"images.registry = docker.io built-in"* ]]
	mkdir -p "${conf%/*}"
	printf '[images]\nregistry = r.example\nstores = /a\n[registry docker.io]\nmirror = m\n' >"$conf"
	[[ $(sandbox config ./p | tr -s ' ') = *"images.registry = r.example $conf:2"*"registry docker.io.mirror = m $conf:5"* ]]
	[ "$(sandbox config images.registry)" = r.example ]
	[ "$(sandbox config ./p 'registry docker.io.mirror')" = m ]
	[ "$(sandbox config --json ./p images.stores | jq -r '.settings[].value')" = /a ]

	printf '[sandbox]\n[images]\nregistry = evil.example\n' >p/sandbox.ini
	fails 125 "p/sandbox.ini:2: \[images] belongs in sandbox.conf*" sandbox config ./p
	fails 125 "*belongs in sandbox.conf*" sandbox enter ./p -- true
	printf '[sandbox]\n' >p/sandbox.ini
	printf '[registry docker.io]\ninsecure = yes\n' >evil.ini
	fails 125 "evil.ini:1: \[registry docker.io] belongs in sandbox.conf*" \
		sandbox enter --profile ./evil.ini ./p -- true

	printf '[images]\nparallel = 99\n' >"$conf"
	fails 125 "$conf:2: expected a number of layers at once, 1 to 16" sandbox config ./p
}

@test "the sandbox.ini in README.md can be pasted" {
	mkdir p
	awk '/^```ini$/ { on = 1; next } /^```$/ { on = 0 } on' "$SOURCE/README.md" >p/sandbox.ini
	[ -s p/sandbox.ini ]
	[ "$(line packages.apt ./p)" = "packages.apt = build-essential ccache p/sandbox.ini:6" ]
}
