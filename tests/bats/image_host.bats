#!/usr/bin/env bats
# The image `host`: this machine's own programs, without its data.

load helpers

layers() {
	find "$XDG_DATA_HOME/sandbox/layers" -mindepth 1 -maxdepth 1 -type d
}

@test "/usr is the host's, read-only for root of the box too" {
	[ "$(sandbox run host sha256sum /usr/bin/env)" = "$(sha256sum /usr/bin/env)" ]
	for path in /usr /usr/bin /usr/lib; do
		run sandbox run --root host sh -c "echo x >$path/new"
		[ "$status" != 0 ]
		[[ $output = *'Read-only file system'* ]]
	done
	run ! sandbox run --root host mount -o remount,rw /usr
}

@test "the top-level links are as on the host" {
	local path

	for path in /bin /sbin /lib /lib64; do
		[ ! -e "$path" ] ||
			[ "$(sandbox run host readlink -f "$path")" = "$(readlink -f "$path")" ]
	done
	[ "$(sandbox run host readlink /var/run)" = /run ]
}

@test "the top level contains nothing else of the host" {
	local name

	run -0 --separate-stderr sandbox run host ls -A /
	[[ $output = *usr* ]]
	for name in $output; do
		case $name in
		bin | boot | dev | etc | gnu | home | lib | lib32 | lib64 | libx32 | media | mnt | \
			nix | opt | proc | root | run | sbin | srv | sys | tmp | usr | var) ;;
		*)
			echo "unexpected: /$name" >&2
			return 1
			;;
		esac
	done
}

@test "homes, /root, /tmp, /run and /srv of the host are hidden" {
	echo secret >"$HOME/secret"
	run ! sandbox run host test -e "$HOME/secret"
	[ "$(sandbox run --root host find /srv /media /mnt -mindepth 1 | wc -l)" = 0 ]
	says_nothing sandbox run --root host find /root /tmp /var/tmp -mindepth 1 -type f
	[ "$(sandbox run host sh -c 'ls -A /run' | grep -vxcE 'sandbox|user|lock')" = 0 ]
}

@test "/var is a skeleton" {
	says_nothing sandbox run --root host find /var/lib /var/cache /var/log /var/spool -mindepth 1
}

@test "no secret of /etc is there, readable or not" {
	local name

	for name in shadow shadow- gshadow gshadow- sudoers sudoers.d ssl/private krb5.keytab \
		NetworkManager wireguard; do
		run ! sandbox run --root host test -e "/etc/$name"
	done
}

@test "what others may not read on the host is not in the layer" {
	sandbox run host true
	[ "$(cd /etc && find . ! -perm -o+r \( -type f -o -type d \) 2>/dev/null |
		while read -r path; do
			[ ! -e "$XDG_DATA_HOME/sandbox/layers/$(layers)/etc/$path" ] || echo "$path"
		done | wc -l)" = 0 ]
}

@test "/etc is a writable copy" {
	project p
	sandbox enter --root ./p -- sh -c 'echo changed >/etc/issue && rm /etc/services &&
		mkdir /etc/new.d'
	[ "$(sandbox enter ./p -- cat /etc/issue)" = changed ]
	run ! sandbox enter ./p -- test -e /etc/services
	[ "$(cat /etc/issue)" != changed ]
	[ ! -e /etc/new.d ]
}

@test "users, names and certificates of the host work" {
	[ "$(sandbox run host getent passwd daemon)" = "$(getent passwd daemon)" ]
	[ "$(sandbox run host cat /etc/os-release)" = "$(cat /etc/os-release)" ]
	[ "$(sandbox run host getent hosts localhost | wc -l)" -ge 1 ]
	[ ! -e /etc/ssl/certs/ca-certificates.crt ] ||
		sandbox run host cat /etc/ssl/certs/ca-certificates.crt |
		cmp - /etc/ssl/certs/ca-certificates.crt
}

@test "/etc/mtab, /etc/hosts and machine-id are the box's" {
	sandbox run --hostname here host grep -qw here /etc/hosts
	run ! sandbox run host cmp -s /etc/machine-id - <<<"$(cat /etc/machine-id 2>/dev/null)"
	sandbox run host sh -c 'grep -q " /usr " /etc/mtab'
}

@test "without network there is no resolv.conf of the host" {
	sandbox run --network none host sh -c '[ ! -s /etc/resolv.conf ]'
	[ "$(sandbox run --network host host cat /etc/resolv.conf)" = "$(cat /etc/resolv.conf)" ]
}

@test "the layer is made once, and shared by all boxes" {
	project p
	project q
	sandbox enter ./p -- true
	[ "$(layers | wc -l)" = 1 ]
	before=$(stat -c '%n %i %z' "$XDG_DATA_HOME"/sandbox/layers/host-????????????????)
	sandbox enter ./q -- true
	sandbox run host true
	[ "$(stat -c '%n %i %z' "$XDG_DATA_HOME"/sandbox/layers/host-????????????????)" = "$before" ]
}

@test "concurrent starts make one complete layer" {
	local i

	for i in 1 2 3; do
		sandbox run host sh -c 'getent passwd daemon >/dev/null && echo fine' >"out$i" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		wait_for "$i"
		[ "$status" = 0 ]
	done
	[ "$(cat out*)" = $'fine\nfine\nfine' ]
	[ "$(layers | wc -l)" = 1 ]
	says_nothing ls -A "$XDG_DATA_HOME/sandbox/tmp"
}

@test "the layer is made again when the host has changed" {
	# a host whose /etc a test may change: a box
	cat >script <<-'E'
		export XDG_DATA_HOME=$HOME/data XDG_RUNTIME_DIR=$HOME/run
		mkdir -m 0700 $HOME/data $HOME/run
		layers() { ls $HOME/data/sandbox/layers | grep -vc "[.]used$"; }
		/inner/bin/sandbox -q run host getent passwd made-up && exit 1
		layers
		echo made-up:x:77:77::/:/bin/sh >>/etc/passwd
		/inner/bin/sandbox -q run host getent passwd made-up
		/inner/bin/sandbox -q run host true
		layers
	E
	project p "[sandbox]
nested = yes
[mounts]
/inner = ${SANDBOX%/bin/*} ro
/script = $T/script"
	[ "$(sandbox enter --accept --root ./p -- sh /script 2>/dev/null)" = \
		$'1\nmade-up:x:77:77::/:/bin/sh\n2' ]
}

@test "the host's programs run: compiler, interpreter, editor, if it has them" {
	local program

	for program in cc python3 perl git make; do
		says_nothing command -v $program || sandbox run host $program --version >/dev/null
	done
	sandbox run host sh -c 'cd /tmp && echo "int main(void){return 0;}" >x.c && cc x.c && ./a.out'
}
