#!/usr/bin/env bats
# devcontainer.bats - devcontainer.json as it is: found, resolved, entered; its image, users, commands, variables,
# mounts and ports; and what of it reaches the host.
bats_require_minimum_version 1.8.0
load helpers
load images

teardown() {
	registry_stop
	sandbox_teardown
}

# A devcontainer.json for the project p, on stdin.
devcontainer() { # [FILE]
	mkdir -p "p/$(dirname "${1-.devcontainer.json}")"
	cat >"p/${1-.devcontainer.json}"
}

# app:1 has the user dev, and what is given as its label devcontainer.metadata.
image_with_label() { # JSON
	rm -rf app
	layout app <<<"{'layers': [busybox() + [D('etc'), D('opt'), F('etc/passwd', b'root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n'),
		F('etc/group', b'root:x:0:\ndev:x:1000:\n'), D('root'), D('home'), D('home/dev', uid=1000, gid=1000)]],
		'config': {'Env': ['PATH=/bin', 'FROM_IMAGE=yes'], 'Labels': {'devcontainer.metadata': '''$1'''}}}"
	sandbox image import "$T/app" app:1 2>/dev/null
}

@test "a clone is entered as its devcontainer.json says, without a sandbox.ini" {
	image_with_label '[]'
	devcontainer .devcontainer/devcontainer.json <<-'JSON'
		// for the team
		{
			"name": "Team // not a comment",
			"image": "app:1", /* and
			more */
			"containerEnv": {"MODE": "cost $5", "HERE": "${containerWorkspaceFolder}"},
			"remoteEnv": {"PATH": "/opt:${containerEnv:PATH}", "NAME": "${localWorkspaceFolderBasename}", "D": "${localEnv:NOT_SET:fall}"},
			"remoteUser": "dev",
			"mounts": [
				{"source": "${localWorkspaceFolder}/data", "target": "/data", "type": "bind"},
				"target=/scratch,type=tmpfs",
			],
			"customizations": {"vscode": {"extensions": ["a.b"]}},
		}
	JSON
	mkdir -p p/sub # and data is made
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'id -un; echo "$MODE|$HERE|$PATH|$NAME|$D|$FROM_IMAGE|$HOME"; pwd; touch made; ls -d /data /scratch'
	diff -u - <(echo "$output") <<-'EOF2'
		dev
		cost $5|/workspaces/p|/opt:/run/sandbox/bin:/bin|p|fall|yes|/home/dev
		/workspaces/p
		/data
		/scratch
	EOF2
	[ -O p/made ]
	# In a directory of it, by every command.
	cd p/sub
	run -0 sandbox enter -- pwd
	[ "$output" = /workspaces/p/sub ]
	[ "$(sandbox exec p id -un)" = dev ]
	[ "$(sandbox enter --root -- id -un)" = root ]
	run -0 sandbox config user
	[ "$output" = dev ]
	run -0 sandbox config
	[[ $output = *"mounts./data "*"/.devcontainer/devcontainer.json:10"* ]]
}

@test "what would hide the box's own /dev, /proc or /sys is left out, and named" {
	image_with_label '[]'
	devcontainer <<-'JSON'
		{"image": "app:1", "runArgs": ["-v", "/dev:/dev", "--volume=/dev/bus/usb:/dev/bus/usb:ro"],
		 "mounts": ["source=/sys,target=/sys/,type=bind", "target=/dev/shm,type=tmpfs", {"source": "v", "target": "/proc/v"}]}
	JSON
	run -0 --separate-stderr sandbox enter ./p -- ls -d /dev/null /dev/shm
	for at in /dev /dev/bus/usb /sys/ /proc/v; do
		grep -q "the mount at '$at' is left out: a box has its own /dev" <<<"$stderr"
	done
	[ "$(sandbox config ./p 2>/dev/null | grep -c '^mounts')" = 1 ]
}

