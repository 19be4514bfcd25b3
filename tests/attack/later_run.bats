#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# Code inside may write unprotected files, and the host later runs or obeys some of them: the end of
# a session lists these, one on each line, whatever was done to hide them; without such changes it
# prints nothing.

load ../bats/helpers

setup() {
	sandbox_setup
	own_git_settings
	git init -q p
	project p $'[sandbox]\nlinger = 0\ninclude = ./part.ini'
	printf '[env]\nA = b\n' >p/part.ini
	mkdir p/.vscode p/.git/worktrees p/sub
	echo '{}' >p/.vscode/tasks.json
	echo x >p/file
	git -C p add .
	git -C p commit -qm one
	sleep 0.02 # a clock tick of file times
}

words='changed while the box ran, and run or obeyed on the host later:'

# Runs a script in the box of p; $output: the files that were listed after it, relative to p.
changed_by() { # SCRIPT [OPTIONS]
	local script=$1
	shift
	sandbox "${way[@]}" --accept "$@" ./p -- sh -c "$script" >out 2>errors || true
	output=$(sed -n "s|^sandbox: $words '$T/p/\(.*\)'\$|\1|p" errors | sort)
}
way=(enter)

@test "hooks, settings of git, editors, shells and agents, and the project's own file: each by name" {
	changed_by 'set -e
		echo >.git/hooks/pre-commit; git config a.b c; echo >.git/config.worktree; echo ../.git >.git/commondir; echo >.git/info/attributes
		mkdir .idea .husky .devcontainer .claude; echo >.idea/workspace.xml; echo >.husky/pre-push; echo >.devcontainer/devcontainer.json; echo >.claude/settings.json
		echo >.envrc; echo >>.vscode/tasks.json; echo >.vscode/new.json; echo >.pre-commit-config.yaml; echo >.mcp.json
		echo "; x" >>sandbox.ini; echo "; x" >>part.ini; echo >sandbox.lock; echo >Makefile; echo >>file; rm .git/commondir'
	[ "$output" = "$(printf '%s\n' .claude/settings.json .devcontainer/devcontainer.json .envrc .git/config .git/config.worktree \
		.git/hooks/pre-commit .git/info/attributes .husky/pre-push .idea/workspace.xml .mcp.json .pre-commit-config.yaml .vscode/new.json \
		.vscode/tasks.json part.ini sandbox.ini sandbox.lock | sort)" ]
	# Reported once.
	changed_by true
	[ -z "$output" ]
}

@test "nothing is reported if none of these has changed, nor for what was only read, built or committed" {
	changed_by 'make 2>/dev/null; touch new; git status; git add new; git commit -qm new; git checkout -q -b b; git gc -q; cat sandbox.ini'
	[ -z "$output" ]
	[ ! -s errors ] || run ! grep -q obeyed errors
}

