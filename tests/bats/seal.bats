#!/usr/bin/env bats
# sandbox seal: the environment of a project as an image, and [sandbox] prebuilt: pulled instead of
# prepared.

load helpers
load images

setup() {
	sandbox_setup
	registry_start
	base="busybox('sh', 'ls', 'cat', 'id', 'echo', 'touch', 'mkdir', 'true', 'cp', 'rm', 'chmod', 'ln', 'mv', 'stat', 'find', 'sort', 'awk') + [D('etc'), F('etc/old', b'old'), F('etc/gone', b'gone'), D('opt'), D('root', 0o700), D('var'), D('var/db', 0o750, uid=70, gid=71), D('var/d'), F('var/d/below', b'x'), D('sbin'), F('sbin/apk', b'#!/bin/sh\necho \$@ >/opt/packages\n', 0o755)]"
	layout base <<<"{'layers': [$base], 'config': {'Env': ['PATH=/bin:/sbin', 'A=b'], 'Labels': {'l': 'm'}, 'Healthcheck': {'Test': ['NONE']}}}"
	sandbox image import --quiet "$T/base" "$REGISTRY/base:1" >/dev/null
}

teardown() {
	# A layer that cannot be searched is sealed, and cannot be removed by plain rm.
	chmod -R u+rwX "$T/xdg" 2>/dev/null || true
	export XDG_DATA_HOME=$T/xdg/data
	registry_stop
	sandbox_teardown
}

# Files with capabilities, in one line.
tarfile_capabilities() { # TAR
	python3 -c 'import sys, tarfile
print(" ".join(sorted(m.name for m in tarfile.open(sys.argv[1]) if "SCHILY.xattr.security.capability" in m.pax_headers)))' "$1"
}

other_machine() { export XDG_DATA_HOME=$T/xdg/$1; }

steps=$'[run]\n1 = echo new >/opt/new; chmod 4755 /opt/new; ln /opt/new /opt/hard; ln -s new /opt/soft\n2 = rm /etc/gone; echo changed >/etc/old; touch /var/db/file; rm -r /var/d; mkdir /var/d; echo y >/var/d/above'

@test "the image has all layers of the base and one for each step, with the steps' results" {
	project p $'[sandbox]\nimage = '"$REGISTRY/base:1"$'\n'"$steps"
	run -0 --separate-stderr sandbox seal --accept --json "$T/p" app:1
	[ "$(jq -c '[.name, .steps]' <<<"$output")" = '["app:1",2]' ]
	digest=$(jq -r .digest <<<"$output")
	run -0 --separate-stderr sandbox run app:1 sh -c 'cat /opt/hard /opt/soft /etc/old; ls /etc/gone /var/d 2>&1; echo $A'
	[ "$output" = $'new\nnew\nchanged\nls: /etc/gone: No such file or directory\n/var/d:\nabove\nb' ]
	# As others see it: owners of the base, set-id bits, hard links, the base's whole config.
	sandbox image export --quiet --format tar app:1 all.tar
	tar -tvf all.tar --numeric-owner >list
	grep -q '^-rwsr-xr-x 0/0 .* opt/hard$' list
	grep -q '^drwxr-x--- 70/71 .*var/db/' list
	grep -q '^h.* opt/new link to .*opt/hard$' list
	sandbox image export --quiet app:1 app.tar
	skopeo inspect --config --raw oci-archive:app.tar >config
	[ "$(jq -c '[.config.Labels.l, .config.Healthcheck.Test[0], (.rootfs.diff_ids | length)]' config)" = '["m","NONE",3]' ]
	[[ $(jq -r '.history[-1].created_by' config) = 'run 2: rm /etc/gone'* ]]
	# The same layers give the same digest.
	[ "$(sandbox seal --accept --json "$T/p" app:2 | jq -r .digest)" = "$digest" ]
	sandbox image verify --quiet >/dev/null
}

