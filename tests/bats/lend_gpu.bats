#!/usr/bin/env bats
# gpu = yes: the graphics devices of the machine. As root, upon a /dev of the test's own with devices in
# the places of a GPU's.

load helpers
load images

setup() {
	sandbox_setup
	project p $'[sandbox]\nprofile = gpu\nlinger = 0'
}

# COMMAND... where /dev has a node that gives zeros as the GPU.
with_gpu() {
	mkdir -p "$T/dev"
	# shellcheck disable=SC2016 # the inner shell expands it
	unshare -m sh -ec '
		dev=$1; shift
		mount -t tmpfs none "$dev"
		cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx "$dev"
		mkdir "$dev/pts" "$dev/shm" "$dev/dri" "$dev/other"
		mount --rbind /dev/pts "$dev/pts"
		mknod -m 0666 "$dev/dri/renderD128" c 1 5
		mknod -m 0666 "$dev/nvidia0" c 1 5
		mknod -m 0666 "$dev/other/node" c 1 5
		mount --rbind "$dev" /dev
		exec "$@"' - "$T/dev" "$@"
}

@test "its nodes can be used, and no other device is there; not without consent" {
	fails 125 "*asks for these of this machine: gpu = yes: *" with_gpu sandbox enter "$T/p" -- true
	run with_gpu sandbox enter --quiet --accept "$T/p" -- sh -c '
		head -c 3 /dev/dri/renderD128 | od -An -tx1; head -c 1 /dev/nvidia0 | od -An -tx1
		echo x >/dev/nvidia0 && echo written; ls -d /dev/other; chmod 600 /dev/nvidia0'
	[[ $output = *' 00 00 00'$'\n'' 00'* ]]
	[[ $output = *written* ]]
	[[ $output = *"'/dev/other': No such file"* ]]
}

@test "its nodes are what they were" {
	run with_gpu sh -c 'sandbox enter --quiet --accept "$1" -- chmod 600 /dev/nvidia0; stat -c %a /dev/nvidia0' - "$T/p"
	[ "${lines[-1]}" = 666 ]
}

# COMMAND... where the loader knows a driver, made of empty files.
with_driver() {
	mkdir -p "$T/driver"
	for name in libcuda.so.1 libnvidia-ml.so.1 libnvidia-glcore.so.535.54 libother.so.1; do
		echo "$name" >"$T/driver/$name"
	done
	printf '#!/bin/sh\n' >"$T/driver/ldconfig"
	for name in libcuda.so.1 libnvidia-ml.so.1 libnvidia-glcore.so.535.54 libother.so.1; do
		printf 'echo "	%s (libc6,x86-64) => %s"\n' "$name" "$T/driver/$name" >>"$T/driver/ldconfig"
	done
	printf 'echo "	libcuda.so.1 (libc6) => /nowhere"\n' >>"$T/driver/ldconfig"
	chmod +x "$T/driver/ldconfig"
	# shellcheck disable=SC2016
	with_gpu unshare -m sh -ec 'mount --bind "$1/ldconfig" "$(readlink -f /sbin/ldconfig)"; shift; exec "$@"' - "$T/driver" "$@"
}

@test "an image has the driver's libraries of the machine, where its loader looks" {
	small_image
	project p $'[sandbox]\nprofile = gpu\nlinger = 0\nimage = app:1'
	run -0 with_driver sandbox enter --quiet --accept ./p -- sh -c 'echo $LD_LIBRARY_PATH; cd ${LD_LIBRARY_PATH##*:} && ls; cat libcuda.so.1; ! echo >libcuda.so.1'
	[[ $output = *"/run/host/driver/lib"$'\n'"libcuda.so.1"$'\n'"libnvidia-glcore.so.535.54"$'\n'"libnvidia-ml.so.1"$'\n'"libcuda.so.1"$'\n'*"Read-only"* ]]
	# The image host has them where they are.
	project p $'[sandbox]\nprofile = gpu\nlinger = 0'
	run with_driver sandbox enter --quiet --accept ./p -- sh -c 'echo "${LD_LIBRARY_PATH-none}"'
	[[ $output = *none ]]
}
