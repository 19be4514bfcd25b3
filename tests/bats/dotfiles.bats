#!/usr/bin/env bats
# [sandbox] dotfiles: the user's own configuration in the home of a new box.

load helpers

@test "they are copied when the box is made, without secrets; changes in the box stay" {
	mkdir -p dots/.config/tool dots/.git
	echo 'alias hi="echo hello"' >dots/.profile
	echo x >dots/.config/tool/conf
	echo key >dots/.key
	chmod 600 dots/.key
	project p $'[sandbox]\nlinger = 0\ndotfiles = ../dots'
	fails 125 "*asks for these*dotfiles = $T/dots*" sandbox enter "$T/p" -- true
	[ "$(sandbox enter --quiet --accept "$T/p" -- sh -c 'cat ~/.profile; find ~ -mindepth 1 | sort | sed "s,^$HOME/,,"; echo mine >>~/.profile')" = $'alias hi="echo hello"\n.config\n.config/tool\n.config/tool/conf\n.profile' ]
	echo theirs >>dots/.profile
	[ "$(sandbox enter --quiet "$T/p" -- sh -c 'tail -1 ~/.profile')" = mine ]
	run ! grep mine dots/.profile
}

@test "set by a variable they need no consent; a missing directory is an error and no box is made" {
	mkdir dots
	echo mine >dots/.rc
	project p
	[ "$(SANDBOX_DOTFILES=$T/dots sandbox enter --quiet "$T/p" -- sh -c 'cat ~/.rc')" = mine ]
	project q $'[sandbox]\ndotfiles = ./none'
	fails 125 "*q/sandbox.ini:2: cannot use dotfiles './none': *" sandbox enter --accept "$T/q" -- true
	[ "$(sandbox ls --names)" = p ]
}