@test "it is read again when anything that it is made from has changed, and only then" {
	image_with_label '[]'
	devcontainer <<<'{"image": "app:1", "containerEnv": {"A": "1", "B": "${localEnv:HOSTS}"}, "runArgs": ["--env-file=.env"]}'
	[ "$(sandbox config ./p env.A)" = 1 ]
	# One file a resolution; nothing is started to read it.
	run -0 strace -f -qq -e trace=execve -o trace sandbox config ./p env.A
	run -1 grep -c 'sandbox-image' trace
	sed -i 's/"1"/"2"/' p/.devcontainer.json
	[ "$(sandbox config ./p env.A)" = 2 ]
	[ "$(HOSTS=x sandbox config ./p env.B)" = x ]
	[ "$(sandbox config ./p env.B)" = '' ]
	echo 'C=3' >p/.env
	[ "$(sandbox config ./p env.C)" = 3 ]
	# The program that read it, which may understand more now.
	grep -q "^file	.*/sandbox-image$" "$XDG_DATA_HOME"/sandbox/devcontainers/*
	# Another file comes before this one.
	devcontainer .devcontainer/devcontainer.json <<<'{"image": "app:1", "containerEnv": {"A": "first"}}'
	[ "$(sandbox config ./p env.A)" = first ]
	# The image.
	[ "$(sandbox config ./p user)" = root ]
	image_with_label '[{"remoteUser": "dev"}]'
	[ "$(sandbox config ./p user)" = dev ]
}

@test "an env-file outside the project is not read, nor one behind a link" {
	image_with_label '[]'
	mkdir p
	ln -s ../key p/link
	echo 'LEAK=hunter2' | tee key >p/inside
	for file in "$T/key" ../key link; do
		devcontainer <<<"{\"image\": \"app:1\", \"runArgs\": [\"--env-file=$file\"]}"
		run -0 sandbox config ./p
		[[ $output != *hunter2* ]]
		[[ $output = *"${file##*/}"* ]]
	done
	devcontainer <<<'{"image": "app:1", "runArgs": ["--env-file=inside"]}'
	[ "$(sandbox config ./p env.LEAK)" = hunter2 ]
}

@test "sandbox.ini comes first; devcontainer = no ignores it; flags are above both" {
	image_with_label '[]'
	devcontainer <<<'{"image": "app:1", "containerEnv": {"A": "json", "B": "json"}, "postStartCommand": "echo json >started"}'
	printf '[env]\nA = ini\n[hooks]\nstart = echo ini >started\n' >p/sandbox.ini
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'echo $A $B; cat started'
	[ "$output" = $'ini json\nini' ]
	# which is told once
	[[ $stderr = *"the project's devcontainer.json is followed, where its sandbox.ini says nothing else: 'devcontainer = no' in [sandbox] ignores it"* ]]
	run -0 --separate-stderr sandbox enter ./p -- true
	[[ $stderr != *'ignores it'* ]]
	[ "$(sandbox config ./p image)" = app:1 ]
	printf '[sandbox]\ndevcontainer = no\n' >p/sandbox.ini
	[ "$(sandbox config ./p image)" = host ]
	run -1 sandbox config ./p env.A
	[ "$(SANDBOX_DEVCONTAINER=yes sandbox config ./p env.A)" = json ]
	# Another image has another user.
	rm p/sandbox.ini
	[ "$(SANDBOX_IMAGE=host sandbox config ./p user | wc -l)" = 0 ]
}

@test "commands: strings, arrays, objects at the same time, in the order of their lives, as the user" {
	image_with_label '[{"postCreateCommand": "echo label >>order"}]'
	devcontainer <<-'JSON'
		{
			"image": "app:1", "remoteUser": "dev", "workspaceFolder": "/opt", "containerEnv": {"X": "from env"},
			"onCreateCommand": ["sh", "-c", "cd /workspaces/p; echo \"create $0\" >order", "it's one"],
			"updateContentCommand": {"a": "mkfifo /tmp/f; echo a >/tmp/f", "b": ["sh", "-c", "while [ ! -p /tmp/f ]; do :; done; cat /tmp/f >/workspaces/p/met"]},
			"postCreateCommand": "cd /workspaces/p; id -un >>order; pwd >>order; echo ${containerEnv:X} $((1 + 1)) ${HOME} >>order",
			"postStartCommand": "echo start >>/workspaces/p/order",
			"postAttachCommand": "echo attach >>/workspaces/p/order",
		}
	JSON
	rm -rf p/order
	run -0 sandbox enter ./p -- pwd
	[ "$output" = /opt ]
	diff -u - p/order <<-'EOF2'
		create it's one
		dev
		/workspaces/p
		from env 2 /home/dev
		start
		attach
	EOF2
	[ "$(cat p/met)" = a ]
	sandbox enter ./p -- true
	[ "$(tail -n 2 p/order)" = $'attach\nattach' ]
	# One that fails keeps what follows it from running.
	sandbox rm -f p
	devcontainer <<<'{"image": "app:1", "onCreateCommand": {"a": "exit 3", "b": "echo b >b"}, "postCreateCommand": "echo never >never"}'
	fails 125 "*the hook 'create' failed with status 3*" sandbox enter --quiet ./p -- true
	[ -e p/b ]
	[ ! -e p/never ]
}

