#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # names are not meant to expand; bats sets the variables
# A question that cannot be seen whole: scrolled away, truncated, or misleading.

load ../bats/helpers
load ../bats/screen

setup() {
	sandbox_setup
	export LC_ALL=C.UTF-8
}

teardown() {
	screen_close
	sandbox_teardown
}

# Mounts of N irrelevant directories.
many() { # N
	local i

	mkdir -p "$T/x"
	for ((i = 0; i < $1; i++)); do
		mkdir -p "$T/x/$i"
		echo "/x$i = ../x/$i ro"
	done
}

@test "what reaches furthest is next to the answer, with its number, however much is asked for" {
	mkdir -p "$HOME/.ssh"
	project p $'[sandbox]\nhome = host\nperf = yes\n[mounts]\n/a = ~/.ssh ro\n'"$(many 120)"
	screen_open
	type_line "sandbox enter $T/p -- true"
	screen_shows 'let it have them'
	screen >"$T/seen"
	grep -F "  home = host" "$T/seen"
	grep -F "  /a = $HOME/.ssh ro" "$T/seen"
	grep -F '(123 items, the last 2 reach furthest; ' "$T/seen"
	type_line no
	screen_close
}

@test "without a terminal nothing is truncated either, and the most dangerous comes last" {
	project p $'[sandbox]\nhome = host\n[mounts]\n'"$(many 120)"
	run -125 --separate-stderr sandbox enter "$T/p" -- true
	for ((i = 0; i < 120; i++)); do
		grep -qxF "  /x$i = $T/x/$i ro" <<<"$stderr"
	done
	[ "$(grep -A1 -xF "  /x119 = $T/x/119 ro" <<<"$stderr" | tail -1)" = '  home = host' ]
	[[ $stderr = *"121 items, the last 1 reaches furthest, listed above: 'sandbox enter --accept $T/p' to agree" ]]
	project p $'[sandbox]\nhome = host\nnested = yes\nperf = yes\n[ports]\n80 = 80'
	fails 125 "*this machine: \\[ports] 80 = 80; nested = yes; perf = yes; home = host (4 items, the last 1 reaches furthest): 'sandbox*" sandbox enter "$T/p" -- true
	# A target of any length pushes no source out.
	long=$(printf '/%0200d' {1..40} | tr -d ' ')
	project p $'[mounts]\n'"$long = ~"
	run -125 --separate-stderr sandbox enter "$T/p" -- true
	grep -qF "$long = $HOME" <<<"$stderr"
}

# A name in the form of printf(1), and how it is shown.
shown_as() { # NAME PATTERN
	local name

	# shellcheck disable=SC2059 # it is meant as a format
	printf -v name "$1"
	rm -rf "$T/d" "$T/p"
	mkdir -p "$T/d/$name"
	project p $'[mounts]\n/x = ../d/'"$name"
	run -125 --separate-stderr sandbox enter "$T/p" -- true
	[[ $stderr = *"/x = $T/d/$2"* ]] || {
		printf 'shown: %s\nexpected: %s\n' "$stderr" "$2"
		false
	}
	# Nothing of it reaches a terminal, in JSON neither.
	run -0 sandbox config --json "$T/p"
	python3 -c 'import json, sys; t = sys.stdin.read(); v = json.loads(t); assert v; assert not set(t) & set(map(chr, [*range(0x7f, 0xa0), 0x202e, 0x200b, 0xfeff, 0xe0041, 0x2066])), t' <<<"$output"
}

@test "characters that do not show, or reverse the line, are escaped" {
	for c in '\u202e' '\u2066' '\u200b' '\u200d' '\ufeff' '\u00ad' '\u061c' '\u00a0' '\u3164' '\u2800' '\U000e0041' \
		'\ufe0f' '\u0085' '\u009b' '\x9b'; do
		shown_as "a${c}b" "a${c}b"
	done
	# Combining marks: as many as languages need, but no flood of them.
	shown_as 'e\u0301' "$(printf 'e\u0301')"
	shown_as 'e\u0301\u0301\u0301\u0301' "$(printf 'e\u0301\u0301')"'\u0301\u0301'
	shown_as '\u0338x' '\u0338x'
	# Two letters that look alike can be told apart.
	y=p$(printf '\u0430')y
	mkdir -p "$T/d/$y"
	project p $'[mounts]\n/x = ../d/'"$y"
	screen_open
	type_line "sandbox enter $T/p -- true"
	screen_shows 'let it have them'
	screen | tr -d '\n' | grep -F 'p\u0430y'
	type_line no
	screen_close
}

@test "two values never appear as one line" {
	mkdir -p 'd/a\nb' d/$'a\nb'
	ln -s "$T/d/a\\nb" one
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/x = ../one'
	sandbox enter --quiet --accept "$T/p" -- true
	ln -sfn "$T/d/"$'a\nb' one
	fails 125 "*more than before: /x = $T/d/a*" sandbox enter "$T/p" -- true
}

@test "the suggested command is a single command, whatever the directory is called" {
	for name in 'a b' "it's" 'x;touch evil' '$(touch evil)' '`touch evil`' $'nl\ntouch evil' $'\e[2J' '-x' 'a&touch evil' '!x' '*' "\\'x" '~' '#x'; do
		mkdir -p -- "w/$name"
		printf '[sandbox]\nlinger = 0\nhome = host\n' >"w/$name/sandbox.ini"
		run -125 --separate-stderr sandbox enter "$T/w/$name" -- true
		rest=${stderr##*sandbox enter}
		rest=${rest% to agree}
		[[ $stderr != *"'sandbox enter$rest"* ]] || rest=${rest%\'}
		got=$(bash -c 'sandbox() { printf "%s\0" "$@"; }; sandbox enter'"$rest" | tr '\0' '\1')
		[ "$got" = "enter"$'\1'"--accept"$'\1'"$T/w/$name"$'\1' ] || {
			printf 'suggested: %s\ngot: %q\n' "$rest" "$got"
			false
		}
	done
	[ ! -e evil ]
}

@test "a profile is shown as text that a terminal does not act on" {
	printf '[env]\n# \e[2J\u202e\u009b2J\nA = \u00e4\tb\n' >x.ini
	[ "$(sandbox profile show ./x.ini)" = "$(printf '[env]\n# \\x1b[2J\\u202e\\u009b2J\nA = \u00e4\tb')" ]
}
