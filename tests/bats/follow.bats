#!/usr/bin/env bats
# Read-only single files of the host are up to date in a box, at the latest in the next session.

load helpers

setup() {
	sandbox_setup
	mkdir conf
	echo one >conf/file
}

teardown() {
	[ ! -e agents ] || xargs kill <agents
	sandbox_teardown
}

# An agent on a socket at PATH, which sends NAME to each client and echoes what it gets.
agent() { # PATH NAME
	python3 - "$@" 3>&- <<-'END' &
		import os, socket, sys
		if os.path.exists(sys.argv[1]):
		    os.unlink(sys.argv[1])
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1] + '.new')
		s.listen()
		os.rename(sys.argv[1] + '.new', sys.argv[1])
		while True:
		    c, _ = s.accept()
		    c.sendall(sys.argv[2].encode())
		    while data := c.recv(65536):
		        c.sendall(data)
		    c.close()
	END
	echo $! >>agents
	wait_until 50 test -S "$1"
}

# The greeting of the session's agent, and 100000 bytes there and back.
ask='import os, socket
s = socket.socket(socket.AF_UNIX)
s.connect(os.environ["SSH_AUTH_SOCK"])
print(s.recv(3).decode())
sent = os.urandom(100000)
s.sendall(sent)
back = b""
while len(back) < len(sent):
    back += s.recv(65536)
assert back == sent'

@test "each session has the ssh agent of the login that began it" {
	agent one.sock one
	project p $'[sandbox]\nssh-agent = yes\nlinger = 60s'
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox enter --quiet --accept ./p -- python3 -c "$ask")" = one ]
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox exec p sh -c 'echo $SSH_AUTH_SOCK')" = /run/host/ssh-agent ]
	# another login, whose agent has another path, and one that reappeared at the same path
	agent two.sock two
	[ "$(SSH_AUTH_SOCK=$T/two.sock sandbox exec p python3 -c "$ask")" = two ]
	SSH_AUTH_SOCK=$T/two.sock sandbox enter ./p -- sh -c 'echo $SSH_AUTH_SOCK; ls -A /run/host/agents; sleep 1' >out &
	session=$!
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox exec p python3 -c "$ask")" = one ]
	mv one.sock gone
	agent one.sock new
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox exec p python3 -c "$ask")" = new ]
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox exec --root p python3 -c "$ask")" = new ]
	[ "$(SSH_AUTH_SOCK=$T/one.sock sandbox exec --env SSH_AUTH_SOCK=mine p printenv SSH_AUTH_SOCK)" = mine ]
	# it ends with its session
	wait_for $session
	[[ $(cat out) = /run/host/agents/* ]]
	wait_until 50 says_nothing sandbox exec p ls -A /run/host/agents
	# nothing can be created there from inside
	run sandbox exec --root p touch /run/host/agents/x
	[ "$status" != 0 ]
	# the relay process of a killed client ends
	SSH_AUTH_SOCK=$T/two.sock sandbox exec p sh -c 'echo up >up; sleep 60' &
	session=$!
	wait_until 50 test -e p/up
	kill -KILL $session
	wait_for $session
}

@test "a file that is replaced by rename, written in place, or grows and shrinks" {
	project p $'[sandbox]\nlinger = 60s\n[mounts]\n/etc/lent = ../conf/file ro'
	sandbox enter --quiet --accept ./p -- sh -c 'cat /etc/lent; while [ ! -e end ]; do sleep 0.05; done; cat /etc/lent' >out &
	wait_until 50 grep -q one out
	[ "$(sandbox exec p cat /etc/lent)" = one ]
	echo two and more >conf/new
	mv conf/new conf/file
	[ "$(sandbox exec p cat /etc/lent)" = 'two and more' ]
	echo 3 >conf/file
	[ "$(sandbox enter ./p -- cat /etc/lent)" = 3 ]
	[ "$(sandbox exec --root p cat /etc/lent)" = 3 ]
	# sessions that began before see it too
	touch p/end
	wait_for $!
	[ "$(cat out)" = $'one\n3' ]
	# deleted: the old content stays; created again: updated
	rm conf/file
	[ "$(sandbox exec p cat /etc/lent)" = 3 ]
	echo 4 >conf/file
	[ "$(sandbox exec p cat /etc/lent)" = 4 ]
	sandbox stop p
	echo 5 >conf/file
	[ "$(sandbox enter ./p -- cat /etc/lent)" = 5 ]
}

@test "it stays read-only, with its mode, and code inside can only change its own copy" {
	chmod 0640 conf/file
	project p $'[sandbox]\nlinger = 60s\n[mounts]\n~/deep/lent = ../conf/file ro'
	sandbox enter --quiet --accept ./p -- sh -c '! echo x >>~/deep/lent; ! sudo rm ~/deep/lent; stat -c %a ~/deep/lent' 2>/dev/null >out
	[ "$(cat out)" = 640 ]
	sandbox exec p sh -c 'echo mine >/run/host/files/$(ls /run/host/files)'
	[ "$(cat conf/file)" = one ]
	echo two >conf/new
	mv conf/new conf/file
	[ "$(sandbox exec p sh -c 'cat ~/deep/lent')" = two ]
	sandbox exec p sh -c 'cd /run/host/files; f=$(ls); rm $f; ln -s ~/target $f; echo kept >~/target'
	echo three >conf/new
	mv conf/new conf/file
	[ "$(sandbox exec p sh -c 'cat ~/target')" = kept ]
	sandbox exec p sh -c 'mv /run/host /run/h; ln -s ~ /run/host'
	sandbox exec p true
}

@test "a symlink put in its way does not redirect it" {
	echo secret >secret
	mkdir p
	project p $'[sandbox]\nlinger = 60s\n[mounts]\n/etc/lent = dir/file ro'
	mkdir p/dir
	echo one >p/dir/file
	sandbox enter --quiet --accept ./p -- sh -c 'rm dir/file; ln -s ../../secret dir/file'
	[ "$(sandbox exec p cat /etc/lent)" = one ]
	sandbox exec p sh -c "rm -r dir; ln -s '$T' dir"
	mv secret file
	[ "$(sandbox exec p cat /etc/lent)" = one ]
	rm p/dir
	mkdir p/dir
	mkfifo p/dir/file
	[ "$(timeout 60 sandbox exec p cat /etc/lent)" = one ]
}

@test "directories, long files and writable files are the host's own" {
	head -c 3000000 /dev/zero >conf/long
	project p $'[sandbox]\nlinger = 60s\n[mounts]\n/etc/long = ../conf/long ro\n/etc/dir = ../conf ro\n/etc/rw = ../conf/file'
	sandbox enter --quiet --accept ./p -- sh -c 'stat -c %s /etc/long; cat /etc/dir/file; echo in >/etc/rw' >out
	[ "$(cat out)" = $'3000000\none' ]
	[ "$(cat conf/file)" = in ]
	echo grown >>conf/long
	[ "$(sandbox exec p stat -c %s /etc/long)" = 3000006 ]
}

@test "git settings and secrets are updated" {
	project p $'[sandbox]\ngit = yes\nsecrets = ../conf/file\nlinger = 60s'
	git config --global user.name one
	sandbox enter --quiet --accept ./p -- true
	git config --global user.name two
	echo two >conf/new
	mv conf/new conf/file
	[ "$(sandbox exec p sh -c 'git config user.name; cat /run/secrets/file')" = $'two\ntwo' ]
}
