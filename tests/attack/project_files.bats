#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# What the host later runs or obeys of a project: mainly git data. If that is protected, code inside
# can plant nothing there that git on the host would run, whatever the repository consists of.

load ../bats/helpers

setup() {
	sandbox_setup
	own_git_settings
}

repository() { # DIR
	git init -q "$1"
	echo one >"$1/file"
	git -C "$1" add .
	git -C "$1" commit -qm one
}

agent() { # DIR COMMAND...
	local dir=$1
	shift
	sandbox enter --quiet --accept --profile agent "$dir" -- "$@"
}

# Tries, in a box, to set up a directory so that git on the host runs $T/pwned when it looks at it.
evil='evil() { # GIT-DIR
	mkdir -p "$1/objects" "$1/refs/heads"
	echo "ref: refs/heads/main" >"$1/HEAD"
	printf "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = touch %s; false\n" "$T/pwned" >"$1/config"
}'

inside() { # DIR SCRIPT
	agent "$1" env T="$T" sh -c "$evil; $2" >/dev/null 2>&1 || true
}

# What people and their editors do on the host after a session.
looked_at() { # DIR...
	local dir
	for dir; do
		git -C "$dir" status >/dev/null 2>&1 || true
		git -C "$dir" diff >/dev/null 2>&1 || true
		git -C "$dir" commit -q --allow-empty -m host >/dev/null 2>&1 || true
	done
	[[ ! -e $T/pwned && ! -e $T/home/pwned ]]
}

@test "the checks of this file detect the attack" {
	repository p
	(cd p && T=$T sh -c "$evil; evil .git/x; cp .git/x/config .git/config")
	run ! looked_at p
}

@test ".git is read-only as a whole: hooks, config, commondir, worktrees, under any other name too" {
	repository p
	project p
	before=$(find p/.git -type f | sort | xargs sha256sum)
	inside ./p '
		evil /tmp/x
		for f in hooks/post-commit config config.worktree commondir info/attributes objects/info/alternates HEAD index; do
			cp /tmp/x/config .git/$f; echo /tmp >.git/$f; ln -sf /tmp/x/config .git/$f
		done
		rm -rf .git; mv .git gone; mv .git/hooks .git/h; ln -sfn /tmp/x .git; mkdir .git/worktrees
		sudo rm -rf .git; sudo mv .git gone; sudo umount .git; sudo mount -o remount,rw .git'
	[ "$(find p/.git -type f | sort | xargs sha256sum)" = "$before" ]
	looked_at p
}

@test "if .git is missing or empty nothing can be planted there; nor if it is a file" {
	project none
	project empty
	mkdir empty/.git
	repository repo
	git -C repo worktree add -q "$T/wt" -b side
	project wt
	mkdir sep
	git init -q --separate-git-dir=sep/data sep
	git -C sep commit -q --allow-empty -m one
	project sep
	for dir in none empty wt sep; do
		inside ./$dir 'evil .git; evil "$(git rev-parse --git-dir)"; evil "$(git rev-parse --git-common-dir)"; evil data
			evil /tmp/x; cat /tmp/x/config >data/config; rm -rf data .git; echo gitdir: /tmp/x >.git; mv data x
			echo /tmp/x >"$(git rev-parse --git-dir)/commondir"'
	done
	says_nothing ls -A none/.git
	says_nothing ls -A empty/.git
	looked_at none empty wt repo sep
}

@test "submodules: neither the .git of one, nor its data, nor one that is not checked out" {
	repository sub
	repository deep
	git -C sub submodule --quiet add "$T/deep" lib/deep
	git -C sub commit -qm deep
	repository p
	for name in a dir/b c; do git -C p submodule --quiet add "$T/sub" $name; done
	git -C p commit -qm subs
	git -C p submodule --quiet update --init --recursive
	git -C p submodule --quiet deinit -f c
	# One in the form of old versions of git, and one that was added without being called a
	# submodule.
	rm p/dir/b/.git
	mv p/.git/modules/dir/b p/dir/b/.git
	git config --file p/dir/b/.git/config --unset core.worktree
	echo 'gitdir: ../../.git/modules/lib/deep' >p/dir/b/lib/deep/.git
	git config --file p/dir/b/.git/modules/lib/deep/config core.worktree ../../../../lib/deep
	repository p/embedded
	git -C p add embedded 2>/dev/null
	git -C p commit -qm embedded
	project p
	says_nothing git -C p status --porcelain --untracked-files=no
	inside ./p '
		for d in a dir/b c embedded a/lib/deep dir/b/lib/deep dir; do
			rm -rf $d/.git; evil $d/.git; evil x; rm -f $d/.git; echo gitdir: ../x >$d/.git; ln -sfn ../x $d/.git
			echo gitdir: ../../x >$d/.git; cp x/config $d/.git/config; cp x/config $(git -C $d rev-parse --git-dir)/config
			mv $d gone; mkdir -p $d; evil $d/.git
		done'
	looked_at p p/a p/dir/b p/embedded
	# As many as large projects have are one mount each.
	for i in {1..150}; do printf '160000 %s\tlibs/%d\n' "$(git -C sub rev-parse HEAD)" "$i"; done | git -C p update-index --index-info
	mkdir -p p/libs/{1..150}
	git -C p commit -qm many
	sandbox stop p
	inside ./p 'evil libs/7/.git; evil libs/150/.git'
	looked_at p
	says_nothing ls -A p/libs/150
}