@test "old times, renames, hard links, symlinks and removals hide nothing" {
	changed_by 'echo evil >x; touch -d 2001-01-01 x; mv x .git/hooks/post-commit
		echo evil >y; touch -r file y; ln y .envrc; ln -s /tmp/z .mcp.json
		cp .vscode/tasks.json z; mv .vscode gone; mkdir .vscode; mv z .vscode/tasks.json; touch -d 2001-01-01 .vscode/tasks.json
		mv .git/hooks h; mkdir .git/hooks; mv h/* .git/hooks/'
	[ "$output" = "$(printf '%s\n' .envrc .git/hooks/post-commit .mcp.json .vscode/tasks.json | sort)" ]
	# Prepared under other names in an earlier session, and as old.
	changed_by 'mkdir old oldcode; echo evil >old/pre-rebase; echo evil >oldcode/settings.json; cp -r .git evilrepo; rm evilrepo/HEAD; echo x >evilrepo/hooks/post-merge'
	[ -z "$output" ]
	sleep 0.02
	changed_by 'rm -r .git/hooks .vscode; mv old .git/hooks; mv oldcode .vscode'
	[ "$output" = $'.git/hooks/\n.vscode/' ]
	changed_by 'mv .git/hooks scripts; ln -s ../scripts .git/hooks'
	[[ $output = .git/hooks* ]]
	changed_by 'for i in $(seq 3000); do echo >.vscode/$i; done; for i in $(seq 3000); do echo >.git/hooks/$i.sample; done; echo evil >.git/hooks/pre-push'
	[[ $output = *.git/hooks/pre-push* ]] || [[ $output = *scripts/pre-push* ]]
	changed_by 'cp .git/HEAD evilrepo/; mv .git gone; mv evilrepo .git'
	grep -q "'$T/p/.git/ (another directory)'" errors
	changed_by 'mv .git gone2; mkdir other; cp -r gone2/* other; echo gitdir: other >.git'
	[[ $output = *.git* ]]
}

@test "hooks and settings in the project that git's settings, the user's own, or symlinks in its data name" {
	mkdir -p p/scripts p/mine p/named
	echo >p/scripts/check
	echo >p/shared.gitconfig
	mv p/part.ini p/scripts/part
	ln -s scripts/part p/part.ini
	ln -s ../../scripts/check p/.git/hooks/pre-commit
	git -C p config core.hooksPath named
	git -C p config include.path ../shared.gitconfig
	git config --global core.hooksPath mine
	sleep 0.02
	changed_by true
	[ -z "$output" ]
	changed_by 'echo x >scripts/check; echo x >scripts/other; echo x >named/pre-push; echo x >mine/pre-push; echo "# x" >shared.gitconfig; echo "; x" >>scripts/part'
	[ "$output" = "$(printf '%s\n' mine/pre-push named/pre-push part.ini scripts/check shared.gitconfig | sort)" ]
}

@test "repositories made in the project, wherever git would find them" {
	mkdir -p p/deep/er
	changed_by 'sleep 0.6
		git init -q sub/one; mkdir -p deep/er/two/objects deep/er/two/refs; echo ref: refs/heads/x >deep/er/two/HEAD; echo gitdir: ../x >deep/.git
		git init -q sub/three; git -C sub/three -c user.name=a -c user.email=b commit -q --allow-empty -m x; git add sub/three'
	[ "$output" = "$(printf '%s\n' deep/.git 'deep/er/two (a git repository)' sub/one/.git/config sub/three/.git/config | sort)" ]
	# What an index names is checked however short the session was.
	changed_by 'git -C sub/three config x.y z; git add file; git update-index --force-remove file'
	[ "$output" = sub/three/.git/config ]
}

@test "sessions that join, exec, and detached ones: reported by the end of the next session, or by stop" {
	project p $'[sandbox]\nlinger = 60s'
	sandbox enter --quiet --accept ./p -- true
	way=(exec)
	sandbox exec ./p sh -c 'echo >.envrc' 2>errors
	grep -qF "'$T/p/.envrc'" errors
	sandbox exec ./p true 2>errors
	[ ! -s errors ]
	sandbox exec --detach ./p sh -c 'until [ -e go ]; do sleep 0.1; done; echo >.git/hooks/pre-push'
	touch p/go
	wait_until 50 test -e p/.git/hooks/pre-push
	sandbox enter ./p -- true 2>errors
	grep -qF "'$T/p/.git/hooks/pre-push'" errors
	run ! grep -qF .envrc errors
	rm p/go
	sandbox exec --detach ./p sh -c 'until [ -e go ]; do sleep 0.1; done; echo >.mcp.json; exec sleep 60'
	touch p/go
	wait_until 50 test -e p/.mcp.json
	sandbox stop --time 0 p 2>errors
	grep -qF "'$T/p/.mcp.json'" errors
}

@test "what a long session reported is not reported again after a short one, which searches less" {
	project p $'[sandbox]\nlinger = 60s'
	long() {
		sandbox exec ./p sleep 0.6 2>errors
		grep -qF "'$T/p/deep/.git'" errors
	}
	sandbox enter --quiet --accept ./p -- sh -c 'mkdir deep; echo gitdir: ../x >deep/.git'
	wait_until 50 long
	sandbox exec ./p sh -c 'echo >.envrc' 2>errors
	grep -qF "'$T/p/.envrc'" errors
	run ! long
	[ ! -s errors ]
	# changed once more
	sandbox exec --detach ./p sh -c 'echo gitdir: ../y >deep/.git'
	wait_until 50 long
	sandbox stop --time 0 p
}

@test "other directories that a box may write: [mounts], run's volumes, git data of a worktree" {
	git init -q other
	echo '/other = ../other' >part
	project p $'[sandbox]\nlinger = 0\n[mounts]\n/other = ../other\n/ro = ../other ro'
	sleep 0.02
	sandbox enter --accept ./p -- sh -c 'echo >/other/.git/hooks/pre-push' 2>errors
	grep -qF "'$T/other/.git/hooks/pre-push'" errors
	sleep 0.02 # a tick of the clock that dates files
	sandbox run --volume "$T/other:/o" host sh -c 'echo >/o/.envrc' 2>errors
	grep -qF "'$T/other/.envrc'" errors
	run ! grep -qF pre-push errors
	git -C p worktree add -q "$T/wt"
	project wt
	sandbox enter --accept ./wt -- sh -c 'echo >"$(git rev-parse --git-common-dir)/hooks/pre-rebase"; echo ../../.. >"$(git rev-parse --git-dir)/commondir"' 2>errors

	grep -qF "'$T/p/.git/hooks/pre-rebase'" errors
	grep -qF "'$T/p/.git/worktrees/wt/commondir'" errors
}

@test "a protected file that the host replaces: the session reports it, and nobody can join the box before it starts again" {
	project p $'[sandbox]\nlinger = 60s\nprotect = .git/config .vscode'
	sandbox enter --accept ./p -- sh -c 'echo ready; until [ -e go ]; do sleep 0.1; done' >said 2>errors 3>&- &
	session=$!
	wait_until 50 grep -q ready said
	git -C p config x.y z
	fails 125 "*'$T/p/.git/config' was replaced while box 'p' runs, and is no longer protected in it: 'sandbox stop p' first" sandbox exec p true
	touch p/go
	wait_for $session
	grep -qF "warning: '$T/p/.git/config' was replaced while box 'p' ran" errors
	# It only lingers: it starts again, and is protected again.
	run ! sandbox enter --quiet ./p -- sh -c 'echo >>.git/config'
}

@test "format characters are quoted; very many files are counted; only the user can turn it off" {
	changed_by 'printf "" >"$(printf ".git/hooks/a\nb\033[2J\342\200\256")"'
	[[ $output = '.git/hooks/a\nb\x1b[2J'* ]]
	changed_by 'for i in $(seq 50); do echo >.vscode/$i; done'
	# With the directory, which contains one that did not change.
	[ "$(wc -l <<<"$output")" = 20 ]
	grep -q '^sandbox: and 31 more files like these$' errors
	changed_by 'echo 1 >.envrc' --quiet
	[ ! -s errors ]
	project p $'[sandbox]\nlinger = 0\nreport = no'
	fails 125 '*report = no*' sandbox enter ./p -- true
	changed_by 'echo 2 >.envrc'
	[ -z "$output" ]
}
