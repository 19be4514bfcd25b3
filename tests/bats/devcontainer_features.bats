#!/usr/bin/env bats
# devcontainer_features.bats - Dev Container Features: options, order, a layer for each, what they set.
bats_require_minimum_version 1.8.0
load helpers
load images

# app:1 has the user dev, and a shell with what scripts need.
image() {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('tmp'), D('opt'), D('root'), D('home'), D('home/dev', uid=1000, gid=1000),
		F('etc/passwd', b'root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\n'), F('etc/group', b'root:x:0:\ndev:x:1000:\n')]],
		'config': {'Env': ['PATH=/bin'], 'User': 'dev'}}"
	sandbox image import "$T/app" app:1 2>/dev/null
}

devcontainer() { # JSON on standard input
	mkdir -p p/.devcontainer
	cat >p/.devcontainer/devcontainer.json
}

# A feature of the project, whose script adds its name to /opt/order before it does the rest.
feature() { # NAME [MEMBERS] [COMMANDS]
	mkdir -p "p/.devcontainer/$1"
	printf '{"id": "%s", "version": "1.0.0"%s}' "$1" "${2:+, $2}" >"p/.devcontainer/$1/devcontainer-feature.json"
	printf '#!/bin/sh\nset -e\nmkdir -p /opt\necho %s >>/opt/order\n%s\n' "$1" "${3-}" >"p/.devcontainer/$1/install.sh"
}

order() { sandbox enter --quiet --rebuild ./p -- cat /opt/order | tr '\n' ' '; }

@test "a feature of the project: options in its environment, its files, root, and what it sets" {
	image
	feature tool '"options": {"version": {"type": "string", "default": "latest"}, "fast-mode": {"type": "boolean", "default": false}, "2nd": {"default": "x"}},
		"containerEnv": {"PATH": "/opt/tool:${PATH}", "TOOL": "a \"b\" $PATH"}, "mounts": [{"type": "tmpfs", "target": "/scratch"}],
		"postCreateCommand": "echo feature >>hooks", "entrypoint": "/opt/begin", "capAdd": ["NET_ADMIN"], "customizations": {"x": {"y": 1}}' \
		'. ./part; { id -un; pwd; echo "$VERSION|$FAST_MODE|$_ND|$part"; echo "$_REMOTE_USER $_REMOTE_USER_HOME $_CONTAINER_USER $_CONTAINER_USER_HOME $HOME"; echo "$TOOL"; } >/opt/said; rm part; printf "#!/bin/sh\necho begun >>/workspaces/p/hooks\n" >/opt/begin; chmod 755 /opt/begin'
	echo 'part="one word"' >p/.devcontainer/tool/part
	devcontainer <<-'JSON'
		{
			"image": "app:1",
			"features": {
				"./tool": {"version": "it's ${localWorkspaceFolderBasename}", "fast-mode": true}
			},
			"remoteUser": "root",
			"postCreateCommand": "echo project >>hooks",
		}
	JSON
	run -0 --separate-stderr sandbox enter --accept ./p -- sh -c 'cat /opt/said; echo "$PATH"; ls -d /scratch /tmp/dev-container-features; id -un'
	diff -u - <(echo "$output") <<-'EOF2'
		root
		/tmp/dev-container-features/tool_0
		it's p|true|x|one word
		root /root dev /home/dev /root
		a "b" /opt/tool:/bin
		/run/sandbox/bin:/opt/tool:/bin
		/scratch
		root
	EOF2
	[[ $stderr = *'feature ./tool'* ]]
	[ "$(cat p/hooks)" = $'feature\nproject\nbegun' ]
	[ -e p/.devcontainer/tool/part ]
	run -0 --separate-stderr sandbox config ./p
	[[ $stderr = *'capAdd NET_ADMIN'* ]]
	name=$(sandbox config ./p image)
	run -0 sandbox image inspect "$name"
	[[ $output = *'customizations'* ]]
	# A string is the version; nothing is built again for the same.
	sandbox rm -f p
	run -0 --separate-stderr sandbox enter --accept ./p -- true
	[[ $stderr != *'feature ./tool'* ]]
	sed -i 's/{"version".*true}/"18"/' p/.devcontainer/devcontainer.json
	run -0 --separate-stderr sandbox enter --accept --rebuild ./p -- cat /opt/said
	[ "${lines[2]}" = '18|false|x|one word' ]
}

