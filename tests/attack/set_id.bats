#!/usr/bin/env bats
# bats file_tags=slow
# shellcheck disable=SC2016 # scripts run in the box
# Set-id bits written by a box: on the host they would lend your uid to whoever runs the file, or
# root's if root started the box. So they never reach the disk, and programs that set them still
# work.

load ../bats/helpers
load ../bats/images

WAYS=$BUILD/tests/programs/set-id

setup() {
	sandbox_setup
	mkdir mounted
	project p $'[sandbox]\nlinger = 60s\n[mounts]\n/mounted = ../mounted\n/cache = cache:set-id'
	cp "$WAYS" p/set-id
}

# Everything on the host that belongs to a box; the bit of a directory grants nothing.
no_bits() {
	local found

	found=$(find "$T" -path '*/work/work' -prune -o ! -type d -perm /6000 -print)
	[ -z "$found" ] || { echo "set-id: $found"; return 1; }
}

@test "every call, of every architecture, by the user and root: made without the bits, with success" {
	local place kind seen
	for kind in "enter --accept ./p --" "exec p" "enter --root ./p --" "exec p sudo"; do
		for place in . /mounted /cache "~" /var/tmp; do
			# shellcheck disable=SC2086 # words
			sandbox $kind sh -c "d=$place/\$\$; mkdir \$d; cp set-id \$d; cd \$d; ./set-id ." >answers
			[ "$(wc -l <answers)" -ge 17 ]
			# root sees the bits it set in its own system; its home is there
			seen='755|711'
			[[ $place = @(/var/tmp|"~") && $kind = *@(root|sudo)* ]] &&
				seen='[246]?755|[246]?711'
			# x32 is closed; the swapped one may be the directory
			run ! grep -vE " ok ($seen)\$|^x32-.* ENOSYS 644\$|^swapped ok 6?755\$" answers
			no_bits
		done
	done
}

@test "a throw-away box, another user in it, and an applied trial" {
	sandbox run --mount "$T/mounted:/m" --mount "$WAYS:/w:ro" host sh -c 'mkdir /m/a; /w /m/a' >answers
	sandbox run --user 33 --mount "$T/mounted:/m" --mount "$WAYS:/w:ro" host sh -c 'mkdir /m/b; /w /m/b' >>answers
	[ "$(grep -c ' ok 755' answers)" -ge 30 ]
	no_bits
	sandbox try --accept ./p -- sh -c 'mkdir t; ./set-id t; chmod 4755 set-id' >/dev/null
	sandbox apply --yes ./p 2>/dev/null || sandbox apply ./p
	[ -e p/t/chmod ]
	no_bits
}

@test "many threads with many signals, and a file that is swapped for a directory meanwhile" {
	sandbox enter --accept ./p -- ./set-id . storm 150 >answers 2>errors
	[ "$(grep -c ' ok 755$' answers)" = 150 ]
	run ! grep -v 'you are root on this machine' errors
	no_bits
}

@test "openat2 has its mode in memory: it is not available, and programs fall back" {
	[ "$(sandbox enter --accept ./p -- ./set-id . openat2)" = "openat2 ENOSYS 0" ]
	[ "$(sandbox exec --root p ./set-id . openat2)" = "openat2 ENOSYS 0" ]
}