@test "waitFor: what comes after that command goes on in the background, in order, with its log" {
	image_with_label '[]'
	devcontainer <<-'JSON'
		{
			"image": "app:1", "waitFor": "onCreateCommand", "onCreateCommand": "echo create >order",
			"updateContentCommand": "while [ ! -e go ]; do sleep 0.1; done; echo update >>order",
			"postCreateCommand": {"a": "echo \"it's post\" >>order; echo from post"},
			"postStartCommand": "echo start >>order", "postAttachCommand": "echo attach >>order; [ ! -e bad ]"
		}
	JSON
	sandbox run --detach --name keep host sleep 1000
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'cat order; touch go; while [ "$(tail -n 1 order)" != attach ]; do sleep 0.1; done'
	[ "$output" = create ]
	[[ $stderr = *'postCreateCommand goes on in the background'*'postStartCommand goes on'*'postAttachCommand goes on'* ]]
	[ "$(cat p/order)" = $'create\nupdate\nit\'s post\nstart\nattach' ]
	wait_until 50 eval "sandbox logs p | grep -q 'from post'"
	# Once; and one that fails keeps those after it from running.
	sandbox stop p
	rm p/order
	run -0 sandbox enter --quiet ./p -- sh -c 'while [ ! -e order ] || [ "$(tail -n 1 order)" != attach ]; do sleep 0.1; done'
	[ "$(cat p/order)" = $'start\nattach' ]
	sandbox rm -f p
	rm p/order
	sed -i 's/echo update >>order/exit 3/; s/onCreateCommand",/initializeCommand",/' p/.devcontainer.json
	run -0 sandbox enter --quiet ./p -- sh -c 'while [ ! -s /dev/shm/.devcontainer-create ]; do sleep 0.1; done; cat /dev/shm/.devcontainer-create'
	[[ $output = *'postCreateCommand has failed' ]]
	[ "$(cat p/order)" = create ]
}

@test "values with newlines and other control characters arrive whole, or are named" {
	small_image
	mkdir p
	printf 'FROM app:1\nARG A\nRUN printf %%s "$A" >/a\n' >p/Dockerfile
	devcontainer <<-'JSON'
		{
			"build": {"dockerfile": "Dockerfile", "args": {"A": "x\n--output\ntype=local,dest=out"}},
			"containerEnv": {"N": "a\n\tb\r", "E": "\u001b[0m", "S": "{\n  \"fo$o\": \"ba'r\"\n}"}, "workspaceFolder": "/w\u0007"
		}
	JSON
	run -0 sandbox config ./p
	[[ $output = *'env.E '*'= \x1b[0m '* ]]
	[ "$(sandbox config ./p env.E)" = $'\e[0m' ]
	[[ $(script -qc 'sandbox config ./p env.E' /dev/null) = '\x1b[0m'* ]]
	[[ $output = *'.devcontainer.json:'*': workspaceFolder is left out: it has the control character \x07'* ]]
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'cat /a; printf "|%s|%s|%s" "$N" "$E" "$S"'
	[ "$output" = $'x\n--output\ntype=local,dest=out|a\n\tb\r|\e[0m|{\n  "fo$o": "ba\'r"\n}' ]
	[ ! -e p/out ]
	printf '{"image": "app:1"}' | iconv -t UTF-16 >p/.devcontainer.json
	fails 125 '*p/.devcontainer.json: it is UTF-16; save it as UTF-8' sandbox config ./p
}