@test "a project without packages and steps is its image under another name; host cannot be sealed" {
	project p $'[sandbox]\nimage = '"$REGISTRY/base:1"
	run -0 --separate-stderr sandbox seal --accept --json "$T/p" app:1
	[ "$(jq -r .digest <<<"$output")" = "$(sandbox image inspect --json "$REGISTRY/base:1" | jq -r .digest)" ]
	project q
	fails 125 "cannot seal '$T/q': image 'host' exists only on this machine*" sandbox seal "$T/q" app:2
	fails 125 "cannot seal '$T/p': no name for the image: give one, or set 'prebuilt' in \\[sandbox]" sandbox seal --accept "$T/p"
	fails 125 "cannot seal '$T/p': *Not A Name*" sandbox seal --accept "$T/p" 'Not A Name'
	fails 125 "cannot seal '$T/p': the project asks for these*: 'sandbox seal --accept $T/p' to agree" sandbox seal "$T/p" app:3
}

@test "the first user prepares and shares it, the next one on another machine pulls it and runs no step" {
	project p $'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\nprebuilt = '"$REGISTRY/team/env"$'\n'"$steps"
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	run -0 sandbox enter --accept "$T/p" -- cat /opt/new
	[[ $output = *'preparing 2/2'* ]]
	run -0 --separate-stderr sandbox seal --push --accept "$T/p"
	[[ $output = *"$REGISTRY/team/env:env-"*': sealed sha256:'*': pushed '* ]]

	other_machine second
	mkdir elsewhere
	cp -r p elsewhere/p
	run -0 sandbox enter --accept "$T/elsewhere/p" -- sh -c 'cat /opt/new /etc/old; ls /var/d; ls /etc/gone 2>&1 || true; id -u'
	[[ $output != *preparing* ]]
	[[ $output = *$'new\nchanged\nabove\nls: /etc/gone: No such file or directory\n'"$(id -u)" ]]
	# Nothing but the layers is left, and a second project of the machine has them too.
	[ "$(sandbox images --names | grep -c team/env)" = 0 ]
	registry_stop
	mkdir -p third
	cp -r p third/p
	sandbox image prune --quiet
	sandbox rm --force p
	run -0 sandbox enter --accept "$T/elsewhere/p" -- cat /opt/new
	[[ $output != *preparing* && $output = *new ]]
	remove_boxes
}

@test "a dev container: what is built from its Dockerfile is sealed too, and the next clone pulls it" {
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	project p $'[sandbox]\nlinger = 0\nprebuilt = '"$REGISTRY/team/dev"
	printf 'FROM %s\nCOPY tool /opt/tool\nRUN echo built >/opt/built\n' "$REGISTRY/base:1" >p/Dockerfile
	echo '{"build": {"dockerfile": "Dockerfile"}, "remoteEnv": {"E": "f"}, "onCreateCommand": "cat /opt/built >made"}' >p/.devcontainer.json
	echo one >p/tool
	cp -r p first
	run -0 --separate-stderr sandbox seal --push --accept "$T/p"
	[[ $output = *"$REGISTRY/team/dev:dev-"*': sealed sha256:'*': pushed '* ]]
	# A newer file is sealed under the same name.
	echo two >p/tool
	run -0 sandbox seal --push --accept "$T/p"

	other_machine second
	run -0 sandbox enter --accept "$T/first" -- sh -c 'cat /opt/tool made; echo $E'
	[[ $output = *$'two\nbuilt\nf' && $output != *RUN* ]]
	# Which can be built here.
	run -0 sandbox enter --rebuild "$T/first" -- cat /opt/tool
	[[ $output = *RUN*one ]]
	# With steps of sandbox.ini on it.
	printf '[run]\n1 = cat /opt/built >/opt/step\n' >>p/sandbox.ini
	cp -r p third
	run -0 sandbox seal --push --accept "$T/p"
	[[ $output = *"$REGISTRY/team/dev:dev-"*': pushed '*"$REGISTRY/team/dev:env-"*': pushed '* ]]
	remove_boxes

	other_machine third
	run -0 sandbox enter --accept "$T/third" -- cat /opt/step
	[[ $output = *built && $output != *RUN* && $output != *preparing* ]]
	remove_boxes
}