@test "the order: dependsOn, installsAfter, overrideFeatureInstallOrder, then by name" {
	image
	feature a
	feature b '"installsAfter": ["./c", "./not-there"]'
	feature c '"dependsOn": {"./d": {"o": "1"}}'
	feature d '"options": {"o": {"default": "0"}}' 'echo "o=$O" >>/opt/order'
	devcontainer <<<'{"image": "app:1", "features": {"./c": {}, "./b": {}, "./a": {}}}'
	[ "$(order)" = 'a d o=1 c b ' ]
	# Other options: another installation. The same ones: the same one.
	devcontainer <<<'{"image": "app:1", "features": {"./d": {"o": "2"}, "./c": {}}}'
	[ "$(order)" = 'd o=1 d o=2 c ' ]
	devcontainer <<<'{"image": "app:1", "features": {"./d": {"o": "1"}, "./c": {}}}'
	[ "$(order)" = 'd o=1 c ' ]
	devcontainer <<<'{"image": "app:1", "features": {"./c": {}, "./b": {}, "./a": {}}, "overrideFeatureInstallOrder": ["./c", "./b"]}'
	[ "$(order)" = 'a d o=1 c b ' ]
	devcontainer <<<'{"image": "app:1", "features": {"./c": {}, "./b": {}, "./a": {}}, "overrideFeatureInstallOrder": ["./d", "./c"]}'
	[ "$(order)" = 'd o=1 c a b ' ]
	feature d '"dependsOn": {"./c": {}}'
	fails 125 "*features need each other in a circle: ./*, which needs ./*, which needs ./*" sandbox enter --quiet --rebuild ./p -- true
}

@test "--print shows the order, and what each is given, and installs nothing" {
	image
	feature a '"options": {"mode": {"default": "a b"}}'
	feature b '"dependsOn": {"./d": {"o": "1"}}'
	feature d '"options": {"o": {"default": "0"}}'
	devcontainer <<<$'{"image": "none:1",\n"features": {\n"./b": {"typo": true},\n"./a": {},\n"docker-in-docker": {}},\n"overrideFeatureInstallOrder": ["./d"]}'
	file=$T/p/.devcontainer/devcontainer.json
	run -0 --separate-stderr sandbox image build --print --devcontainer "$file"
	diff -u - <(echo "$output") <<-EOF2
		$file: 1 stage for linux/amd64, target 0
		    1  stage 0 from none:1
		$file: 3 features, in this order
		      3  feature ./d O=1  <- $T/p/.devcontainer/d, version 1.0.0
		      4  feature ./a MODE="a b"  <- $T/p/.devcontainer/a, version 1.0.0
		      3  feature ./b TYPO=true  <- $T/p/.devcontainer/b, version 1.0.0
	EOF2
	[[ $stderr = *"the feature 'docker-in-docker' is left out"* ]]
	run -0 --separate-stderr sandbox image build --print --json --devcontainer "$file"
	python3 - "$output" <<-'PY'
		import json, sys
		d, a, b = json.loads(sys.argv[1])["features"]
		assert [f["id"] for f in (d, a, b)] == ["./d", "./a", "./b"]
		assert b["needs"] == [0] and b["unknown"] == ["typo"] and b["line"] == 3, b
		assert d["variables"] == [{"name": "O", "value": "1"}] and d["digest"] is None and d["kind"] == "folder", d
	PY
	feature d '"dependsOn": {"./b": {}}'
	fails 125 '*in a circle*' sandbox image build --print --devcontainer "$file"
}

@test "a layer for each: a change builds that feature and those after it, and no others" {
	image
	for f in a b c; do feature $f; done
	devcontainer <<<'{"image": "app:1", "features": {"./a": {}, "./b": {}, "./c": {}}}'
	[ "$(order)" = 'a b c ' ]
	echo 'echo more >>/opt/order' >>p/.devcontainer/b/install.sh
	run -0 --separate-stderr sandbox enter --rebuild ./p -- true
	[[ $stderr = *'cached 1/3: feature ./a'* ]]
	[[ $stderr = *'feature ./b'*'feature ./c'* ]]
	[[ $stderr != *'cached 2/3'* ]]
	[ "$(sandbox enter --quiet ./p -- cat /opt/order)" = $'a\nb\nmore\nc' ]
}

@test "on top of a Dockerfile of the project, and by image build" {
	image
	feature tool '' 'echo "$_REMOTE_USER $BUILT" >/opt/tool'
	printf 'FROM app:1\nENV BUILT=yes\nUSER root\nRUN echo new:x:7:7::/home/new:/bin/sh >>/etc/passwd\nUSER new\n' >p/.devcontainer/Dockerfile
	devcontainer <<<'{"build": {"dockerfile": "Dockerfile"}, "features": {"./tool": {}}}'
	[ "$(sandbox enter --quiet ./p -- sh -c 'cat /opt/tool; id -un')" = $'new yes\nnew' ]
	run -0 --separate-stderr sandbox image build -t mine --devcontainer p/.devcontainer/devcontainer.json p/.devcontainer
	run -0 sandbox run mine cat /opt/tool
	[ "$output" = 'new yes' ]
	devcontainer <<<'{"image": "app:1", "features": {"./tool": {}}}'
	run -0 --separate-stderr sandbox image build -t mine --devcontainer p/.devcontainer/devcontainer.json
	run -0 sandbox run mine cat /opt/tool
	[ "$output" = 'dev ' ]
}

