#!/usr/bin/env bats
# make install and uninstall: without root, nothing setuid, nothing left behind.

load helpers

# Everything is built; only copying is tested. The copy of the tree may be read-only.
build_has() {
	make -C "$SOURCE" --no-print-directory -s --old-file=all "$@" \
		${TEST_BUILD:+B="$TEST_BUILD"} BIN="$BUILD/bin" LIB="$BUILD/libexec/sandbox"
}

files() { # DIR
	(cd "$1" && find . ! -type d | LC_ALL=C sort)
}

@test "installs below a PREFIX of the user's own, without root" {
	build_has install PREFIX="$T/prefix"
	[ -x prefix/bin/sandbox ]
	[ -x prefix/libexec/sandbox/sudo ]
	[ -x prefix/libexec/sandbox/sandbox-ask ]
	[ -x prefix/libexec/sandbox/sandbox-gateway ]
	[ "$(cd "$SOURCE/profiles" && ls ./*.ini)" = "$(cd prefix/share/sandbox/profiles && ls ./*.ini)" ]
	[ -f prefix/share/sandbox/profiles/apparmor/sandbox ]
	[ "$(cd "$SOURCE/man" && ls -- *.[157])" = "$(find prefix/share/man -type f -printf '%f\n' | LC_ALL=C sort)" ]
	cmp "$SOURCE/completions/_sandbox" prefix/share/zsh/site-functions/_sandbox
	[ -f prefix/share/bash-completion/completions/sandbox ]
	[ -f prefix/share/fish/vendor_completions.d/sandbox.fish ]
}

@test "nothing is setuid, setgid or has file capabilities" {
	local getcap

	build_has install PREFIX="$T/prefix"
	says_nothing find prefix -perm /7000 ! -type d
	says_nothing find prefix -perm /022
	getcap=$(PATH=$PATH:/usr/sbin:/sbin command -v getcap)
	says_nothing "$getcap" -r prefix
}

@test "it says what shells do not find by themselves" {
	run -0 build_has install PREFIX="$T/prefix"
	[[ $output = *"Add $T/prefix/bin to PATH."*"fpath=($T/prefix/share/zsh/site-functions \$fpath)"* ]]
	[ -e /usr/share/bash-completion/bash_completion ] || [[ $output = *"~/.bashrc: source <(sandbox completion bash)"* ]]
	run -0 build_has install DESTDIR="$T/stage" PREFIX=/usr
	[ -z "$output" ]
}

@test "the installed program finds its own data and enters a box" {
	build_has install PREFIX="$T/prefix"
	project p $'[sandbox]\nprofile = dev'
	PATH=/usr/bin:/bin
	[ "$(prefix/bin/sandbox enter ./p -- sudo id -u)" = 0 ]
	[ "$(prefix/bin/sandbox profile show dev)" = "$(cat "$SOURCE/profiles/dev.ini")" ]
	[[ $(prefix/bin/sandbox profile ls --json) = *"$T/prefix/share/sandbox/profiles/dev.ini"* ]]
	prefix/bin/sandbox rm -f p
	# wherever it is moved, and through a symlink
	mv prefix moved
	mkdir bin
	ln -s ../moved/bin/sandbox bin/sandbox
	[ "$(bin/sandbox enter ./p -- sudo id -u)" = 0 ]
	bin/sandbox rm -f p
}

@test "DESTDIR is put before PREFIX, and into no file" {
	build_has install DESTDIR="$T/stage" PREFIX=/usr
	[ "$(ls stage)" = usr ]
	[ -x stage/usr/bin/sandbox ]
	[ -f stage/usr/share/man/man1/sandbox.1 ]
	run ! grep -rqF "$T/stage" stage
}

@test "installing twice gives the same result" {
	build_has install PREFIX="$T/prefix"
	files prefix >once
	build_has install PREFIX="$T/prefix"
	files prefix | cmp - once
}

@test "uninstall removes what was installed, and nothing else" {
	mkdir -p prefix/bin prefix/share/man/man1
	echo other | tee prefix/bin/other >prefix/share/man/man1/other.1
	files prefix >before
	build_has install PREFIX="$T/prefix"
	build_has uninstall PREFIX="$T/prefix"
	files prefix | cmp - before
	build_has install DESTDIR="$T/stage" PREFIX=/usr
	build_has uninstall DESTDIR="$T/stage" PREFIX=/usr
	says_nothing files stage
}

@test "a new version can be installed while boxes run" {
	build_has install PREFIX="$T/prefix"
	project p
	prefix/bin/sandbox enter ./p -- sh -c 'echo ready; sleep 20' >out &
	wait_until 50 grep -q ready out
	build_has install PREFIX="$T/prefix"
	[ "$(prefix/bin/sandbox exec p sudo id -u)" = 0 ]
	prefix/bin/sandbox stop -t 0 p
	wait_for $!
}

@test "uninstall leaves the boxes of a user whose data directory is in PREFIX" {
	export HOME=$T/home2
	export XDG_DATA_HOME=$HOME/.local/share
	mkdir -p "$HOME"
	build_has install PREFIX="$HOME/.local"
	project p
	"$HOME/.local/bin/sandbox" enter ./p -- sh -c 'echo kept >~/kept'
	build_has uninstall PREFIX="$HOME/.local"
	[ ! -e "$HOME/.local/bin/sandbox" ]
	[ ! -e "$HOME/.local/share/sandbox/profiles" ]
	[ "$(sandbox enter ./p -- sh -c 'cat ~/kept')" = kept ]
	sandbox rm -f p
}
