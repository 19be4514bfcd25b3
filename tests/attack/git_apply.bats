#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# What is committed in a trial goes to the host; nothing that git on the host would run or obey
# does, however it is spelled, linked, split or hidden. What stays behind is listed.

load ../bats/helpers

setup() {
	sandbox_setup
	own_git_settings
	git init -q p
	project p $'[sandbox]\nlinger = 0\nproject = /p\nprofile = agent'
	echo one >p/file
	git -C p add .
	git -C p commit -qm one
	git -C p branch old
	tree=$(tree_of p)
}

# All of git's data except what commits consist of.
tree_of() { find "$1" -path '*.git/*' ! -path '*/objects*' ! -path '*/refs*' ! -path '*/logs*' ! -name index ! -name HEAD \
	! -name COMMIT_EDITMSG ! -name ORIG_HEAD ! -name packed-refs -type f | sort | xargs -r sha256sum; }

tried() { sandbox try --quiet --accept ./p -- sh -c "export T='$T'; git config --global user.name Me; git config --global user.email me@x; $evil; $1"; }
applied() { sandbox apply --quiet --yes ./p >listed; }
left() { grep '^  L ' listed | sed "s|^  L $T/p/||; s| (left.*||" | sort; }

evil='evil() { mkdir -p "$1"; printf "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = touch %s; false\n" "$T/pwned" >"$1/config"; }
	bare() { mkdir -p "$1/objects" "$1/refs/heads"; echo "ref: refs/heads/main" >"$1/HEAD"; evil "$1"; }'

looked_at() { # DIR...
	local dir
	for dir; do
		git -C "$dir" status >/dev/null 2>&1 || true
		git -C "$dir" diff >/dev/null 2>&1 || true
		git -C "$dir" commit -q --allow-empty -m host >/dev/null 2>&1 || true
		git -C "$dir" gc -q >/dev/null 2>&1 || true
	done
	[ ! -e "$T/pwned" ]
}

@test "commits, branches, tags, the index and a merge in progress arrive, and the host's git finds them intact" {
	tried 'set -e
		echo two >>file; git commit -qam two; git tag v1; git checkout -q -b side/branch; echo new >new; git add new; git commit -qm three
		echo staged >staged; git add staged; git branch -D old; git stash list'
	applied
	says_nothing left
	[ "$(git -C p log --format=%s)" = $'three\ntwo\none' ]
	[ "$(git -C p branch --format='%(refname:short)')" = $'main\nside/branch' ]
	[ "$(git -C p rev-parse v1)" = "$(git -C p rev-parse main)" ]
	[ "$(git -C p status --porcelain)" = 'A  staged' ]
	git -C p fsck --strict
	[ "$tree" = "$(tree_of p)" ]
	# Again, with the result of gc.
	tried 'set -e; git commit -qm four; git gc -q; git checkout -q main; git merge -q --no-commit --no-ff side/branch; git pack-refs --all'
	applied
	git -C p fsck --strict
	[ "$(git -C p log -1 --format=%s side/branch)" = four ]
	[ -e p/.git/MERGE_HEAD ]
	[ "$(git -C p branch --format='%(refname:short)')" = $'main\nside/branch' ]
	git -C p commit -qm merged
	says_nothing git -C p status --porcelain
	looked_at p
}

@test "hooks, settings, pointers, alternates and attributes stay behind, each listed by name" {
	tried 'cd .git
		echo evil >hooks/post-commit; chmod 755 hooks/post-commit; evil .; cp config config.worktree; echo /tmp >commondir; echo x >info/attributes
		mkdir -p objects/info; echo /tmp >objects/info/alternates; echo a >description; mkdir rebase-merge; echo "exec touch $T/pwned" >rebase-merge/git-rebase-todo
		mkdir -p worktrees/w modules/m; bare modules/m; echo /tmp >worktrees/w/gitdir; echo x >refs/heads/../../gitdir; mkdir branches 2>/dev/null; echo "ext::sh" >branches/x
		echo x >info/grafts; rm hooks/pre-push.sample; mv hooks/update.sample hooks/update; ln -s /tmp objects/aa; ln -s /tmp HEAD.lock'
	applied
	[ "$tree" = "$(tree_of p)" ]
	for name in hooks/post-commit hooks/update hooks/pre-push.sample config config.worktree commondir info/attributes info/grafts objects/info/alternates description rebase-merge/ \
		modules/ worktrees/ gitdir objects/aa; do
		left | grep -qxF ".git/$name"
	done
	[ ! -e p/.git/rebase-merge ]
	[ ! -e p/.git/modules ]
	[ ! -e p/.git/commondir ]
	[ ! -L p/.git/objects/aa ]
	looked_at p
}

