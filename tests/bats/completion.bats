#!/usr/bin/env bats
# sandbox completion: the candidates of bash, zsh and fish for Tab.

load helpers
load screen

teardown() {
	screen_close
	sandbox_teardown
}

setup() {
	sandbox_setup
	project alpha
	mkdir folder
	touch file.ini
}

# The candidates of bash for the last word, one a line, sorted. Words are split as readline does.
in_bash() { # WORD...
	bash --norc --noprofile -c '
		source <(sandbox completion bash)
		COMP_WORDS=()
		for word; do
			mapfile -t -O ${#COMP_WORDS[@]} COMP_WORDS < <(
				printf "%s" "$word" | sed "s/[=:]/\n&\n/g")
			[ "$word" ] || COMP_WORDS+=("")
		done
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
		_sandbox 2>/dev/null # compopt works only under a real Tab
		printf "%s\n" "${COMPREPLY[@]}" | LC_ALL=C sort' - sandbox "$@"
}

in_fish() { # LINE
	fish --no-config -c 'source (sandbox completion fish | psub)
		complete -C $argv[1]' -- "$1" | cut -f1 | LC_ALL=C sort
}

# A real zsh on its own terminal, which shows its list for Tab.
in_zsh() { # LINE
	mkdir -p zsh
	sandbox completion zsh >zsh/_sandbox
	zsh -f -c '
		zmodload zsh/zpty
		zpty z "TERM=dumb PS1= zsh -f -i"
		zpty -w z "fpath=($PWD/zsh \$fpath); autoload -Uz compinit; compinit -u -D"
		zpty -w z "zstyle \":completion:*\" list-prompt; LISTMAX=0"
		# zsh takes keys as keys from when it shows its prompt
		zpty -w z "bindkey \"^I\" list-choices; unsetopt beep; PS1=rea\"\"dy"
		zpty -r -m z line "*ready*"
		zpty -w -n z "$1"$'"'\\t'"'
		# what is typed next is read when the candidates have been shown
		zpty -w z $'"'\\C-u'"'"print do\"\"ne"
		zpty -r -m z line "*done*"
		print -rn -- $line
		zpty -d z' - "$1"
}

commands() {
	sandbox help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | LC_ALL=C sort
}

@test "prints the installed file, and refuses an unknown shell" {
	cmp <(sandbox completion bash) "$SOURCE/completions/sandbox.bash"
	cmp <(sandbox completion zsh) "$SOURCE/completions/_sandbox"
	cmp <(sandbox completion fish) "$SOURCE/completions/sandbox.fish"
	fails 125 "*'zhs'*did you mean 'zsh'?" sandbox completion zhs
	fails 125 "missing argument: sandbox completion bash|zsh|fish" sandbox completion
}

@test "each file is valid syntax for its shell" {
	bash -n <(sandbox completion bash)
	zsh -f -n <(sandbox completion zsh)
	fish --no-execute <(sandbox completion fish)
}

@test "bash: commands" {
	[ "$(in_bash '')" = "$(commands)" ]
	[ "$(in_bash ins)" = inspect ]
	says_nothing in_bash nothing
}

@test "bash: options, of the command and common ones" {
	[ "$(in_bash enter --w)" = --workdir ]
	[ "$(in_bash run --det)" = --detach ]
	[ "$(in_bash ls --he)" = --help ]
	says_nothing in_bash enter --detach
	[ "$(in_bash --vers)" = --version ]
}

@test "bash: boxes and directories" {
	sandbox enter ./alpha -- true
	[ "$(cd /usr/share/man && in_bash rm al)" = alpha ]
	[ "$(in_bash enter fo)" = folder ]
	[ "$(in_bash enter ./al)" = ./alpha ]
	[[ $(in_bash stop '') = alpha ]]
}

