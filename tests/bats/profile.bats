#!/usr/bin/env bats
# sandbox profile, and the profiles that come with the program.

load helpers

# The profiles that come with the program, by name.
shipped() {
	local file

	for file in "${SANDBOX%/bin/*}"/share/sandbox/profiles/*.ini; do
		file=${file##*/}
		echo "${file%.ini}"
	done
}

mine() { # NAME TEXT
	mkdir -p "$HOME/.config/sandbox/profiles"
	printf '%s\n' "$2" >"$HOME/.config/sandbox/profiles/$1.ini"
}

@test "ls lists every profile with its description" {
	[ "$(sandbox profile ls | cut -d' ' -f1)" = "$(shipped | LC_ALL=C sort)" ]
	[ "$(sandbox profile)" = "$(sandbox profile ls)" ]
	[ "$(sandbox profile ls | grep -Ec '^[a-z]+ *$')" = 0 ]
	sandbox profile ls | grep -Eq '^dev +Development: '
}

@test "show prints the file of one" {
	cmp <(sandbox profile show c) "${SANDBOX%/bin/*}/share/sandbox/profiles/c.ini"
	printf '[env]\nA = 1\n' >here.ini
	[ "$(sandbox profile show ./here.ini)" = $'[env]\nA = 1' ]
	fails 125 "there is no profile 'pyton', did you mean 'python'?" sandbox profile show pyton
	fails 125 "there is no profile 'zzzzzz'*sandbox profile ls*" sandbox profile show zzzzzz
	fails 125 "*/none.ini*" sandbox profile show ./none.ini
}

@test "other words are refused" {
	fails 125 "*profile*'shwo'*did you mean 'show'?" sandbox profile shwo
	fails 125 "use 'sandbox profile ls' or 'sandbox profile show PROFILE'" sandbox profile show
	fails 125 "*sandbox profile ls*" sandbox profile ls c
}

@test "--json: the same as ls and show" {
	sandbox profile ls --json >out
	[ "$(jq -r '.[].name' out)" = "$(shipped | LC_ALL=C sort)" ]
	[ "$(jq -c '[.[] | select(.description == "" or .system != true)]' out)" = '[]' ]
	[ -f "$(jq -r '.[0].path' out)" ]
	sandbox profile show --json build >out
	[ "$(jq -r '.settings[] | select(.key == "network") | .section + " " + .value' out)" = \
		'sandbox none' ]
	[ "$(jq -r '.settings[] | select(.key == "network") | .line' out)" = \
		"$(sandbox profile show build | grep -n ^network | cut -d: -f1)" ]
}

@test "a profile of the user is listed, and hides a shipped one" {
	mine team $'; Team: ours\n[env]\nTEAM = yes'
	mine c $'; C: my own way\n[env]\nMINE = yes'
	sandbox profile ls | grep -Eq '^team +Team: ours$'
	sandbox profile ls | grep -Eq '^c +C: my own way$'
	[ "$(sandbox profile ls --json | jq -c '[.[] | select(.system | not) | .name]')" = \
		'["c","team"]' ]
	project p $'[sandbox]\nprofile = c, team'
	[ "$(sandbox enter ./p -- sh -c 'echo $MINE $TEAM $CCACHE_DIR')" = 'yes yes' ]
}

@test "it may include the one it hides" {
	mine c $'[sandbox]\ninclude = c\n[env]\nMINE = yes'
	project p $'[sandbox]\nprofile = c'
	[ "$(sandbox enter --accept ./p -- sh -c 'echo $MINE ${CCACHE_DIR##*/}')" = 'yes ccache' ]
}

@test "a file is a profile too, relative to the file that names it" {
	project p $'[sandbox]\nprofile = ./conf/team.ini'
	mkdir p/conf
	printf '[sandbox]\ninclude = ./more.ini\n[env]\nTEAM = yes\n' >p/conf/team.ini
	printf '[env]\nMORE = yes\n[mounts]\n/conf = .\n' >p/conf/more.ini
	cd /
	[ "$(sandbox enter "$T/p" -- sh -c 'echo $TEAM $MORE; ls /conf')" = \
		$'yes yes\nmore.ini\nteam.ini' ]
}