@test "an unreadable index is an error, not less protection" {
	repository p
	project p
	for bytes in 'DIRC' 'DIRC\0\0\0\x05\0\0\0\0aaaaaaaaaaaaaaaaaaaa' 'DIRC\0\0\0\x02\xff\xff\xff\xffaaaaaaaaaaaaaaaaaaaa'; do
		printf %b "$bytes" >p/.git/index
		fails 125 "*cannot protect the submodules of '$T/p': cannot read git's 'index': it is not a git index*" \
			sandbox enter --profile agent ./p -- true
	done
}

@test "nested and protect together are refused, with a line that names both" {
	project p $'[sandbox]\nnested = yes\nprofile = agent'
	fails 125 "*'protect' (*agent.ini:*) cannot hold with 'nested = yes' (*sandbox.ini:2)*take one of them out" \
		sandbox enter --accept ./p -- true
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\nprotect = .envrc\n' >"$HOME/.config/sandbox/sandbox.conf"
	project q $'[sandbox]\nnested = yes'
	fails 125 "*'protect' (*sandbox.conf*) cannot hold with 'nested = yes'*" sandbox enter --accept ./q -- true
	# A hidden project, and a trial, which writes nothing there, need no protection.
	project r $'[sandbox]\nnested = yes\nproject = no'
	sandbox enter --quiet --accept ./r -- true
	sandbox try --quiet --accept ./q -- true
}

@test "git can read where it may not write: status, diff and log, without warnings" {
	repository p
	project p
	sleep 0.01
	touch p/file
	echo two >>p/file
	run -0 agent ./p sh -c 'git status --porcelain; git diff --stat | tail -1; git log --format=%s'
	[ "$output" = $' M file\n?? .envrc\n?? sandbox.ini\n 1 file changed, 1 insertion(+)\none' ]
	[ "$(agent ./p sh -c 'echo $GIT_OPTIONAL_LOCKS')" = 0 ]
	says_nothing sandbox try --quiet --profile agent ./p -- sh -c 'echo $GIT_OPTIONAL_LOCKS'
}

@test "a command that writes fails with a line that names try, where it works and from where apply copies it" {
	repository p
	project p
	echo two >>p/file
	run ! agent ./p git commit -qam two
	[[ $output = *"Read-only file system"*$'\n'"sandbox: git's data is read-only in this box: 'git commit' works in 'sandbox try', from where 'sandbox apply' takes commits" ]]
	run ! agent ./p sh -c 'cd /; git -C "$OLDPWD" -c a.b=c add .; exit'
	[[ $output = *"'git add' works in 'sandbox try'"* ]]
	# Commands that read, and other repositories, work as usual; so does a signal.
	run -0 agent ./p sh -c 'git log; git branch; git init -q /tmp/x; cd /tmp/x; git -c user.name=a -c user.email=b commit -q --allow-empty -m x'
	[[ $output != *sandbox:* ]]
	run -3 agent ./p sh -c 'git -c alias.x="!exit 3" x'
	sandbox try --quiet --profile agent ./p -- git -c user.name=a -c user.email=b commit -qam two
	sandbox apply --quiet --yes ./p >/dev/null
	[ "$(git -C p log --format=%s)" = $'two\none' ]
	# A box without git has no wrapper.
	rootfs
	project q "[sandbox]
image = dir:$T/rootfs
profile = agent"
	run -127 sandbox enter --quiet --accept ./q -- sh -c 'command -v git'
	[ -z "$output" ]
}

