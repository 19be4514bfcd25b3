#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# Projects whose git data is outside: linked worktrees, parts of a repository, lone submodules,
# clones that borrow objects. The data is mounted at its own path, protected like .git, and nothing
# that a box does not see is pruned.

load helpers

setup() {
	sandbox_setup
	own_git_settings
	env='-e GIT_AUTHOR_NAME=Me -e GIT_AUTHOR_EMAIL=me@x -e GIT_COMMITTER_NAME=Me -e GIT_COMMITTER_EMAIL=me@x'
	git init -q repo
	echo one >repo/file
	git -C repo add file
	git -C repo commit -qm one
}

project_in() { # DIR [TEXT]
	mkdir -p "$1"
	printf '%s\n' "${2-[sandbox]}" >"$1/sandbox.ini"
}

box() { # DIR COMMAND...
	local dir=$1
	shift
	# shellcheck disable=SC2086
	sandbox enter --quiet --accept $env "$dir" -- "$@"
}

@test "a linked worktree: status, commit, branches; the main checkout sees them" {
	git -C repo worktree add -q "$T/wt" -b side
	project_in wt
	box ./wt sh -ec '
		[ "$(git status --porcelain)" = "?? sandbox.ini" ]
		echo two >>file
		git commit -qam two
		git branch other
		git stash list; git gc -q; git fsck --no-progress 2>/dev/null'
	[ "$(git -C repo log -1 --format=%s side)" = two ]
	git -C repo rev-parse -q --verify other
	# If the project has another path inside.
	project_in wt $'[sandbox]\nproject = /work'
	sandbox stop wt
	[ "$(box ./wt sh -c 'git worktree prune; pwd; git log -1 --format=%s')" = $'/work\ntwo' ]
	[ "$(git -C wt log -1 --format=%s)" = two ]
}

@test "git worktree prune and gc inside remove nothing of checkouts that the box does not see" {
	git -C repo worktree add -q "$T/wt" -b side
	git -C repo worktree add -q "$T/wt2" -b side2
	project_in wt
	project_in repo
	run ! box ./wt sh -c 'git worktree prune -v; git gc -q; rm -rf "$(git rev-parse --git-common-dir)/worktrees/wt2"'
	[ "$(git -C wt2 log -1 --format=%s)" = one ]
	[ "$(git -C wt log -1 --format=%s)" = one ]
	run ! box ./repo sh -c 'git worktree prune -v; git gc -q; rm -rf .git/worktrees/*; mv .git/worktrees .git/gone'
	[ "$(git -C wt2 log -1 --format=%s)" = one ]
	[ "$(git -C wt log -1 --format=%s)" = one ]
	# It can make and prune one of its own.
	box ./repo sh -ec 'git worktree add -q ./mine; git -C mine log -1 --format=%s; rm -r mine; git worktree prune; [ ! -e .git/worktrees/mine ]'
}

@test "a worktrees/ that is a symlink is ignored, and very many need no mount each" {
	project_in repo
	mkdir secret repo/.git/worktrees
	echo secret >secret/file
	for i in {1..300}; do mkdir "repo/.git/worktrees/$i"; done
	run sandbox enter --accept ./repo -- sh -c 'git status --short; rm -r .git/worktrees/7'
	[[ $output = *"'$T/repo/.git/worktrees' is read-only in the box"*'?? sandbox.ini'* ]]
	[ -d repo/.git/worktrees/7 ]
	sandbox stop repo
	rm -r repo/.git/worktrees
	ln -s "$T/secret" repo/.git/worktrees
	[ "$(box ./repo sh -c 'cat .git/worktrees/file; git status --short' 2>/dev/null)" = '?? sandbox.ini' ]
}

@test "a part of a repository: the rest is there, read-only, so that git status is right" {
	mkdir -p repo/app repo/lib
	echo code >repo/app/code
	echo code >repo/lib/code
	git -C repo add .
	git -C repo commit -qm parts
	project_in repo/app
	box ./repo/app sh -ec '
		[ "$(git status --porcelain)" = "?? app/sandbox.ini" ]
		echo more >>code
		git commit -qam more
		cat ../lib/code'
	[ "$(git -C repo log -1 --format=%s)" = more ]
	says_nothing git -C repo status --porcelain --untracked-files=no
	run ! box ./repo/app sh -c 'echo x >../lib/code'
	# A repository that contains the home is ignored.
	git init -q "$HOME"
	project_in "$HOME/q"
	git -C "$HOME" add q/sandbox.ini
	git -C "$HOME" commit -qm home
	run ! box "$HOME/q" git log -1
}

@test "a lone submodule, and a clone that borrows its objects" {
	git init -q sub
	git -C sub commit -q --allow-empty -m 'of sub'
	git -C repo submodule --quiet add "$T/sub" sub
	git -C repo commit -qam sub
	project_in repo/sub
	box ./repo/sub sh -ec '[ "$(git log -1 --format=%s)" = "of sub" ]; git commit -q --allow-empty -m inside'
	[ "$(git -C repo/sub log -1 --format=%s)" = inside ]
	git clone -q --shared repo shared
	git clone -q --shared shared again
	project_in again
	box ./again sh -ec '[ "$(git log -2 --format=%s | tail -1)" = one ]; git fsck --no-progress; echo x >file; git commit -qam x'
	[ "$(git -C again log -1 --format=%s)" = x ]
	run ! box ./again sh -c 'f=$(cat .git/objects/info/alternates); touch "$f/new"'
}

@test "it needs consent, which is kept; if nobody can be asked, the box starts without it" {
	git -C repo worktree add -q "$T/wt" -b side
	project_in wt
	run -0 --separate-stderr sandbox enter ./wt -- sh -c 'git log -1 2>/dev/null || echo none'
	[ "$output" = none ]
	# shellcheck disable=SC2154 # bats sets it
	[[ $stderr = *"git's data of this checkout is outside the project"*"($T/repo/.git = $T/repo/.git)"*--accept* ]]
	sandbox stop wt
	box ./wt true
	sandbox stop wt
	[ "$(sandbox enter --quiet ./wt -- git log -1 --format=%s)" = one ]
	# Changing the pointer from inside is not consent.
	sandbox enter --quiet ./wt -- sh -c 'echo "gitdir: $1" >.git' - "$T/sub/.git"
	git init -q sub
	sandbox stop wt
	run ! sandbox enter --quiet ./wt -- ls "$T/sub/.git"
}

@test "protected paths in .git also apply to data outside the project" {
	git -C repo worktree add -q "$T/wt" -b side
	project_in wt $'[sandbox]\nprotect = .git/hooks .git/config .git/worktrees'
	rm -r repo/.git/hooks
	run ! box ./wt sh -c 'cd "$(git rev-parse --git-common-dir)"; touch hooks/post-commit || touch config || mv hooks gone || mkdir hooks/x || echo >worktrees/wt/commondir'
	box ./wt git commit -q --allow-empty -m 'still works'
	project_in wt $'[sandbox]\nprotect = .git'
	sandbox stop wt
	run ! box ./wt git commit -q --allow-empty -m 'not any more'
	[ "$(box ./wt git log -1 --format=%s)" = 'still works' ]
}

@test "a trial can commit, and nothing of it reaches the repository" {
	git -C repo worktree add -q "$T/wt" -b side
	project_in wt
	# shellcheck disable=SC2086
	sandbox try --quiet --accept $env ./wt -- sh -ec 'git worktree prune; git commit -q --allow-empty -m tried; git log -1 --format=%s >seen'
	[ "$(git -C wt log -1 --format=%s)" = one ]
	[ "$(git -C repo log --all --format=%s)" = one ]
}
