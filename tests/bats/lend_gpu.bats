#!/usr/bin/env bats
# gpu = yes: the graphics devices of the machine. As root, with a separate /dev that has devices in
# the places of a GPU's.

load helpers
load images

setup() {
	sandbox_setup
	project p $'[sandbox]\nprofile = gpu\nlinger = 0'
}

# Runs COMMAND with a /dev that has a zero device as the GPU.
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

@test "its nodes work, and no other device is there; not without consent" {
	fails 125 "*asks for these of this machine: gpu = yes: *" with_gpu sandbox enter "$T/p" -- true
	run with_gpu sandbox enter --quiet --accept "$T/p" -- sh -c '
		head -c 3 /dev/dri/renderD128 | od -An -tx1; head -c 1 /dev/nvidia0 | od -An -tx1
		echo x >/dev/nvidia0 && echo written; ls -d /dev/other; chmod 600 /dev/nvidia0'
	[[ $output = *' 00 00 00'$'\n'' 00'* ]]
	[[ $output = *written* ]]
	[[ $output = *"'/dev/other': No such file"* ]]
}

@test "its nodes keep their modes and owners" {
	run with_gpu sh -c 'sandbox enter --quiet --accept "$1" -- chmod 600 /dev/nvidia0; stat -c %a /dev/nvidia0' - "$T/p"
	[ "${lines[-1]}" = 666 ]
}

# Runs COMMAND with a loader that knows a driver, made of empty files.
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

@test "an image gets the machine's driver libraries, where its loader looks" {
	small_image
	project p $'[sandbox]\nprofile = gpu\nlinger = 0\nimage = app:1'
	mkdir programs
	install -m 755 /dev/stdin programs/nvidia-smi <<<$'#!/bin/sh\necho a list of devices'
	PATH=$PATH:$T/programs run -0 with_driver sandbox enter --quiet --accept ./p -- sh -c 'nvidia-smi; echo $LD_LIBRARY_PATH; cd ${LD_LIBRARY_PATH##*:} && ls; cat libcuda.so.1; ! echo >libcuda.so.1'
	[[ $output = *"a list of devices"$'\n'* ]]
	[[ $output = *"/run/host/driver/lib"$'\n'"libcuda.so.1"$'\n'"libnvidia-glcore.so.535.54"$'\n'"libnvidia-ml.so.1"$'\n'"libcuda.so.1"$'\n'*"Read-only"* ]]
	# The image's own directories come first.
	mkdir with-path
	printf 'FROM app:1\nENV LD_LIBRARY_PATH=/own\n' >with-path/Dockerfile
	sandbox image build -q -t own:1 with-path
	run -0 --separate-stderr with_driver sandbox run --quiet --profile gpu own:1 sh -c 'echo $LD_LIBRARY_PATH'
	[ "$output" = /own:/run/host/driver/lib ]
	# The image host has them in their own place.
	project h $'[sandbox]\nprofile = gpu\nlinger = 0'
	run with_driver sandbox enter --quiet --accept ./h -- sh -c 'echo "${LD_LIBRARY_PATH-none}"'
	[[ $output = *none ]]
}

# A specification in the form of NVIDIA's toolkit, for a driver made of text, and one of AMD's in
# JSON.
cdi_specs() {
	mkdir -p "$T/etc/cdi" "$T/driver" "$T/spool"
	echo cuda >"$T/driver/libcuda.so.9.9"
	ln -s libcuda.so.9.9 "$T/driver/libcuda.so.1"
	cat >"$T/etc/cdi/nvidia.yaml" <<-END
		---
		cdiVersion: 0.5.0
		kind: nvidia.com/gpu
		containerEdits:
		  env:
		  - NVIDIA_VISIBLE_DEVICES=void
		  deviceNodes:
		  - path: /dev/nvidia0
		  hooks:
		  - hookName: createContainer
		    path: /usr/bin/nvidia-cdi-hook
		    args: [nvidia-cdi-hook, create-symlinks, --link, libcuda.so.1::/usr/lib/gpu/libcuda.so]
		  - hookName: createContainer
		    path: /usr/bin/nvidia-cdi-hook
		    args: [nvidia-cdi-hook, update-ldcache, --folder, /usr/lib/gpu]
		  - hookName: poststart
		    path: $T/hook
		  mounts:
		  - hostPath: $T/driver/libcuda.so.9.9
		    containerPath: /usr/lib/gpu/libcuda.so.9.9
		    options: [ro, nosuid, nodev, bind]
		  - {hostPath: $T/spool, containerPath: /var/gpu}
		  - {hostPath: $T/gone, containerPath: /usr/lib/gpu/gone, options: [ro]}
		devices:
		- name: "0"
		  containerEdits: {env: [ONLY=0]}
		- name: all
		  containerEdits: {env: [ALL=1]}
	END
	printf '#!/bin/sh\ntouch %s/hook.ran\n' "$T" >"$T/hook"
	chmod +x "$T/hook"
	printf '{\n\t"cdiVersion":"0.6.0",\n\t"kind":"amd.com/gpu","devices":[{"name":"0","containerEdits":{"deviceNodes":[{"path":"/dev/compute","hostPath":"/dev/other/node","permissions":"rw"}]}}]\n}\n' >"$T/etc/cdi/amd.json"
	printf '{"cdiVersion": "0.1.0", "kind": "example.com/nic"}' >"$T/etc/cdi/other.json"
}

