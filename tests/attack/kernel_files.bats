#!/usr/bin/env bats
# shellcheck disable=SC2016 # scripts run in the box
# The kernel's own files: core_pattern and kin, by which the host's root makes the host run a
# program (container escapes since 2015), and those that expose kernel internals.

load ../bats/helpers

setup() {
	sandbox_setup
	project p $'[sandbox]\nlinger = 60s'
}

# Root of a box is not root of the host, unless root started the box.
writers='for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hotplug \
	/proc/sys/fs/binfmt_misc/register /proc/sysrq-trigger /proc/irq/default_smp_affinity \
	/sys/kernel/uevent_helper /sys/power/state /sys/fs/cgroup/release_agent; do
	[ ! -e $f ] || ! { printf x >$f; } 2>/dev/null || echo "written: $f"
done'

@test "nothing that controls the host's kernel can be written, by the user or root of the box" {
	local before
	before=$(cat /proc/sys/kernel/core_pattern)
	for kind in "enter --accept ./p --" "enter --root ./p --" "run --root host" "run --root --network none host"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr sandbox $kind sh -c "$writers"
		[[ $status = 0 && -z $output ]]
	done
	[ "$(cat /proc/sys/kernel/core_pattern)" = "$before" ]
}

@test "the host's root is refused nested and io-uring, by file and variable; others are not" {
	for key in nested io-uring; do
		printf '[sandbox]\n%s = yes\n' $key >p/sandbox.ini
		am_root || {
			sandbox enter --accept ./p -- true
			sandbox stop p
			continue
		}
		fails 125 "*'$key = yes' is refused to root of this machine*" sandbox enter --accept ./p -- true
		fails 125 "*'$key = yes' is refused to root of this machine*" \
			env "SANDBOX_$(tr a-z- A-Z_ <<<$key)=yes" sandbox run host true
	done
}

@test "debugfs, tracefs and other views of kernel internals cannot be read" {
	for kind in "enter --accept ./p --" "enter --root ./p --" "run --root host" "run --network none host"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr sandbox $kind sh -c '
			ls -A /sys/kernel/debug /sys/kernel/tracing 2>/dev/null | grep -v ":$" | grep .
			for f in /proc/kcore /proc/kmsg /proc/kpageflags /proc/vmallocinfo /proc/slabinfo /proc/timer_list \
				/sys/firmware/dmi/tables/DMI /sys/kernel/security/lsm; do
				[ "$(id -u)" != 0 ] || [ "$(head -c 1 $f 2>/dev/null | wc -c)" = 0 ] || echo "read: $f"
			done
			grep -v "^0000000000000000 " /proc/kallsyms | head -1
			head -c 1 /proc/kcore 2>/dev/null; true'
		[[ $status = 0 && -z $output ]] || { echo "$kind: $output"; return 1; }
	done
}