@test "what reaches the host is asked for: initializeCommand by name, variables, mounts, ports" {
	image_with_label '[{"initializeCommand": "touch from-image"}]'
	mkdir data
	devcontainer <<-JSON
		{"image": "app:1", "initializeCommand": "echo \$0 >>ran; pwd >>ran", "containerEnv": {"T": "x\${localEnv:SECRET}", "H": "\${localEnv:HOME}"},
		 "mounts": ["source=$T/data,target=/data,type=bind,readonly", "source=vol-\${devcontainerId},target=/vol"], "forwardPorts": [3999]}
	JSON
	export SECRET=s3
	run ! sandbox enter ./p -- true
	for line in '[ports] 3999 = 3999' "/data = $T/data ro" '/vol = cache:vol-' 'variable of yours: SECRET, for [env] T' 'initializeCommand, run on this machine: '; do
		[[ $output = *"$line"* ]]
	done
	[[ $output != *HOME* ]]
	[ ! -e p/ran ]
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'echo $T; ls -d /data /vol'
	[ "$output" = $'xs3\n/data\n/vol' ]
	[ "$(sed -n 2p p/ran)" = "$T/p" ]
	[ ! -e p/from-image ]
	# Never for a trial.
	run -0 sandbox try ./p -- true
	[[ $output = *'initializeCommand is not run'* ]]
	[ "$(wc -l <p/ran)" = 2 ]
	sandbox stop p
	sed -i 's/pwd/pwd -P/' p/.devcontainer.json
	fails 125 '*initializeCommand, run on this machine: *pwd -P*' sandbox enter ./p -- true
	[ "$(wc -l <p/ran)" = 2 ]
	mkdir -p "$HOME/.config/sandbox"
	printf '[policy]\ndeny = initialize\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 '*.devcontainer.json:1: the policy of*denies*initialize*' sandbox config ./p
	printf '[policy]\ndeny = secrets\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 '*.devcontainer.json:1: the policy of*denies*' sandbox config ./p
	echo '[policy]' >"$HOME/.config/sandbox/sandbox.conf"
}

@test "initializeCommand runs once for each agreement, which names the scripts that it runs" {
	image_with_label '[]'
	mkdir -p p/tools
	printf '#!/bin/sh\necho one >>ran\n. tools/more\n' >p/tools/setup
	echo 'echo more >>ran' >p/tools/more
	ln -s /bin/true p/tools/out.sh
	devcontainer <<<'{"image": "app:1", "initializeCommand": {"a": "cd tools && ./setup.sh; cd ..; sh $PWD/tools/setup", "b": ["tools/out.sh"], "c": "touch .env"}}'
	echo : | tee p/tools/setup.sh >p/.env
	run ! sandbox enter ./p -- true
	for line in "tools/setup sha256:$(sha256sum <p/tools/setup | cut -d' ' -f1)" "tools/setup.sh sha256:$(sha256sum <p/tools/setup.sh | cut -d' ' -f1)" 'tools/out.sh -> '; do
		[[ $output = *"initializeCommand, a script that it runs: $line"* ]]
	done
	[[ $output != *'runs: .env'* ]]
	chmod +x p/tools/setup*
	sandbox enter --accept ./p -- sh -c 'echo evil >tools/more; echo SECRET=1 >.env'
	[ "$(cat p/ran)" = $'one\nmore' ]
	# What the script calls was changed in the box, and is not compared: so nothing runs, neither at a start nor with --rebuild.
	sandbox stop p
	sandbox enter ./p -- true
	sandbox stop p
	sandbox enter --rebuild ./p -- true
	[ "$(cat p/ran)" = $'one\nmore' ]
	# A changed script is asked for, and so is a link that leads elsewhere.
	sandbox enter ./p -- sh -c 'echo echo evil >>tools/setup; ln -sf /bin/false tools/out.sh'
	sandbox stop p
	run ! sandbox enter ./p -- true
	[[ $output = *", more than before: initializeCommand, a script that it runs: tools/setup sha256:"* ]]
	[[ $output = *'tools/out.sh -> '*/false* ]]
	[ "$(cat p/ran)" = $'one\nmore' ]
	# The user's own word: asked for, and run, at each call of it, but not beside code that could change it.
	devcontainer <<<'{"image": "app:1", "initializeCommand": "echo again >>again"}'
	sandbox enter --accept ./p -- true
	sandbox enter ./p -- sh -c 'touch up; exec sleep 100' 3>&- &
	wait_until 100 [ -e p/up ]
	fails 125 "*initializeCommand is not run while box 'p' runs*'sandbox stop p' first" sandbox enter --initialize --accept ./p -- true
	sandbox stop p
	fails 125 '*of this machine: initializeCommand, run on this machine: *again*' sandbox enter --initialize ./p -- true
	[ "$(wc -l <p/again)" = 1 ]
	sandbox enter --initialize --accept ./p -- true
	[ "$(wc -l <p/again)" = 2 ]
	# Nor beside a service, which may have the project's directory.
	mkdir s
	printf '[sandbox]\nimage = app:1\n[hooks]\ninitialize = echo ran >>ran\n[service db]\nimage = app:1\ncommand = sleep 100\n' >s/sandbox.ini
	(cd s && sandbox up -d --accept)
	fails 125 "*initializeCommand is not run while box '*db' runs*" sandbox enter --accept ./s -- true
	(cd s && sandbox down)
	sandbox enter --accept ./s -- true
	[ "$(cat s/ran)" = ran ]
}

