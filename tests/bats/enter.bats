#!/usr/bin/env bats
# sandbox enter: the shell of a project, in its box.

load helpers

@test "the first enter makes the box, later ones find it" {
	project p
	sandbox enter ./p -- sh -c 'echo kept >~/note && echo too >/var/lib/note'
	[ "$(sandbox ls --names)" = p ]
	[ "$(sandbox enter ./p -- sh -c 'cat ~/note /var/lib/note')" = $'kept\ntoo' ]
	[ "$(sandbox ls --names)" = p ]
}

@test "a box and its files outlive its processes" {
	project p
	sandbox enter ./p -- sh -c 'echo kept >~/note && rm /etc/passwd'
	sandbox stop p
	[ "$(sandbox enter ./p -- sh -c 'cat ~/note; cat /var/lib/none 2>/dev/null')" = kept ]
}

@test "enter prints nothing itself" {
	project p
	run --separate-stderr sandbox enter ./p -- true
	[ "$status" = 0 ]
	[ -z "$output" ]
	says_nothing words_on_stderr
}

@test "the project is mounted at its own path, and files made there are owned by the user" {
	project p
	[ "$(cd p && sandbox enter -- pwd)" = "$T/p" ]
	sandbox enter ./p -- sh -c 'echo made inside >file'
	[ "$(cat p/file)" = 'made inside' ]
	[ "$(stat -c %u p/file)" = "$(id -u)" ]
}

@test "without PROJECT it uses the nearest directory at or above with a sandbox.ini" {
	project p
	mkdir -p p/src/deep
	cd p/src/deep
	[ "$(sandbox enter -- pwd)" = "$T/p/src/deep" ]
	[ "$(sandbox ls --names)" = p ]
}

@test "a directory without a sandbox.ini can be a project too" {
	mkdir plain
	[ "$(sandbox enter ./plain -- pwd)" = "$T/plain" ]
	[ "$(sandbox ls --names)" = plain ]
}

@test "a box can be entered by name from anywhere" {
	project p
	sandbox enter ./p -- true
	cd /
	[ "$(sandbox enter p -- pwd)" = "$T/p" ]
}

@test "the home and the root directory of the host cannot be projects" {
	fails 125 "*holds your whole home*" sandbox enter "$HOME/" -- true
	fails 125 "*no project*" sandbox enter / -- true
}

@test "a second directory with the same name gets a box called NAME-2, with a note" {
	project a/p
	project b/p
	sandbox enter ./a/p -- true
	run --separate-stderr sandbox enter ./b/p -- pwd
	[ "$output" = "$T/b/p" ]
	[[ $(words_on_stderr) = *"'p-2'"* ]]
	[ "$(sandbox ls --names)" = $'p\np-2' ]
	[ "$(sandbox enter ./b/p -- hostname)" = p-2 ]
}

@test "a box's name comes from --name, the project file, or the directory" {
	project a '[sandbox]
name = from-file'
	project 'b with blanks'
	project c
	sandbox enter ./a -- true
	sandbox enter './b with blanks' -- true
	sandbox enter --name by-flag ./c -- true
	[ "$(sandbox ls --names)" = $'b-with-blanks\nby-flag\nfrom-file' ]
}

@test "the words of the command arrive unchanged" {
	project p
	run --separate-stderr sandbox enter ./p -- printf '<%s>' 'a b' '' '"q"' "it's" $'new\nline' '$HOME' '*' -- -x
	[ "$output" = $'<a b><><"q"><it\'s><new\nline><$HOME><*><--><-x>' ]
}

@test "the exit status is the command's own, or 128+n if a signal killed it" {
	project p
	run sandbox enter ./p -- sh -c 'exit 7'
	[ "$status" = 7 ]
	run sandbox enter ./p -- sh -c 'kill -TERM $$'
	[ "$status" = 143 ]
	run sandbox enter ./p -- sh -c 'kill -KILL $$'
	[ "$status" = 137 ]
}

@test "stdin, stdout and stderr are passed through separately" {
	project p
	run --separate-stderr sandbox enter ./p -- sh -c 'cat; echo err >&2' <<<in
	[ "$output" = in ]
	[ "$(words_on_stderr)" = err ]
	head -c 3000000 /dev/urandom >blob
	sandbox enter ./p -- cat <blob | cmp - blob
}

@test "a signal sent to the client reaches the command" {
	project p
	sandbox enter ./p -- sh -c 'trap "echo got it; exit 9" TERM; echo ready; sleep 20 & wait' \
		>out &
	wait_until 50 grep -q ready out
	kill -TERM $!
	wait_for $!
	[ "$status" = 9 ]
	grep -q 'got it' out
}

@test "inside, the user has the same name and ids as outside, and no capability" {
	project p
	[ "$(sandbox enter ./p -- id -un)" = "$(id -un)" ]
	[ "$(sandbox enter ./p -- id -u)" = "$(id -u)" ]
	[ "$(sandbox enter ./p -- id -g)" = "$(id -g)" ]
	run sandbox enter ./p -- sh -c 'grep -E "^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)" /proc/self/status'
	[[ ! $(grep Cap <<<"$output") =~ [1-9a-f]$ ]]
	[[ $output = *$'NoNewPrivs:\t1'* ]]
}

@test "--root is root of the box, which is still only the user on the host" {
	project p
	[ "$(sandbox enter --root ./p -- id -u)" = 0 ]
	sandbox enter --root ./p -- sh -c 'echo x >by-root && chown 5:5 by-root'
	[ "$(stat -c %u p/by-root)" = "$(id -u)" ]
	[ "$(sandbox enter --root ./p -- sh -c 'echo $HOME $USER')" = '/root root' ]
}

