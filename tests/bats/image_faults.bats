#!/usr/bin/env bats
# bats file_tags=disk,slowest
# The store under faults: killed, or refused by the disk, at any system call that changes something.

load helpers
load images

CHANGES=renameat,renameat2,rename,linkat,link,unlinkat,unlink,mkdirat,mkdir,mknodat,symlinkat,fchmod,ftruncate

setup() {
	sandbox_setup
	layout app <<<"{'layers': [busybox('sh', 'echo'), [D('d'), F('d/f'), H('d/g', 'd/f'), F('.wh.none', b'')], [F('d/.wh.f', b''), F('tail', bytes(range(256)) * 300)]]}"
}

teardown() {
	registry_stop
	sandbox_teardown
}

data() { echo "$XDG_DATA_HOME/sandbox"; }

# Invariants after any fault: each name runs, each digest verifies.
whole() {
	local name

	for name in $(sandbox images --names); do
		[ "$(sandbox run "$name" echo fine)" = fine ]
	done
	says_nothing sandbox image verify
}

# And the next command works; leftovers are reclaimed.
recovers() {
	sandbox image import --quiet "$T/app" app:1 >/dev/null
	[ "$(sandbox run app:1 echo fine)" = fine ]
	sandbox images --names | xargs sandbox image rm
	sandbox image prune >/dev/null
	empty "$(data)/tmp" "$(data)/blobs/sha256" "$(data)/layers"
}

# Numbers of calls: each of the first ones, then at growing distances.
moments() { awk 'BEGIN { for (n = 1; n < 2000; n += 1 + int(n / 8)) print n }'; }

# Runs a command with a fault at its Nth call of a kind; sets status.
hit() { # CALLS FAULT N COMMAND...
	local calls=$1 fault=$2 n=$3

	shift 3
	status=0
	# The leak checker does not work under a tracer.
	strace -f -qq -o /dev/null -e "trace=$calls" -e "inject=$calls:$fault:when=$n" "$@" >out 2>err 3>&- || status=$?
}

# Runs the command with a fault at every moment, each time on the store that BEFORE makes, until it
# is no longer hit.
storm() { # CALLS FAULT BEFORE COMMAND...
	local n calls=$1 fault=$2 before=$3 hits=0

	shift 3
	for n in $(moments); do
		chmod -R u+rwx "$XDG_DATA_HOME"
		rm -rf "$(data)"
		$before
		hit "$calls" "$fault" "$n" "$@"
		if [ "$status" = 0 ] && [ "$fault" = signal=KILL ]; then
			break
		elif [ "$status" != 0 ] && [ "$fault" != signal=KILL ]; then
			# One line that says what failed, unless that could not be written either,
			# and no crash.
			[ "$status" = 125 ]
			[[ $calls = write* || $(cat err) =~ ^sandbox:\ [^$'\n']*$ ]]
		fi
		hits=$((hits + 1))
		whole
		recovers
		[ "$n" -lt 150 ] || break
	done
	[ "$hits" -ge 5 ]
}

imported() { sandbox image import --quiet "$T/app" app:1 >/dev/null; }

@test "an import killed at any change of the disk" {
	storm $CHANGES signal=KILL true sandbox image import --quiet "$T/app" app:1
}

@test "an import killed at any write" {
	storm write,pwrite64,writev,copy_file_range,sendfile signal=KILL true sandbox image import --quiet "$T/app" app:1
}

@test "a pull killed at any change of the disk" {
	registry_start
	skopeo copy -q --dest-tls-verify=false "oci:$T/app:v1" "docker://$REGISTRY/app:1" 2>/dev/null
	storm $CHANGES signal=KILL true sandbox pull --quiet "$REGISTRY/app:1"
}

@test "tag, rm and prune killed at any change of the disk" {
	storm $CHANGES signal=KILL imported sandbox image tag app:1 other:1
	storm $CHANGES signal=KILL imported sandbox image rm app:1
	rm_first() {
		imported
		rm "$(data)"/refs/*
	}
	storm $CHANGES signal=KILL rm_first sandbox image prune
}

@test "an import with a disk error at any change" {
	storm $CHANGES error=EIO true sandbox image import --quiet "$T/app" app:1
}

@test "an import with a disk error, or a full disk, at any write" {
	storm write,writev,pwrite64 error=EIO true sandbox image import --quiet "$T/app" app:1
	storm mkdirat,linkat,renameat,renameat2 error=ENOSPC true sandbox image import --quiet "$T/app" app:1
}