@test "initializeCommand makes what the box is made from; sandbox.ini's command follows the same rules" {
	image_with_label '[]'
	devcontainer <<<"{\"image\": \"app:1\", \"initializeCommand\": \"mkdir -p $T/made; echo A=made >.env; echo echo >made.sh\", \"runArgs\": [\"--env-file=.env\"], \"mounts\": [\"source=$T/made,target=/made,type=bind\"]}"
	fails 125 '*of this machine: initializeCommand, run on this machine: */made*' sandbox enter ./p -- true
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'echo $A; ls -d /made'
	[ "$output" = $'made\n/made' ]
	sandbox stop p
	sandbox enter ./p -- true
	# One that fails makes no box, except to have a look.
	mkdir q
	printf '[sandbox]\nimage = app:1\n[hooks]\ninitialize = echo ran >>ran; [ ! -e bad ]\n' >q/sandbox.ini
	touch q/bad
	fails 125 '*initializeCommand failed with status 1 on this machine' sandbox enter --accept ./q -- true
	run ! sandbox inspect q
	run -0 sandbox enter --accept --rescue ./q -- true
	[[ $output = *'initializeCommand failed with status 1 on this machine'* ]]
	sandbox stop q
	sandbox enter ./q -- true
	[ "$(wc -l <q/ran)" = 2 ]
}

@test "the label of the image is merged, also when the image comes with the first enter" {
	layout base <<<"{'layers': [busybox() + [D('etc'), D('tmp'), F('etc/passwd', b'root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n'), F('etc/group', b'dev:x:1000:\n'), D('home'), D('home/dev')]],
		'config': {'Labels': {'devcontainer.metadata': '[{\"id\": \"f\", \"containerEnv\": {\"A\": \"low\", \"B\": \"low\"}, \"mounts\": [\"type=tmpfs,target=/x\"]}, {\"remoteUser\": \"dev\", \"onCreateCommand\": \"echo label >>made\"}]'}}}"
	registry_start
	sandbox image import "$T/base" "$REGISTRY/base:1" 2>/dev/null
	sandbox push --quiet "$REGISTRY/base:1"
	sandbox image rm "$REGISTRY/base:1" >/dev/null
	devcontainer <<<"{\"image\": \"$REGISTRY/base:1\", \"containerEnv\": {\"B\": \"high\"}, \"onCreateCommand\": \"echo file >>made\"}"
	run -1 sandbox config ./p user
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'id -un; echo $A $B; ls -d /x; cat made'
	[ "$output" = $'dev\nlow high\n/x\nlabel\nfile' ]
	run -0 sandbox config ./p
	[[ $output = *"env.A "*"image $REGISTRY/base:1"* ]]
}

@test "workspaceMount and workspaceFolder say where the project is, and where sessions begin" {
	image_with_label '{}'
	devcontainer <<<'{"image": "app:1", "workspaceMount": "source=${localWorkspaceFolder},target=/src/app,type=bind,consistency=cached", "workspaceFolder": "/src/app/sub"}'
	mkdir p/sub
	run -0 --separate-stderr sandbox enter ./p -- sh -c 'pwd; ls -A ..'
	[ "$output" = $'/src/app/sub\n.devcontainer.json\nsub' ]
	devcontainer <<<'{"image": "app:1", "workspaceMount": "", "workspaceFolder": "/opt"}'
	[ "$(sandbox config ./p project) $(sandbox config ./p workdir)" = 'no /opt' ]
	# The place can be said once, in workspaceFolder, or not at all.
	devcontainer <<<'{"image": "app:1", "workspaceMount": "source=${localWorkspaceFolder},target=${containerWorkspaceFolder},type=bind", "workspaceFolder": "/srv/${localWorkspaceFolderBasename}"}'
	run -0 --separate-stderr sandbox config ./p project
	[ "$output:$stderr" = '/srv/p:' ]
	devcontainer <<<'{"image": "app:1", "workspaceMount": "source=${localWorkspaceFolder},target=${containerWorkspaceFolder}/sub,type=bind"}'
	[ "$(sandbox config ./p project)" = /workspaces/p/sub ]
	# The directory above, for those who keep several repositories together.
	devcontainer <<<'{"image": "app:1", "workspaceMount": "source=${localWorkspaceFolder}/..,target=/w,type=bind", "workspaceFolder": "/w/p"}'
	[ "$(sandbox config ./p project) $(sandbox config ./p mounts./w)" = "/w/p $T" ]
}