@test "files that include each other are an error that names them" {
	project p $'[sandbox]\nprofile = ./a.ini'
	printf '[sandbox]\ninclude = ./b.ini\n' >p/a.ini
	printf '[sandbox]\ninclude = ./a.ini\n' >p/b.ini
	fails 125 "*include each other: *a.ini*b.ini*" sandbox enter ./p -- true
}

@test "every shipped profile makes a box" {
	local name

	[ "$(shipped | wc -l)" -ge 10 ]
	for name in $(shipped); do
		project "p-$name" "[sandbox]
profile = $name
linger = 0
services = no"
		run --separate-stderr sandbox enter --accept "./p-$name" -- sh -c 'cd ~ && echo works'
		[ "$status" = 0 ]
		[ "$output" = works ]
		# What it asks of the session may be missing: that is reported.
		[[ -z $(words_on_stderr) || $(words_on_stderr) = *"is asked for, but this session has none"* ]]
	done
}

@test "any two profiles can be combined" {
	local a b

	project p
	for a in $(shipped); do
		for b in $(shipped); do
			printf '[sandbox]\nprofile = %s, %s\n' "$a" "$b" >p/sandbox.ini
			sandbox config -q ./p image >/dev/null
		done
	done
}

@test "build: no network, the same locale, zone and clock everywhere, no sudo" {
	project p $'[sandbox]\nprofile = build'
	[ "$(sandbox enter ./p -- ls /sys/class/net)" = lo ]
	[ "$(LC_ALL=C TZ=Asia/Tokyo sandbox enter ./p -- \
		sh -c 'echo $LC_ALL $TZ $SOURCE_DATE_EPOCH')" = 'C.UTF-8 UTC 315532800' ]
	run ! sandbox enter ./p -- sudo -n true
}

@test "test: no network, but loopback" {
	project p $'[sandbox]\nprofile = test'
	[ "$(sandbox enter ./p -- ls /sys/class/net)" = lo ]
	sandbox enter ./p -- bash -c 'exec 3<>/dev/udp/127.0.0.1/9 && echo x >&3'
}

@test "install: root of a box that sees neither project nor network" {
	project p $'[sandbox]\nprofile = install'
	[ "$(sandbox enter ./p -- id -u)" = 0 ]
	[ "$(sandbox enter ./p -- ls /sys/class/net)" = lo ]
	run ! sandbox enter ./p -- test -e "$T/p/sandbox.ini"
	sandbox enter ./p -- sh -c 'echo x >/usr/local/x 2>/dev/null || echo x >/etc/x'
}

@test "toolchains share their downloads among projects, and nothing else" {
	project p $'[sandbox]\nprofile = dev, python'
	project q $'[sandbox]\nprofile = dev, python'
	sandbox enter --accept ./p -- sh -c 'echo wheel >"$PIP_CACHE_DIR/x"; echo mine >~/.cache/y'
	[ "$(sandbox enter --accept ./q -- sh -c 'cat "$PIP_CACHE_DIR/x"; ls ~/.cache')" = \
		$'wheel\npip\nuv' ]
}

@test "node: pnpm's store, under the name used by each version, is shared and outside of the project" {
	project p $'[sandbox]\nprofile = dev, node'
	project q $'[sandbox]\nprofile = dev, node'
	sandbox enter --accept ./p -- sh -ec '
		[ "$npm_config_store_dir" = "$pnpm_config_store_dir" ]
		[ "$npm_config_store_dir" = "$HOME/.local/share/pnpm/store" ]
		echo package >"$npm_config_store_dir/x"
		case :$PATH: in *":$PNPM_HOME/bin:"*) ;; *) exit 1 ;; esac'
	[ "$(sandbox enter --accept ./q -- sh -c 'cat "$pnpm_config_store_dir/x"')" = package ]
	[ "$(ls -A p q)" = "$(printf 'p:\nsandbox.ini\n\nq:\nsandbox.ini')" ]
}

@test "dev: programs that the user installs for himself come first in PATH" {
	project p $'[sandbox]\nprofile = dev'
	sandbox enter ./p -- sh -c 'mkdir -p ~/.local/bin && printf "#!/bin/sh\necho mine\n" \
		>~/.local/bin/ls && chmod +x ~/.local/bin/ls'
	[ "$(sandbox enter ./p -- ls)" = mine ]
}