@test "references with odd names and contents, symlinks, a HEAD that leads elsewhere, forged packed-refs: none is applied" {
	head=$(cat p/.git/HEAD)
	tried 'cd .git; h=$(cat refs/heads/main)
		for n in "a b" "\$(touch x)" "-x" "a..b" "x.lock" "a~1" ".h" "a\\b" "$(printf "c\033d")" "$(printf "n\nl")" "q;id" "back\`tick"; do echo $h >"refs/heads/$n"; done
		mkdir -p refs/heads/ok; echo $h >refs/heads/ok/fine; echo "../../../etc/passwd" >refs/heads/x1; echo "ref: ../../x" >refs/heads/x2; head -c 9000 /dev/zero >refs/heads/x3
		ln -s /etc/passwd refs/heads/link; ln -sfn /tmp logs; ln -s main refs/heads/sym; rm HEAD; ln -s ../../outside HEAD
		echo "$h refs/heads/../../config" >packed-refs; rm refs/heads/old'
	applied
	[ "$(git -C p for-each-ref --format='%(refname)')" = $'refs/heads/main\nrefs/heads/ok/fine\nrefs/heads/old' ]
	[ "$(cat p/.git/HEAD)" = "$head" ]
	[ ! -L p/.git/HEAD ]
	[ ! -L p/.git/logs ]
	[ ! -e p/.git/packed-refs ]
	says_nothing find p/.git -type l
	for content in 'ref: /etc/passwd' 'ref: refs/heads/../../../x' "ref: refs/heads/\$(x)" 'garbage'; do
		tried "echo '$content' >.git/HEAD"
		applied
		[ "$(cat p/.git/HEAD)" = "$head" ]
	done
	git -C p fsck
}

@test "the index: no gitlink that the host does not have, nothing that tells git what to skip, no garbage" {
	git init -q sub
	git -C sub commit -q --allow-empty -m sub
	before=$(git -C p ls-files -s)
	tried 'git init -q emb; git -C emb commit -q --allow-empty -m x; evil emb/.git; git add emb'
	applied
	[ "$(git -C p ls-files -s)" = "$before" ]
	left | grep -qx .git/index
	left | grep -qx emb/.git/config
	[ ! -e p/emb/.git/config ]
	for how in 'git update-index --split-index' 'git update-index --force-untracked-cache; git status' 'echo garbage >.git/index' 'rm .git/index' 'ln -sf /etc/passwd .git/index'; do
		tried "$how"
		applied
		[ "$(git -C p ls-files -s)" = "$before" ]
		left | grep -qx .git/index
		sandbox discard --force ./p
	done
	[ ! -L p/.git/index ]
	# A submodule that the host has can be committed in and staged.
	rm -rf p/emb
	git -C p submodule --quiet add "$T/sub" sub
	git -C p commit -qm sub
	tried 'set -e; cd sub; echo x >x; git add x; git commit -qm "in sub"; cd ..; git add sub; git commit -qm "sub moved"; evil .git/modules/sub; echo x >.git/modules/sub/hooks/post-commit'
	applied
	[ "$(git -C p log -1 --format=%s)$(git -C p/sub log -1 --format=%s)" = 'sub movedin sub' ]
	[ "$(left)" = $'.git/modules/sub/config\n.git/modules/sub/hooks/post-commit' ]
	says_nothing git -C p status --porcelain
	looked_at p p/sub
}