@test "bash: profiles, choices, settings, images" {
	[ "$(in_bash profile show pyth)" = python ]
	[ "$(in_bash enter --profile pyth)" = python ]
	[ "$(in_bash completion z)" = zsh ]
	[ "$(in_bash enter --network no)" = none ]
	[ "$(in_bash config ./alpha lin)" = linger ]
	[ "$(in_bash run ho)" = host ]
	[ "$(in_bash run dir:fol)" = folder ]
	[ "$(in_bash enter --image dir:fol)" = folder ]
}

@test "bash: the commands of image, their options and words" {
	[[ $(in_bash image '') = *bootstrap*import*verify* ]]
	[[ $(in_bash image '') != *prepare* ]]
	[ "$(in_bash image bo)" = bootstrap ]
	[ "$(in_bash help image bo)" = bootstrap ]
	says_nothing in_bash help enter ''
	says_nothing in_bash help image rm ''
	[ "$(in_bash image prune --dr)" = --dry-run ]
	[ "$(in_bash image export --format=do)" = docker ]
	[ "$(in_bash image import fil)" = file.ini ]
	says_nothing in_bash image nothing ''
}

@test "names of images, as they are spelled" {
	local name

	tar cf rootfs.tar -C "$SOURCE" LICENSE
	for name in debian:bookworm registry.example.com:5000/team/app:1; do
		sandbox image import rootfs.tar "$name" 2>/dev/null
	done
	[[ $(in_bash run deb) = *bookworm ]]
	[ "$(in_bash image rm reg)" = registry.example.com:5000/team/app:1 ]
	[ "$(in_bash image inspect registry.example.com:5000/team/app:)" = 1 ]
	[ "$(in_bash image rm ho)" = '' ] # `host` is not in the store
	[ "$(in_fish 'sandbox enter --image deb')" = debian:bookworm ]
	[ "$(in_fish 'sandbox push deb')" = debian:bookworm ]
	[ "$(in_fish 'sandbox image bo')" = bootstrap ]
	run in_zsh 'sandbox image in'
	[[ $output = *inspect* ]]
	run in_zsh 'sandbox image rm d'
	[[ $output = *debian:bookworm* ]]
}

@test "bash: the value after --option=" {
	[ "$(in_bash enter --profile=pyth)" = python ]
	[ "$(in_bash enter --network=no)" = none ]
	[ "$(in_bash enter --image=dir:fol)" = folder ]
}

@test "bash: the command in the box, then its files" {
	[[ $(in_bash run host envsu) = *envsubst* || -z $(command -v envsubst) ]]
	[[ $(in_bash run host mkdi) = *mkdir* ]]
	[ "$(in_bash run host cat fil)" = file.ini ]
	[ "$(in_bash enter ./alpha -- cat fil)" = file.ini ]
}

@test "fish: commands, options, boxes, directories, profiles" {
	sandbox enter ./alpha -- true
	[ "$(in_fish 'sandbox ')" = "$(commands)" ]
	[ "$(in_fish 'sandbox ins')" = inspect ]
	[ "$(in_fish 'sandbox enter --work')" = --workdir ]
	[ "$(cd / && in_fish 'sandbox rm al')" = alpha ]
	[ "$(in_fish 'sandbox init fo')" = folder/ ]
	[ "$(in_fish 'sandbox enter --profile pyth')" = python ]
	[ "$(in_fish 'sandbox enter --profile=pyth')" = --profile=python ]
	[ "$(in_fish 'sandbox run dir:fol')" = dir:folder/ ]
}

@test "fish: descriptions of the candidates" {
	fish --no-config -c 'source (sandbox completion fish | psub); complete -C "sandbox ent"' >out
	[ "$(cat out)" = "enter	$(sandbox help | sed -n 's/^  enter *//p')" ]
}