# Runs COMMAND with them in /etc/cdi.
with_cdi() {
	# shellcheck disable=SC2016
	with_gpu unshare -m sh -ec 'mount -t overlay -o "lowerdir=$1:/etc" none /etc; shift; exec "$@"' - "$T/etc" "$@"
}

@test "CDI specifications say what the GPU needs: nodes, mounts, links, variables; no hook runs" {
	small_image
	cdi_specs
	project p $'[sandbox]\nprofile = gpu\nlinger = 0\nimage = app:1'
	run --separate-stderr with_cdi sandbox enter ./p -- true
	[ "$status" = 125 ]
	for line in "gpu = yes" "gpu = /dev/compute = /dev/other/node" "gpu = ALL=1" "gpu = NVIDIA_VISIBLE_DEVICES=void" \
		"/usr/lib/gpu/libcuda.so.9.9 = $T/driver/libcuda.so.9.9 ro" "/var/gpu = $T/spool"; do
		[[ $stderr = *"$line"* ]]
	done
	[[ $stderr != *ONLY* && $stderr != */dev/nvidia0* ]]
	run --separate-stderr with_cdi sandbox enter --accept ./p -- sh -c '
		cd ${LD_LIBRARY_PATH##*:} && echo * && cat libcuda.so.1 && cat /usr/lib/gpu/libcuda.so /usr/lib/gpu/libcuda.so.9.9
		echo $NVIDIA_VISIBLE_DEVICES $ALL ${ONLY-none}; head -c 1 /dev/compute | od -An -tx1; echo x >/dev/nvidia0
		stat -c %i libcuda.so.1; echo kept >/var/gpu/file; ! echo >/usr/lib/gpu/libcuda.so.9.9'
	[ "$output" = $'libcuda.so libcuda.so.1 libcuda.so.9.9\ncuda\ncuda\ncuda\nvoid 1 none\n 00\n'"$(stat -c %i "$T/driver/libcuda.so.9.9")" ]
	[ "$(cat "$T/spool/file")" = kept ]
	[[ $stderr = *"/etc/cdi/nvidia.yaml:16: passed over: the hook '$T/hook'"* ]]
	[[ $stderr = *"name what this machine does not have: '$T/gone': they are older than its driver"* ]]
	[ ! -e "$T/hook.ran" ]
}

@test "the result is kept until one of the files changes" {
	cdi_specs
	project p $'[sandbox]\nprofile = gpu\nlinger = 0'
	run -0 --separate-stderr with_cdi sandbox enter --quiet --accept ./p -- sh -c 'echo $ALL ${LD_LIBRARY_PATH-none}; ls /var/gpu /usr/lib/gpu || :'
	[ "$output" = $'1 none\n/var/gpu:' ]
	sed -i 's/^env\tALL=1$/env\tALL=kept/' "$XDG_DATA_HOME/sandbox/cdi"
	[ "$(with_cdi sandbox enter --quiet --accept ./p -- sh -c 'echo $ALL')" = kept ]
	sed -i 's/ALL=1/ALL=2/' "$T/etc/cdi/nvidia.yaml"
	run -125 --separate-stderr with_cdi sandbox enter ./p -- true
	[[ $stderr = *"more than before: gpu = ALL=2: "* ]]
	[ "$(with_cdi sandbox enter --quiet --accept ./p -- sh -c 'echo $ALL')" = 2 ]
}

@test "an unreadable one is an error with file and line; what every box has of its own is not lent" {
	cdi_specs
	for line in 'devices: [{name: x, containerEdits: {deviceNodes: [{path: /etc/shadow}]}}]|3: this path cannot be lent: */etc/shadow*' \
		'devices: [{name: x, containerEdits: {mounts: [{hostPath: /../etc, containerPath: /x}]}}]|3: expected an absolute path without*' \
		'devices: {a: b}|3: expected a list for *devices*' 'devices: [|4: *' $'devices: []\ncdiVersion: 1.0.0|4: there a second time: *cdiVersion*'; do
		printf 'kind: example.com/gpu\ncdiVersion: 1.0.0\n%s\n' "${line%%|*}" >"$T/etc/cdi/bad.yaml"
		fails 125 "/etc/cdi/bad.yaml:${line#*|}" with_cdi sandbox enter --accept ./p -- true
	done
	printf 'kind: example.com/gpu\ncdiVersion: 1.0.0\ndevices: [{name: x, containerEdits: {deviceNodes: [{path: /dev/null}, {path: /dev/kmsg, hostPath: /dev/mem}]}}]\n' >"$T/etc/cdi/bad.yaml"
	run -0 --separate-stderr with_cdi sandbox enter --accept ./p -- sh -c '[ ! -e /dev/kmsg ]'
	[[ $stderr = *"'/dev/null' is not a device that can be lent"* ]]
}