@test "runArgs and demands: what has a meaning is used, what a box has anyway is silent, the rest is named" {
	image_with_label '{}'
	mkdir -p "$T/vol"
	devcontainer <<-'JSON'
		{
			"image": "app:1", "init": true, "privileged": true, "capAdd": ["SYS_PTRACE", "NET_ADMIN"], "securityOpt": ["seccomp=unconfined"],
			"runArgs": ["--init", "--cap-add=SYS_PTRACE", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--name", "x", "-e", "A=b",
				"--env", "C=d e", "-v", "${localWorkspaceFolder}/..:/up:ro", "-v", "${localWorkspaceFolder}/../gone:/gone", "--volume=named:/named", "--tmpfs", "/t:rw", "-p", "8001:80", "--network=host", "--hostname", "h-${localWorkspaceFolderBasename}",
				"-u", "dev", "--device=/dev/null", "--shm-size=2g", "--group-add", "video", "--ipc=host", "--add-host", "db:1.2.3.4", "--read-only"],
			"appPort": ["8002:81", 8003], "forwardPorts": [3001, "localhost:3002", "db:5432"], "hostRequirements": {"cpus": 100000},
			"overrideCommand": false, "what": 1, "portsAttributes": {"3001": {"label": "x"}}, "updateRemoteUserUID": true, "extensions": [], "settings": {}
		}
	JSON
	run -0 --separate-stderr sandbox config ./p
	for line in 'user = dev' 'network = host' 'hostname = h-p' 'devices = /dev/null' 'env.A = b' 'env.C = d e' 'ports.8001 = 80' 'ports.8002 = 81' 'ports.8003 = 8003' 'ports.3001 = 3001' 'ports.3002 = 3002' \
		'mounts./named = cache:named' 'mounts./t = tmpfs'; do
		grep -E "^${line/ = / *= *}  *p/.devcontainer.json:[0-9]+$" <<<"$output"
	done
	diff -u - <(printf '%s\n' "$stderr" | sed "s,sandbox: p/.devcontainer.json:,,; s,$T/,,g; s/ has $(nproc)/ has N/" | sort) <<-'EOF2'
		2: capAdd NET_ADMIN: a box does not get this capability over the machine
		2: privileged: a box is never privileged, and works without it unless it needs devices or the kernel of the machine
		3: --cap-add SYS_ADMIN: a box does not get this capability over the machine
		3: nothing is mounted at '/gone': there is no 'gone', which is not in the project and so is not made
		5: the option '--add-host' is left out
		5: the option '--read-only' is left out
		6: it is meant for 100000 processors; this machine has N
		6: port 'db:5432' is left out: there is no service 'db'
		7: the command of the image is not started: a box begins with a session
		7: the key 'what' is unknown
	EOF2
}

@test "several are chosen by name; the one chosen last is used again" {
	image_with_label '{}'
	devcontainer .devcontainer/b/devcontainer.json <<<'{"image": "app:1", "containerEnv": {"A": "b"}}'
	[ "$(sandbox config ./p env.A)" = b ]
	devcontainer .devcontainer/a/devcontainer.json <<<'{"image": "app:1", "containerEnv": {"A": "a"}}'
	fails 125 "*p: there are several devcontainer.json: a, b; choose one by --config NAME, or by 'devcontainer = NAME' in sandbox.ini" sandbox config ./p
	(cd p && fails 125 '.: there are several devcontainer.json: *' sandbox config)
	fails 125 "*there is no devcontainer.json named 'c', only: a, b" sandbox config --config c ./p
	[ "$(sandbox enter --config b ./p -- sh -c 'echo $A')" = b ]
	[ "$(sandbox enter ./p -- sh -c 'echo $A')" = b ]
	[ "$(sandbox config --config a ./p env.A)" = a ]
	printf '[sandbox]\ndevcontainer = a\n' >p/sandbox.ini
	[ "$(sandbox config ./p env.A)" = a ]
}