@test "root = yes makes sessions root" {
	project p $'[sandbox]\nroot = yes'
	[ "$(sandbox enter ./p -- id -u)" = 0 ]
}

@test "the hostname is the box's name, or what the project says" {
	project p
	project q $'[sandbox]\nhostname = other'
	[ "$(sandbox enter ./p -- hostname)" = p ]
	[ "$(sandbox enter ./q -- hostname)" = other ]
	sandbox enter ./p -- grep -qw p /etc/hosts
}

@test "without a command it runs \$SHELL if the image has it" {
	project p
	SHELL=/bin/sh says_nothing sandbox enter ./p <<<'echo $BASH_VERSION'
	[[ $(SHELL=/bin/bash sandbox enter ./p <<<'echo $BASH_VERSION') = [3-9].* ]]
}

@test "if the image lacks \$SHELL it runs bash, else sh" {
	rootfs
	project p "[sandbox]
image = dir:$T/rootfs"
	[ "$(SHELL=/usr/bin/fish sandbox enter --accept ./p <<<'echo shell $((1 + 1))')" = 'shell 2' ]
	cp rootfs/bin/busybox rootfs/bin/marker
	printf '#!/bin/sh\necho this is bash\n' >rootfs/bin/bash
	chmod +x rootfs/bin/bash
	sandbox rm -f p
	[ "$(SHELL=/usr/bin/fish sandbox enter --accept ./p </dev/null)" = 'this is bash' ]
}

@test "shell = selects another shell" {
	project p $'[sandbox]\nshell = /bin/echo'
	says_nothing sandbox enter ./p
}

@test "--workdir sets the directory, which must be absolute and exist" {
	project p
	[ "$(sandbox enter --workdir /usr ./p -- pwd)" = /usr ]
	fails 125 "*absolute*" sandbox enter --workdir usr ./p -- true
	fails 125 "*/nowhere*No such file*" sandbox enter --workdir /nowhere ./p -- true
}

@test "--image makes the box from a root file system, whose files are not changed" {
	rootfs
	project p
	sandbox enter --image "dir:$T/rootfs" ./p -- sh -c 'echo changed >/etc/passwd; echo x >/new'
	[ "$(cat rootfs/etc/passwd)" = 'root:x:0:0:root:/root:/bin/sh' ]
	[ ! -e rootfs/new ]
	[ "$(sandbox enter --image "dir:$T/rootfs" ./p -- cat /new)" = x ]
}

@test "a box that was made from another image says so, and how to rebuild it" {
	rootfs
	project p
	sandbox enter --accept ./p -- true
	project p $'[sandbox]\nimage = dir:../rootfs'
	run --separate-stderr sandbox enter --accept ./p -- true
	[ "$status" = 0 ]
	[[ $(words_on_stderr) = "sandbox: the project asks for image"*"sandbox enter --rebuild"* ]]
	sandbox stop p
	sandbox enter --accept --rebuild ./p -- sh -c '[ ! -e /opt ]'
	[ "$(sandbox inspect p --json | jq -r .image)" = dir:../rootfs ]
}

@test "--network none has only loopback" {
	project p
	[ "$(sandbox enter --network none ./p -- sh -c 'ls /sys/class/net')" = lo ]
	run sandbox enter --network none ./p -- sh -c 'grep -c : /proc/net/dev'
	[ "$output" = 1 ]
}

@test "--variant applies [env:VARIANT], --profile adds a profile" {
	project p $'[env]\nMODE = plain\n[env:test]\nMODE = tested'
	printf '[env]\nEXTRA = yes\n' >p/extra.ini
	[ "$(sandbox enter ./p -- sh -c 'echo $MODE')" = plain ]
	[ "$(sandbox enter --variant test ./p -- sh -c 'echo $MODE')" = tested ]
	[ "$(sandbox enter --profile "$T/p/extra.ini" ./p -- sh -c 'echo $EXTRA')" = yes ]
}

@test "project = /path mounts the project there, project = no does not mount it" {
	project p $'[sandbox]\nproject = /work/here'
	project q $'[sandbox]\nproject = no'
	mkdir p/sub
	[ "$(sandbox enter ./p -- pwd)" = /work/here ]
	[ "$(cd p/sub && sandbox enter -- pwd)" = /work/here/sub ]
	sandbox enter ./p -- test -e sandbox.ini
	run sandbox enter ./q -- test -e "$T/q/sandbox.ini"
	[ "$status" = 1 ]
}

@test "the home belongs to the box; with home = host it is the host's" {
	echo mine >"$HOME/mark"
	project p
	project q $'[sandbox]\nhome = host'
	run sandbox enter --accept ./p -- sh -c 'cat ~/mark'
	[ "$status" = 1 ]
	[ "$(sandbox enter --accept ./q -- sh -c 'cat ~/mark')" = mine ]
}

@test "known settings that are not implemented are noted, unless --quiet" {
	project p $'[limits]\nmemory = 1G'
	run --separate-stderr sandbox enter ./p -- true
	[[ $(words_on_stderr) = "sandbox: "*"p/sandbox.ini:2: [limits] is not implemented yet" ]]
	sandbox stop p
	run --separate-stderr sandbox enter --quiet ./p -- true
	says_nothing words_on_stderr
}

@test "sudo inside gives root of the box, and returns the command's status" {
	project p
	[ "$(sandbox enter ./p -- sudo id -u)" = 0 ]
	run sandbox enter ./p -- sudo sh -c 'exit 5'
	[ "$status" = 5 ]
	[ "$(sandbox enter ./p -- sudo cat <<<through)" = through ]
}

@test "sudo = no disables it" {
	project p $'[sandbox]\nsudo = no'
	run ! sandbox enter ./p -- sudo -n id -u
}