@test "hooks and settings in the project that git's own settings name, existing or not" {
	repository p
	mkdir -p p/tools/hooks
	echo exit >p/tools/hooks/pre-commit
	printf '[core] hooksPath = "tools/hooks" ; ours\n[include]\n\tpath = ~/none\n' >>p/.git/config
	git -C p config --add include.path ../shared.gitconfig
	git -C p config --add includeIf.onbranch:main.path ../config/more
	mkdir p/config
	project p
	inside ./p 'evil x; chmod 755 tools/hooks; echo "touch $T/pwned" >tools/hooks/pre-commit; chmod 755 tools/hooks/pre-commit; rm -rf tools; mv tools t; mkdir -p tools/hooks
		cp x/config shared.gitconfig; cp x/config config/more; mv config c; mkdir config; cp x/config config/more; ln -sf x/config shared.gitconfig'
	[ ! -e 'p/~' ]
	[ "$(cat p/tools/hooks/pre-commit p/shared.gitconfig p/config/more)" = exit ]
	looked_at p
}

@test "targets of symlinks in git data, linked worktrees in the project, and hooks that the user's own settings name" {
	local hook="printf '#!/bin/sh\ntouch $T/pwned' | tee"
	repository p
	mkdir -p p/scripts/hooks
	for name in scripts/hooks/pre-commit scripts/commit; do
		printf '#!/bin/sh\n' >p/$name
		chmod 755 p/$name
	done
	ln -s ../../scripts/commit p/.git/hooks/post-commit
	ln -s ../../not/yet p/.git/hooks/pre-push
	git -C p worktree add -q wt/one
	git -C p worktree add -q wt/two
	rm -r p/wt/two
	git -C p config extensions.worktreeConfig true
	git -C p/wt/one config --worktree core.hooksPath tools/hooks
	project p
	inside ./p "$hook scripts/commit not/yet; chmod 755 not/yet; evil x; rm -f wt/one/.git; mv wt/one gone; echo 'gitdir: ../../x' >wt/one/.git; ln -sfn ../../x wt/one/.git
		mkdir -p wt/one/tools/hooks; $hook wt/one/tools/hooks/pre-commit; chmod 755 wt/one/tools/hooks/pre-commit"
	looked_at p p/wt/one
	[ ! -e p/wt/two ]
	# The hooks directory and the settings are symlinks themselves.
	mv p/.git/hooks gone
	ln -s ../scripts/hooks p/.git/hooks
	mv p/.git/config p/settings
	ln -s ../settings p/.git/config
	sandbox stop p
	inside ./p "evil x; cp x/config settings; $hook scripts/hooks/pre-commit"
	looked_at p
	# A second symlink behind the first could be redirected.
	ln -s commit p/scripts/link
	ln -s ../link p/scripts/hooks/pre-push
	sandbox stop p
	fails 125 "*'$T/p/scripts/hooks/pre-push' is a symlink: cannot protect 'scripts/link': 'link' is a symlink*" sandbox enter --profile agent ./p -- true
	rm p/scripts/link
	# In every repository that has such a directory.
	repository q
	git config --global core.hooksPath .myhooks
	mv gitconfig q/gitconfig
	ln -s q/gitconfig gitconfig
	project q
	inside ./q "mkdir -p .myhooks; $hook .myhooks/pre-commit; chmod 755 .myhooks/pre-commit; evil x; cat x/config >>gitconfig"
	looked_at q
}

@test "a HEAD that is a symlink to a packed branch, as in old versions of git" {
	repository sub
	repository p
	git -C p submodule --quiet add "$T/sub" s
	git -C p commit -qm sub
	git -C p pack-refs --all
	ln -sf refs/heads/main p/.git/HEAD
	[ ! -e p/.git/HEAD ]
	says_nothing git -C p status --porcelain
	project p
	inside ./p 'evil x; rm -f s/.git; evil s/.git; rm -f s/.git; echo gitdir: ../x >s/.git'
	looked_at p p/s
}

@test "settings that include themselves endlessly, and very many hooks, are an error and do not hang" {
	repository p
	project p
	yes $'[include]\n\tpath = config' | head -n 4000 >>p/.git/config
	fails 125 "*cannot protect '.git': its settings and hooks name more than 1000 files*" timeout 60 sandbox enter --profile agent ./p -- true
	timeout 60 sandbox enter --quiet ./p -- true
	git init -q q
	project q
	for i in {1..1100}; do ln -s "../../x$i" "q/.git/hooks/x$i"; done
	fails 125 "*more than 1000 files*" timeout 60 sandbox enter --profile agent ./q -- true
}