@test "an image's user with a newline is refused: the rest of it would be instructions" {
	layout app <<<"{'layers': [busybox() + [D('etc'), D('tmp')]], 'config': {'Env': ['PATH=/bin'], 'User': 'root\"\\nRUN echo >/more\\nUSER \"root'}}"
	sandbox image import "$T/app" app:1 2>/dev/null
	feature tool '' 'true'
	devcontainer <<<'{"image": "app:1", "features": {"./tool": {}}}'
	run ! --separate-stderr sandbox image build -t mine --devcontainer p/.devcontainer/devcontainer.json
	[[ $stderr = *"the image's user has a newline"* ]]
}

@test "what is wrong is told with the line of the feature; Docker's are left out with a word" {
	image
	feature bad '' 'echo told; exit 3'
	devcontainer <<<$'{"image": "app:1",\n"features": {\n"./bad": {"typo": 1}}}'
	run -125 sandbox enter ./p -- true
	[[ $output = *told*"devcontainer.json:3: feature ./bad failed with status 3"* ]]
	[[ $output = *"the feature './bad' has no option 'typo'"* ]]
	says_nothing sandbox ls --names
	devcontainer <<<'{"image": "app:1", "features": {"ghcr.io/devcontainers/features/docker-in-docker:2": {}, "docker-from-docker": "latest"}}'
	run -0 --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *"devcontainer.json:1: the feature 'ghcr.io/devcontainers/features/docker-in-docker:2' is left out: it needs the API of Docker, which a box does not have"* ]]
	[[ $stderr = *"the feature 'docker-from-docker' is left out"* ]]
	# Once, since the build of an enter does not say it.
	[ "$(grep -c "docker-from-docker' is left out" <<<"$stderr")" = 1 ]
	run -0 --separate-stderr sandbox image build -t mine:1 --devcontainer p/.devcontainer/devcontainer.json
	[ "$(grep -c "docker-from-docker' is left out: it needs the API of Docker" <<<"$stderr")" = 1 ]
	sandbox rm -f p
	# Names, folders and documents.
	mkdir -p out p/.devcontainer/doc
	touch out/install.sh p/.devcontainer/doc/install.sh
	echo '{"id": "out"}' >out/devcontainer-feature.json
	ln -s ../../out p/.devcontainer/link
	for bad in './none=there is no file*none' '../../out=is not in' './link=leads out of the project by a symlink' "/abs=absolute path" 'fish=there is no feature' 'a/b/c=names no registry' "o/r/go@v1.2=release of a GitHub repository*dropped*as 'ghcr.io/o/r/go:1.2'" 'http://x/y=only https' 'https://x/y.tgz=is not named as'; do
		devcontainer <<<"{\"image\": \"app:1\", \"features\": {\"${bad%%=*}\": {}}}"
		fails 125 "*devcontainer.json*${bad#*=}*" sandbox enter ./p -- true
	done
	for bad in '[]=is not a JSON object' '{}=has no id' '{"id": "x", "options": {"a": 1}}=option' '{"id": "x", "containerEnv": {"A B": "x"}}=is not a variable'; do
		echo "${bad%=*}" >p/.devcontainer/doc/devcontainer-feature.json
		devcontainer <<<'{"image": "app:1", "features": {"./doc": {}}}'
		fails 125 "*feature './doc'*${bad##*=}*" sandbox enter ./p -- true
	done
	# With another image there are none.
	printf '[sandbox]\nimage = app:1\n' >p/sandbox.ini
	run -0 --separate-stderr sandbox enter ./p -- true
	[[ $stderr = *"the feature './doc' is left out: sandbox.ini or the command line names another image"* ]]
}

@test "a variable of the host in an option is asked for" {
	image
	feature tool '"options": {"token": {"default": ""}}' 'echo "$TOKEN" >/opt/said'
	devcontainer <<<'{"image": "app:1", "features": {"./tool": {"token": "${localEnv:TOKEN}"}}}'
	TOKEN=x fails 125 '*asks for these of this machine: variable of yours: TOKEN, for [[]sandbox[]] image: *' sandbox enter ./p -- true
	TOKEN=x run -0 --separate-stderr sandbox enter --accept ./p -- cat /opt/said
	[ "$output" = x ]
}

# A feature that makes a user, by the program that this distribution has.
makes_user_in() { # IMAGE
	feature who '"options": {"name": {"default": "who"}}' \
		'if command -v useradd >/dev/null; then useradd -m "$NAME"; else adduser -D "$NAME"; fi; echo "$_REMOTE_USER_HOME" >"/home/$NAME/said"; chown "$NAME" "/home/$NAME/said"'
	devcontainer <<<"{\"image\": \"$1\", \"remoteUser\": \"made\", \"features\": {\"./who\": {\"name\": \"made\"}}}"
	[ "$(sandbox enter --quiet ./p -- sh -c 'id -un; cd; pwd; echo more >>said; cat said')" = $'made\n/home/made\n\nmore' ]
}

# bats test_tags=debian
@test "in Debian's own image" {
	official debian
	makes_user_in debian:bookworm
}

# bats test_tags=alpine
@test "in Alpine's own image" {
	official alpine
	makes_user_in alpine:3
}

# bats test_tags=busybox
@test "in BusyBox's own image" {
	official busybox
	makes_user_in busybox:1
}