@test "without anyone to answer, the calls fail: the supervisor killed, the caller traced" {
	sandbox enter --accept ./p -- bash -c 'touch f; chmod 4755 f
		for p in /proc/[0-9]*; do [ "$(cat $p/comm)" != sandbox-ids ] || { kill -9 ${p#/proc/}; while [ -e $p ]; do sleep 0.01; done; }; done
		chmod 4711 f 2>err; grep -q "not implemented" err; chmod 0700 f'
	[ "$(stat -c %a p/f)" = 700 ]
	sandbox enter ./p -- chmod 4755 f # the next session has a new one
	if command -v strace >/dev/null; then
		run sandbox enter ./p -- strace -o /dev/null chmod 4711 f
		[[ $status != 0 && $output == *"not permitted"* ]]
	fi
	no_bits
}

@test "install, chmod, cp -p, tar, rsync and make install work as usual" {
	cat >p/work.sh <<-'END'
		set -ex
		cp /bin/true file
		install -m 4755 file installed; install -m 2755 -D file deep/installed
		chmod u+s,g+s file; chmod 6711 file; [ "$(stat -c %a file)" = 711 ]; chmod 755 file
		cp -p file copied
		perl -e 'use Fcntl; sysopen(F, "opened", O_CREAT | O_WRONLY, 04755) or die; print F "text"'
		[ "$(cat opened)" = text ]
		printf 'all:\n\tinstall -o 0 -g 0 -m 4755 file made || install -m 4755 file made\n' >Makefile; make -s
		python3 -c 'import os; os.close(os.open("python", os.O_CREAT | os.O_RDWR, 0o6755)); os.chmod("python", 0o4700)' || true
		git init -q --shared=all repository && git -C repository status >/dev/null
	END
	(umask 022; cp /bin/true p/source; chmod 6755 p/source; tar -C p -cf p/bits.tar source; rm p/source)
	sandbox enter --accept ./p -- bash -c '. ./work.sh; tar -xpf bits.tar; ls -l source' >&2
	[ "$(stat -c %a p/installed p/deep/installed p/source p/opened | tr '\n' ' ')" = "755 755 755 755 " ]
	no_bits
}

@test "a directory keeps its set-group-id bit: it grants nothing, and shared trees need it" {
	mkdir p/team
	chmod 2775 p/team
	sandbox enter --accept ./p -- bash -ec 'chmod g-w team; chmod g+w team; cd team; mkdir below; install -d -m 2770 made
		mkdir /var/tmp/d; chmod 2775 /var/tmp/d; [ "$(stat -c %a /var/tmp/d)" = 2775 ]
		perl -e "chmod(02711, q(/proc/self/fd/) . fileno(F)) if opendir(F, q(below))"; exec 3<below; chmod 2711 /dev/fd/3'
	[ "$(stat -c %a p/team p/team/below p/team/made | tr '\n' ' ')" = "2775 2711 2770 " ]
}

@test "root of the box sees the bits it set in its own system, an image made from it has them, the store does not" {
	layout base <<<"{'layers': [busybox('sh', 'chmod', 'stat', 'cp', 'ls', 'mv') + [F('opt/su', b'x', mode=0o4755), F('opt/other', b'x', mode=0o4755), F('opt/off', b'x', mode=0o6755), F('opt/plain', b'x', mode=0o755)]]}"
	sandbox image import --quiet "$T/base" base:1 >/dev/null
	[ "$(sandbox run --root base:1 stat -Lc %a /opt/su /opt/plain | tr '\n' ' ')" = "4755 755 " ]
	project q $'[sandbox]\nimage = base:1\n[run]\n1 = chmod 6755 /opt/plain; chmod a-s /opt/su; chmod 644 /opt/off; cp /opt/plain /opt/new; chmod 2711 /opt/new; [ $(stat -Lc %a /opt/new) = 2711 ]'
	sandbox seal --accept --quiet "$T/q" app:1 >/dev/null
	no_bits
	sandbox image export --quiet --format tar app:1 all.tar
	tar -tvf all.tar >list
	grep -q '^-rwsr-sr-x .* opt/plain$' list
	grep -q '^-rwx--s--x .* opt/new$' list
	grep -q '^-rwxr-xr-x .* opt/su$' list
	grep -q '^-rwsr-xr-x .* opt/other$' list
	grep -q '^-rw-r--r-- .* opt/off$' list
	[ "$(sandbox run --root app:1 stat -Lc %a /opt/plain /opt/su /opt/other | tr '\n' ' ')" = "6755 755 4755 " ]
	no_bits
}

@test "capabilities of a file: none that are valid on the host" {
	sandbox enter --accept --root ./p -- sh -c 'cp /bin/true capable; setcap cap_setuid+ep capable' || true
	[ -e p/capable ]
	if [ "$(id -u)" = 0 ]; then
		run ! getfattr -n security.capability p/capable
	else
		# valid only in your own namespace: rootid is you
		run -0 env PATH="$PATH:/usr/sbin:/sbin" getcap -n p/capable
		[[ -z $output || $output == *"rootid=$(id -u)"* ]]
	fi
}