# The number of files about devcontainer.json in the store.
resolved() {
	find "$XDG_DATA_HOME/sandbox/devcontainers" -type f -printf x | wc -c
}

@test "what was resolved goes with the box, and with a directory that is gone" {
	image_with_label '{}'
	devcontainer .devcontainer/a/devcontainer.json <<<'{"image": "app:1"}'
	devcontainer .devcontainer/b/devcontainer.json <<<'{"image": "app:1"}'
	sandbox enter --config a ./p -- true
	mkdir $'q\\n\nq' gone
	cp p/.devcontainer/a/devcontainer.json $'q\\n\nq/.devcontainer.json'
	cp -r p/.devcontainer gone
	sandbox config $'./q\\n\nq'
	sandbox config --config b ./gone
	[ "$(resolved)" = 5 ]
	rm -r gone
	sandbox image prune
	[ "$(resolved)" = 3 ]
	sandbox rm -f p
	[ "$(resolved)" = 1 ]
}

@test "what is wrong is said with file and line, and a hostile file sets nothing else" {
	image_with_label '{}'
	devcontainer <<<$'{\n"image": "app:1",\n"a" 1}'
	fails 125 "*p/.devcontainer.json: it is not JSON: line 3: *" sandbox config ./p
	fails 125 "*p/.devcontainer.json: it is not JSON: line 3: *" sandbox enter ./p -- true
	devcontainer <<<'{"dockerComposeFile": "compose.yml", "service": "app"}'
	fails 125 "*p/.devcontainer.json:1: there is no file '*/p/compose.yml'" sandbox enter ./p -- true
	printf '{"containerEnv": {"A": "x\\n[sandbox]\\nhome = host", "B=C": "x", "OK": "y ;z", "D": "%%0300d"}, "image": "app:1", "mounts": [{"target": "../x", "type": "tmpfs"}, 5, {}], "postStartCommand": "a\\u0007", "remoteUser": ["x"]}' >p/.devcontainer.json
	[ "$(sandbox config ./p home)" = own ]
	[ "$(sandbox config ./p env.OK)" = 'y ;z' ]
	[[ $(sandbox config ./p env.A) = x*home* ]]
	# Not of this user, not a file, far too large.
	rm p/.devcontainer.json
	mkfifo p/.devcontainer.json
	fails 125 '*p/.devcontainer.json*' sandbox config ./p
	rm p/.devcontainer.json
	head -c 2M /dev/zero >p/.devcontainer.json
	fails 125 '*p/.devcontainer.json*' sandbox config ./p
}

# bats test_tags=debian
@test "in Debian's own image: root without a word, and a user that a command makes" {
	official debian
	devcontainer <<<'{"image": "debian:bookworm", "onCreateCommand": "useradd -m dev && apt-get --version >apt", "postCreateCommand": {"shell": "[ $(id -u) = 0 ]"}}'
	[ "$(sandbox enter --quiet ./p -- sh -c 'id -un; id -un dev')" = $'root\ndev' ]
	grep -q '^apt 2' p/apt
}

# bats test_tags=alpine
@test "in Alpine's own image" {
	official alpine
	devcontainer <<<'{"image": "alpine:3", "remoteUser": "guest", "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}", "postCreateCommand": "cat /etc/alpine-release >release"}'
	[ "$(sandbox enter --quiet ./p -- sh -c 'id -un; pwd')" = $'guest\n/workspaces/p' ]
	[ -s p/release ]
}

@test "what an older program resolved is resolved again" {
	mkdir -p p/.devcontainer
	echo '{"image": "app:1"}' >p/.devcontainer/devcontainer.json
	[ "$(sandbox config ./p image)" = app:1 ]
	flat=$(grep -l 'app:1' "$XDG_DATA_HOME"/sandbox/devcontainers/*)
	sed -i 's/app:1/old:1/' "$flat"
	[ "$(sandbox config ./p image)" = old:1 ]
	sed -i '1s/.*/devcontainer\t1/' "$flat"
	[ "$(sandbox config ./p image)" = app:1 ]
}