@test ".git in other spellings, as a file, as a symlink, removed; in the project and below it" {
	mkdir p/dir p/dir2
	tried 'for n in .GIT .Git git~1 ".git " .git. ".git::\$INDEX_ALLOCATION" "$(printf ".g\342\200\214it")" GIT~1; do bare "dir/$n"; done
		bare x; echo gitdir: ../x >dir/.git; ln -s ../x dir2/.git; bare new/.git; rm -rf .git; bare .git'
	applied
	[ -d p/.git/hooks ]
	[ "$tree" = "$(tree_of p)" ]
	says_nothing ls -A p/dir
	says_nothing ls -A p/dir2
	[ -e p/new/.git/HEAD ]
	[ ! -e p/new/.git/config ]
	left | grep -qx new/.git/config
	looked_at p p/dir p/dir2 p/new p/x
	tried 'rm -rf .git'
	applied
	left | grep -qx .git/
	tried 'rm -rf .git; echo gitdir: x >.git'
	run -125 sandbox apply --quiet --yes ./p
	[ "$tree" = "$(tree_of p)" ]
}

@test "directories that would become repositories without being called .git, at once or in parts, in other case, by commondir" {
	mkdir -p p/there/objects p/there/refs
	echo x >p/there/keep
	touch p/there/config
	tried 'bare a; echo data >a/README; mkdir b; echo "ref: refs/heads/main" >b/HEAD; echo ../a >b/commondir; evil b; bare c; mv c/HEAD c/head; echo "ref: refs/heads/main" >there/HEAD; evil there
		mkdir -p d; evil d; echo "ref: refs/heads/main" >d/HEAD; mkdir -p s/o s/r; ln -s o s/objects; ln -s r s/refs; echo "ref: refs/heads/main" >s/HEAD; evil s'
	applied
	[ "$(ls p/a)" = README ]
	[ "$(ls p/s)" = $'o\nr' ]
	[ ! -s p/there/config ]
	[ ! -e p/there/HEAD ]
	looked_at p p/a p/b p/c p/there p/d p/s
	[ -e p/d/HEAD ]
	tried 'mkdir -p d/objects d/refs'
	applied
	[ "$(left)" = $'d/objects/\nd/refs/' ]
	looked_at p/d
	sandbox discard --force ./p
	# One that the host has, as test data: its objects and references, and the file beside them.
	git init -q --bare p/fixture
	tried 'set -e; git push -q ./fixture main; evil fixture; echo evil >fixture/hooks/post-update; echo note >fixture/NOTES'
	applied
	[ "$(git -C p/fixture log --format=%s main)" = "$(git -C p log --format=%s main)" ]
	[ -e p/fixture/NOTES ]
	[ ! -e p/fixture/hooks/post-update ]
	[ "$(left)" = $'fixture/config\nfixture/hooks/post-update' ]
	looked_at p/fixture
}

@test "with --from and --to, too, and in a linked worktree, whose data is elsewhere" {
	tried 'evil ~/g; mkdir ~/g/hooks; echo x >~/g/hooks/post-commit'
	sandbox apply --quiet --yes --from "$HOME/g" --to "$T/p/.git" ./p >listed
	[ "$(left)" = $'.git/config\n.git/hooks/post-commit' ]
	[ "$tree" = "$(tree_of p)" ]
	sandbox discard --force ./p
	git -C p worktree add -q "$T/wt" -b wt
	project wt $'[sandbox]\nlinger = 0'
	sandbox try --quiet --accept ./wt -- sh -ec 'git config user.name M; git config user.email m@x; git commit -q --allow-empty -m "in wt"; echo x >"$(git rev-parse --git-common-dir)/hooks/post-commit"; echo ../x >"$(git rev-parse --git-dir)/commondir"; git rev-parse --git-common-dir || true'
	sandbox apply --quiet --yes ./wt >listed
	[ "$(git -C wt log -1 --format=%s)" = 'in wt' ]
	[ "$tree" = "$(tree_of p | grep -v worktrees)" ]
	grep -q "  L $T/p/.git/hooks/post-commit (left out: git on the host runs or obeys it)" listed
	grep -q "  L $T/p/.git/worktrees/wt/commondir" listed
}

@test "--json lists what is left behind too, and a deleted repository stays" {
	tried 'echo x >.git/hooks/post-commit; echo two >file'
	sandbox apply --dry-run --json ./p >listed
	python3 -c 'import json, sys; v = json.load(open("listed")); assert [x["left"] for x in v] == [None, "git on the host runs or obeys it"], v'
}
