#!/usr/bin/env bats
# sandbox activate: PATH and prompt of a shell of the host follow the project.

load helpers

setup() {
	sandbox_setup
	mkdir -p "$T/other"
	project p $'[sandbox]\nlinger = 0\nexport = which-box\n[hooks]\ncreate = printf \'#!/bin/sh\\necho "$0 in $PWD"; exit 5\\n\' >~/.local/bin/which-box; chmod +x ~/.local/bin/which-box\n[env]\nPATH = $HOME/.local/bin:$PATH'
	sed -i 's/create = /create = mkdir -p ~\/.local\/bin; /' p/sandbox.ini
	script='
		cd p
		prompt
		echo "active $SANDBOX_ACTIVE"
		cd sub && prompt
		which-box; echo "status $?"
		cd ../../other
		prompt
		echo "active <$SANDBOX_ACTIVE> $(command -v which-box)"
		echo "same $([ "$PATH" = "$before" ] && echo yes)"'
	expected="active p
$HOME/.local/bin/which-box in $T/p/sub
status 5
active <> 
same yes"
	mkdir p/sub
}

@test "bash: in the project its programs are in PATH and run in the box; outside the shell is as before" {
	sandbox enter --quiet --accept "$T/p" -- true
	run -0 --separate-stderr bash --norc -c 'before=$PATH; eval "$(sandbox activate bash)"; prompt() { eval "$PROMPT_COMMAND"; }; '"$script"
	[ "$output" = "$expected" ]
	run -0 bash --norc -c 'eval "$(sandbox activate bash)"; PS1="$ "; cd p; (exit 3); eval "$PROMPT_COMMAND"; echo "$? $PS1"; cd ..; eval "$PROMPT_COMMAND"; echo "$PS1"'
	[ "$output" = $'3 (p) $ \n$ ' ]
}

@test "zsh: the same" {
	sandbox enter --quiet --accept "$T/p" -- true
	run -0 --separate-stderr zsh -f -c 'before=$PATH; eval "$(sandbox activate zsh)"; prompt() { _sandbox_activate }; '"$script"
	[ "$output" = "$expected" ]
	run -0 zsh -f -c 'eval "$(sandbox activate zsh)"; PROMPT="$ "; cd p; _sandbox_activate; echo $PROMPT; cd ..; _sandbox_activate; echo $PROMPT'
	[ "$output" = $'(p) $ \n$ ' ]
}

@test "fish: the same" {
	sandbox enter --quiet --accept "$T/p" -- true
	run -0 --separate-stderr fish --no-config -c '
		set before "$PATH"
		function fish_prompt; echo -n "> "; end
		sandbox activate fish | source
		cd p/sub; _sandbox_activate; fish_prompt; echo
		which-box; echo "status $status"
		cd ../../other; _sandbox_activate; fish_prompt; echo
		test "$PATH" = "$before"; and echo same'
	[ "$output" = $'(p) > \n'"$HOME/.local/bin/which-box in $T/p/sub"$'\nstatus 5\n> \nsame' ]
}

@test "a project that was never entered, or whose exports were not accepted, changes nothing" {
	project stranger $'[sandbox]\nexport = ls sudo'
	[ "$(cd stranger && sandbox activate --now bash | grep -c SANDBOX)" = 2 ]
	[[ $(cd stranger && sandbox activate --now bash) != *stranger* ]]
	fails 125 "*asks for these of this machine*export = ls; export = sudo*" sandbox enter "$T/stranger" -- true
	# Accepted once; later exports are not.
	sandbox enter --quiet --accept "$T/p" -- true
	sed -i 's/^export = .*/export = which-box git/' p/sandbox.ini
	bin=$(cd p && sandbox activate --now bash | sed -n "s/^export SANDBOX_ACTIVE_BIN='\(.*\)'/\1/p")
	[ "$(ls "$bin")" = which-box ]
}

@test "a directory name with quotes is only data" {
	dir="$T/it's \$(touch hit) \\'"
	mkdir "$dir"
	printf '[sandbox]\nlinger = 0\nname = q\nexport = true\n' >"$dir/sandbox.ini"
	sandbox enter --quiet --accept "$dir" -- true
	for shell in bash zsh; do
		(cd "$dir" && $shell -c 'eval "$(sandbox activate --now '$shell')"; "$SANDBOX_ACTIVE_BIN/true"')
	done
	(cd "$dir" && fish --no-config -c 'sandbox activate --now fish | source; $SANDBOX_ACTIVE_BIN/true')
	[ ! -e "$dir/hit" ]
	[ ! -e hit ]
	fails 125 "*'tcsh'*" sandbox activate tcsh
}
