#!/usr/bin/env bats
# What a box gets of the user's session if asked for: agent, git, display, D-Bus, secrets; and what
# of the project it may not write.

load helpers

teardown() {
	[ -z "${server-}" ] || kill "$server"
	sandbox_teardown
}

# Listens on a socket at PATH and greets each client.
serve() { # PATH
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen()
while True:
    c, _ = s.accept(); c.sendall(b"hello\n"); c.close()' "$1" 3>&- &
	server=$!
	wait_until 50 test -S "$1"
}

# The greeting on the socket that a variable names, from inside.
ask='import os, socket, sys
p = os.environ[sys.argv[1]].replace("unix:path=", "")
s = socket.socket(socket.AF_UNIX); s.connect(p); print(s.recv(9).decode().strip())'

@test "the caller's ssh agent, bus and display, if asked for" {
	serve "$T/sock"
	export SSH_AUTH_SOCK=$T/sock DBUS_SESSION_BUS_ADDRESS=unix:path=$T/sock,guid=1 WAYLAND_DISPLAY=$T/sock
	project p $'[sandbox]\nlinger = 0'
	for name in SSH_AUTH_SOCK DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY; do
		run sandbox enter "$T/p" -- python3 -c "$ask" $name
		[[ $output = *KeyError* ]]
	done
	for pair in ssh-agent=yes:SSH_AUTH_SOCK dbus=yes:DBUS_SESSION_BUS_ADDRESS display=wayland:WAYLAND_DISPLAY; do
		ask_for=${pair%:*}
		wait_until 50 no_processes # a box that still runs has the old settings
		project p $'[sandbox]\nlinger = 0\n'"${ask_for/=/ = }"
		fails 125 "*asks for these*: ${ask_for/=/ = }: *" sandbox enter "$T/p" -- true
		[ "$(sandbox enter --accept "$T/p" -- python3 -c "$ask" "${pair#*:}")" = hello ]
		sandbox rm --force p
	done
}

@test "an agent that is asked for but missing gives a note" {
	unset SSH_AUTH_SOCK
	project p $'[sandbox]\nssh-agent = yes'
	run --separate-stderr sandbox enter --accept "$T/p" -- sh -c 'echo ${SSH_AUTH_SOCK-none}'
	[ "$output" = none ]
	[ "$(grep -c "'ssh-agent' is asked for, but this session has none" <<<"$stderr")" = 1 ]
}

@test "each has a short profile; a missing GPU gives a note" {
	[ ! -e /dev/dri ] && [ ! -e /dev/nvidia0 ] || skip "this machine has a GPU"
	for pair in ssh-agent:ssh-agent git:git wayland:display x11:display gpu:gpu dbus:dbus; do
		[ "$(sandbox profile show ${pair%:*} | grep -c "^${pair#*:} = ")" = 1 ]
	done
	project p $'[sandbox]\nprofile = gpu'
	run -0 --separate-stderr sandbox enter --accept "$T/p" -- true
	[[ $stderr = *"'gpu' is asked for, but this session has none: no /dev/dri"* ]]
}

# A realistic configuration: includes, conditional ones too, files that it names, symlinks.
git_files() {
	mkdir -p "$HOME/.config/git" "$HOME/dot" "$HOME/.ssh" "$HOME/templates"
	cat >"$HOME/.gitconfig" <<-'INI'
		[user]
			name = Ada
			email = private@example.org
		[include]
			path = ~/dot/common
		[includeIf "gitdir:**/work/"]
			path = dot/work
		[includeIf "onbranch:feature"]
			path = ~/dot/branch
		[core]
			excludesFile = ~/dot/ignore
		[init]
			templateDir = ~/templates
	INI
	printf '[alias]\n\tco = checkout\n[include]\n\tpath = deeper\n' >"$HOME/dot/common"
	printf '[alias]\n\tdeep = status\n' >"$HOME/dot/deeper"
	printf '[user]\n\temail = work@example.org\n' >"$HOME/dot/work"
	printf '[user]\n\temail = branch@example.org\n' >"$HOME/dot/branch"
	echo '*.ignored' >"$HOME/dot/ignore"
	echo '*.bin binary' >"$HOME/dot/attributes"
	ln -s ../../dot/attributes "$HOME/.config/git/attributes"
	mkdir "$HOME/templates/hooks"
	echo private >"$HOME/.ssh/id"
	echo secret >"$HOME/.ssh/config"
}

@test "git: everything that the configuration includes and names is there, whatever its conditions, and nothing else" {
	git_files
	git init -q work
	printf '[sandbox]\ngit = yes\n' >work/sandbox.ini
	run -0 --separate-stderr sandbox enter --accept ./work -- sh -ec '
		git config user.email
		git config alias.co
		git config alias.deep
		touch x.ignored x.bin; git status --porcelain
		git check-attr binary x.bin
		git checkout -q -b feature; git config user.email
		[ -d ~/templates/hooks ]
		[ ! -e ~/.ssh ]
		if touch ~/dot/common 2>/dev/null; then false; fi'
	[ "$output" = $'work@example.org\ncheckout\nstatus\n?? sandbox.ini\n?? x.bin\nx.bin: binary: set\nbranch@example.org' ]
	# What was agreed to is lent: anything more is a question.
	sandbox stop work
	printf '[include]\n\tpath = %s\n' "$T/more" >>"$HOME/dot/deeper"
	: >"$T/more"
	run -125 --separate-stderr sandbox enter ./work -- true
	[[ $stderr = *"more than before:"*"git = yes with $HOME/.gitconfig, "*"$HOME/dot/deeper, $T/more"* ]]
}

@test "git: signing with an ssh key works through the agent, with only the public half" {
	git_files
	ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/key"
	eval "$(ssh-agent -a "$T/agent" 3>&-)" >/dev/null
	server=$SSH_AGENT_PID
	ssh-add -q "$HOME/.ssh/key"
	echo "private@example.org $(cat "$HOME/.ssh/key.pub")" >"$HOME/dot/signers"
	git config --global gpg.format ssh
	git config --global commit.gpgSign true
	# shellcheck disable=SC2088 # git expands it
	git config --global gpg.ssh.allowedSignersFile '~/dot/signers'
	git init -q p
	printf '[sandbox]\ngit = yes\nssh-agent = yes\nlinger = 0\n' >p/sandbox.ini
	# shellcheck disable=SC2088
	for key in "$HOME/.ssh/key.pub" '~/.ssh/key'; do
		git config --global user.signingKey "$key"
		run -0 sandbox enter --quiet --accept ./p -- sh -ec 'git commit -q --allow-empty -m x; git log -1 --format=%G?; ls ~/.ssh'
		[ "$output" = $'G\nkey.pub' ]
	done
	printf '[sandbox]\ngit = yes\nlinger = 0\n' >p/sandbox.ini
	run --separate-stderr sandbox enter --accept ./p -- true
	[ "$(grep -c "git signs with an ssh key: it needs 'ssh-agent = yes' in the box" <<<"$stderr")" = 1 ]
}

@test "git: what cannot work is reported once: gpg keys, a credential helper of this machine" {
	git_files
	git config --global commit.gpgSign true
	git config --global credential.helper libsecret
	project p $'[sandbox]\ngit = yes\nlinger = 0'
	run --separate-stderr sandbox enter --accept ./p -- true
	[ "$(grep -c 'git signs with gpg here, whose keys are not lent: in the box use --no-gpg-sign' <<<"$stderr")" = 1 ]
	[[ $stderr = *"git's passwords come from the helper 'libsecret', a program of this machine"* ]]
}

@test "git: a directory of its configuration that cannot be read is an error, whatever else is asked for" {
	mkdir -p "$HOME/.config/git"
	project p $'[sandbox]\ngit = yes\ngpu = yes'
	chmod 300 "$HOME/.config/git"
	fails 125 "*'$HOME/.config/git'*: Permission denied" sandbox enter --accept "$T/p" -- true
	chmod 700 "$HOME/.config/git"
}

@test "git knows the user, who cannot be changed from inside" {
	printf '[user]\n\tname = Ada\n' >"$HOME/.gitconfig"
	project p $'[sandbox]\ngit = yes'
	[ "$(sandbox enter --accept "$T/p" -- git config user.name)" = Ada ]
	run sandbox enter "$T/p" -- sh -c 'echo >~/.gitconfig'
	[ "$status" != 0 ]
	grep -q Ada "$HOME/.gitconfig"
}

@test "secrets are in /run/secrets, read-only, and in no layer" {
	echo hunter2 >"$T/token"
	project p $'[sandbox]\nsecrets = ../token\nimage = host\n[run]\n1 = ls /run/secrets && exit 1; true'
	fails 125 "*asks for these*: /run/secrets/token = $T/token ro: *" sandbox enter "$T/p" -- true
	[ "$(sandbox enter --quiet --accept "$T/p" -- cat /run/secrets/token)" = hunter2 ]
	run sandbox enter "$T/p" -- sh -c 'echo x >/run/secrets/token'
	[ "$status" != 0 ]
	run ! grep -rqs hunter2 "$XDG_DATA_HOME/sandbox"
	project q $'[sandbox]\nsecrets = ../none'
	fails 125 "*q/sandbox.ini:2: cannot use the secret '../none': No such file or directory" sandbox enter --accept "$T/q" -- true
}

@test "files that the host would run from the project are read-only inside, for root too, existing or not" {
	project p $'[sandbox]\nlinger = 0\nprotect = .git/hooks .git/config .envrc .vscode nothing/here'
	(cd p && git init -q . && git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x)
	sandbox enter "$T/p" -- touch fine
	for path in .git/hooks/pre-commit .git/config .envrc .vscode/tasks.json nothing/x; do
		for who in --quiet --root; do
			run sandbox enter $who "$T/p" -- sh -c "echo evil >>$path"
			[ "$status" != 0 ]
		done
	done
	for command in 'mv .vscode x' 'rm -f .envrc' 'mv .git x' 'ln -sf /tmp .envrc' 'rmdir .vscode'; do
		run sandbox enter --root "$T/p" -- sh -c "$command && test ! -e ${command##* }x"
		[ "$status" != 0 ]
	done
	[ -d p/.git/hooks ]
	says_nothing ls p/nothing
	[ ! -s p/.envrc ]
	# Git does not show directories without files.
	[ "$(cd p && git status --porcelain | grep -v -e sandbox.ini -e fine -e .envrc)" = '' ]
}

@test "a protected path that has become a symlink is refused" {
	project p $'[sandbox]\nprotect = .vscode'
	mkdir "$T/elsewhere"
	ln -s "$T/elsewhere" p/.vscode
	fails 125 "*.vscode*link*" sandbox enter "$T/p" -- true
}