@test "a repository that does not have it, is unreachable, or is wrong, gives a note: it is prepared here" {
	project p $'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\nprebuilt = '"$REGISTRY/team/env"$'\n[run]\n1 = echo mine >/opt/new'
	run -0 sandbox enter --accept "$T/p" -- cat /opt/new
	[[ $output = *'preparing 1/1'*mine && $output != *'cannot be'* ]]
	name=$(sandbox seal --accept --json "$T/p" | jq -r .name)
	# Its tag has something made on top of another image.
	layout evil <<<"{'layers': [busybox(), [D('opt'), F('opt/new', b'evil')]]}"
	sandbox image import --quiet "$T/evil" "$name" >/dev/null
	sandbox push --quiet "$name" >/dev/null
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	other_machine second
	run -0 sandbox enter --accept "$T/p" -- cat /opt/new
	[[ $output = *"'$name' cannot be used: it is not made of 1 steps on the image"*'preparing 1/1'*mine ]]
	remove_boxes
	other_machine third
	sandbox pull --quiet "$REGISTRY/base:1" >/dev/null
	registry_stop
	run -0 sandbox enter --accept "$T/p" -- cat /opt/new
	[[ $output = *"the environment cannot be had from '$REGISTRY/team/env': it is prepared here"*mine ]]
	remove_boxes
}

@test "what one repository says about a recipe does not affect projects that do not name it" {
	text=$'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\n[packages]\napk = x'
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	project victim "$text"
	project evil "$text"$'\n[sandbox]\nprebuilt = '"$REGISTRY/evil/env"
	name=$(sandbox seal --accept --json "$T/evil" | jq -r .name)
	# Whoever owns the repository puts something else under the tag, on the right base.
	layout poison <<<"{'layers': [$base, [D('opt'), F('opt/packages', b'poison')]]}"
	sandbox image import --quiet "$T/poison" "$name" >/dev/null
	sandbox push --quiet "$name" >/dev/null
	other_machine second
	[ "$(sandbox enter --quiet --accept "$T/evil" -- cat /opt/packages)" = poison ]
	[ "$(sandbox enter --quiet --accept "$T/victim" -- cat /opt/packages)" = 'add --no-progress -- x' ]
	remove_boxes
}

@test "layers on top of a repository's layer are also only for projects that name it" {
	both=$'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\n[packages]\napk = x\nnpm = y'
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	project evil $'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\nprebuilt = '"$REGISTRY/evil/env"$'\n[packages]\napk = x'
	name=$(sandbox seal --accept --json "$T/evil" | jq -r .name)
	layout poison <<<"{'layers': [$base, [D('bin'), F('bin/npm', b'#!/bin/sh\necho poison >/opt/npm\n', 0o755)]]}"
	sandbox image import --quiet "$T/poison" "$name" >/dev/null
	sandbox push --quiet "$name" >/dev/null
	other_machine second
	sandbox enter --quiet --accept "$T/evil" -- true
	# Another step, which the repository does not know, runs on top of its layer.
	project evil "$both"$'\n[sandbox]\nprebuilt = '"$REGISTRY/evil/env"
	run sandbox enter --accept --rebuild "$T/evil" -- cat /opt/npm
	[[ $output = *poison ]]
	project victim "$both"
	run sandbox enter --accept "$T/victim" -- cat /opt/npm
	[[ $output = *'step 2 of 2 (npm: y) failed'* ]]
	remove_boxes
}

@test "two that fetch at once both get it, and no image of the user's is removed" {
	project p $'[sandbox]\nlinger = 0\nimage = '"$REGISTRY/base:1"$'\nprebuilt = '"$REGISTRY/team/env"$'\n'"$steps"
	sandbox push --quiet "$REGISTRY/base:1" >/dev/null
	name=$(sandbox seal --accept --json --push "$T/p" | jq -r .name)
	other_machine second
	sandbox pull --quiet "$name" >/dev/null
	sandbox image tag "$name" "$name" 2>/dev/null || true
	for i in 1 2 3; do
		cp -r p "p$i"
		sandbox enter --accept "$T/p$i" -- cat /opt/new >"$T/out$i" 2>&1 3>&- &
		pids[i]=$!
	done
	for i in 1 2 3; do
		wait "${pids[i]}"
		[[ $(cat "$T/out$i") = *new && $(cat "$T/out$i") != *preparing* && $(cat "$T/out$i") != *'cannot be'* ]]
	done
	sandbox images --names | grep -qx "$name"
	# What came from there is not sealed again: it has lost set-id bits and owners.
	fails 125 "cannot seal '$T/p1': the environment came from '$name': *" sandbox seal --accept "$T/p1" app:1
	remove_boxes
}