@test "zsh: commands with descriptions, options, boxes, profiles" {
	sandbox enter ./alpha -- true
	run in_zsh 'sandbox in'
	[[ $output = *init*write*inspect* ]]
	[[ $output != *enter* ]]
	run in_zsh 'sandbox enter --'
	[[ $output = *--workdir*--help* ]]
	run in_zsh 'sandbox rm a'
	[[ $output = *alpha* ]]
	run in_zsh 'sandbox profile show py'
	[[ $output = *python* ]]
	run in_zsh 'sandbox init '
	[[ $output = *folder* && $output != *file.ini* ]]
}

# A program in the current directory, and names that a shell could misinterpret.
hostile() {
	mkdir -p "$T/here/bin" "$T/here/d"
	cd "$T/here" || return
	printf '#!/bin/sh\necho ran >>%s/canary\n' "$T" | tee sandbox bin/sandbox __complete >/dev/null
	chmod +x sandbox bin/sandbox __complete
	mkdir -- 'd/two words' "d/qu'ote" "d/\$(touch canary)" 'd/`touch canary`' 'd/-dash' 'd/gl*b?' \
		'd/semi;touch canary' 'd/back\slash' d/ünï
}

@test "Tab after ./sandbox asks the installed program, and not the one in the current directory" {
	hostile
	for path in ./sandbox bin/sandbox ../here/sandbox "$T/here/sandbox"; do
		[ "$(bash --norc -c 'source <(sandbox completion bash); COMP_WORDS=("$0" ins) COMP_CWORD=1
			_sandbox 2>/dev/null; echo "${COMPREPLY[*]}"' "$path")" = inspect ]
		[ "$(in_fish "$path ins")" = inspect ]
		run in_zsh "$path ins"
		[[ $output = *inspect* ]]
	done
	# Nor if PATH leads there first: then there are no candidates.
	run bash --norc -c 'source <(sandbox completion bash); PATH=.:$PATH; hash -r; COMP_WORDS=(sandbox ins) COMP_CWORD=1
		_sandbox 2>/dev/null; echo "${COMPREPLY[*]}"'
	[ -z "$output" ]
	[ ! -e "$T/canary" ]
}

@test "names of directories are completed as they are, quoted, and never executed" {
	hostile
	screen_open 'bash --norc --noprofile'
	screen_shows '^host>'
	type_line 'source <(sandbox completion bash); sandbox() { shift; printf "<%s>\n" "$@" >>../got; }'
	for start in tw qu '\$' '\`' -d gl se ba ü; do
		tmux -S "$T/tmux" send-keys -l -- "sandbox enter d/$start"
		press Tab
		sleep 0.4
		press Enter
	done
	wait_until 50 eval '[ "$(wc -l <../got)" = 9 ]'
	[ "$(LC_ALL=C sort ../got)" = "$(printf '<%s/>\n' d/* | LC_ALL=C sort)" ]
	[ "$(in_fish 'sandbox enter d/tw')" = 'd/two words/' ]
	[ "$(in_fish 'sandbox enter d/\$')" = 'd/$(touch canary)/' ]
	run in_zsh 'sandbox enter d/'
	[[ $output = *'$(touch canary)'* || $output = *'\$\(touch\ canary\)'* ]]
	[ ! -e canary ]
	[ ! -e "$T/canary" ]
}

@test "completion is silent whatever the words are" {
	local words

	for words in '' 'nothing x' 'enter --nothing x' 'enter --profile' 'rm -- -x' '--debug' \
		'run dir:' 'config . x.y' 'image nothing x' 'image rm x' 'help image x' 'enter -p' 'run -xyz' '-- --'; do
		# shellcheck disable=SC2086 # words they are
		run --separate-stderr sandbox __complete $words
		[ "$status" = 0 ]
		says_nothing words_on_stderr
	done
}

@test "every option of every command is a candidate" {
	local command

	for command in $(commands); do
		[ "$(in_bash "$command" -)" = "$(sandbox help "$command" |
			grep -Eo '^  (-.,|   ) --[a-z-]+' | grep -o -- '--.*' | LC_ALL=C sort)" ]
	done
}