@test "an upper directory cannot pass for more than it is" {
	layout suid <<<"{'layers': [busybox('sh', 'rm', 'echo', 'chmod', 'touch', 'mkdir', 'cp', 'mv') + [D('opt'), F('opt/su', b'su', 0o4755), F('opt/of', b'x', uid=33, gid=33), F('opt/kept', b'k', 0o4755, uid=33, gid=33)]]}"
	sandbox image import --quiet "$T/suid" suid:1 >/dev/null
	project p $'[sandbox]\nimage = suid:1\n[run]\n1 = rm /opt/su /opt/of; echo own >/opt/su; echo own >/opt/of; chmod 755 /opt/su; touch /opt/kept; echo s >/opt/shadow; chmod 0 /opt/shadow; mkdir /opt/shut; echo in >/opt/shut/in; chmod 0 /opt/shut'
	sandbox seal --accept --quiet "$T/p" app:1 >/dev/null
	sandbox image export --quiet --format tar app:1 all.tar
	tar -tvf all.tar --numeric-owner >list
	grep -q '^-rwxr-xr-x 0/0 .* opt/su$' list
	grep -q '^-rw-r--r-- 0/0 .* opt/of$' list
	grep -q '^-rwsr-xr-x 33/33 .* opt/kept$' list
	grep -q '^---------- 0/0 .* opt/shadow$' list
	grep -q '^d--------- 0/0 .* opt/shut/$' list
	[ "$(tar -xOf all.tar opt/shut/in)" = in ]
	project q $'[sandbox]\nimage = suid:1\n[run]\n1 = touch /opt/.wh.su'
	fails 125 "cannot seal*'opt/.wh.su' would remove another file*" sandbox seal --quiet --accept "$T/q" app:2
	fails 125 "*has a digest: a new name can only have a tag" sandbox seal --quiet "$T/p" "app@sha256:$(printf '0%.0s' {1..64})"
	fails 125 "cannot seal*'suid:1' is the image that the project begins with*" sandbox seal --quiet "$T/p" suid:1
}

@test "the syntax of the key" {
	project p $'[sandbox]\nprebuilt = noslash'
	fails 125 "*sandbox.ini:2: *expected REGISTRY/NAME, without a tag" sandbox config "$T/p"
	project p $'[sandbox]\nprebuilt = localhost:1/a:tag'
	fails 125 "*sandbox.ini:2: *expected REGISTRY/NAME, without a tag" sandbox config "$T/p"
	project p $'[sandbox]\nimage = debian\nprebuilt = localhost:1/a'
	fails 125 "*asks for these*prebuilt = localhost:1/a*" sandbox enter "$T/p" -- true
}

# bats test_tags=debian-slim
@test "a step of [run] keeps capabilities of files, unless it writes to them, and root sets them, as RUN of a Dockerfile" {
	official debian-slim
	cat >setcap <<-'EOF'
		#!/usr/bin/perl
		my ($f, $n, $v) = (shift, "security.capability", pack("V5", 0x02000001, 1024, 0, 0, 0));
		syscall(188, $f, $n, $v, 20, 1) == 0 or die "$f: $!";
	EOF
	printf '%s\n' 'FROM debian:bookworm-slim' 'COPY --chmod=755 setcap /sbin/' 'RUN for f in a b c; do cp /bin/true /$f; setcap /$f; done' >Dockerfile
	sandbox image build -q -t caps:1 . >/dev/null
	project p $'[sandbox]\nimage = caps:1\n[run]\n1 = touch /a; mv /b /moved; chmod 700 /moved; echo >>/c; cp -a /a /copied\n2 = chown 1:1 /copied; cp /bin/true /own; setcap /own; useradd -u 1000 app; su app -c "touch /var/tmp/apps"'
	sandbox seal --quiet --accept "$T/p" app:1
	sandbox image export --quiet --format tar app:1 all.tar
	[ "$(tarfile_capabilities all.tar)" = "a moved own" ]
	tar -tvf all.tar --numeric-owner >list
	grep -q ' 1/1 .* copied$' list
	grep -q ' 1000/1000 .* var/tmp/apps$' list
	# The box that it is made for has the same files, and uses no mark.
	run -0 --separate-stderr sandbox enter --accept --root "$T/p" -- sh -c 'ls /a /moved /own && /own'
}
