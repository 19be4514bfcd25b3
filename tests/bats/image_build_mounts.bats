#!/usr/bin/env bats
# RUN --mount of `sandbox image build`: what a step is given leaves no trace in the image.

load helpers
load images

setup() {
	build_setup
	mkdir "$T/x"
}

@test "bind, cache, tmpfs: of the context, a stage and an image; nothing of them is in a layer" {
	mkdir src
	echo in context >src/a
	echo no >src/secret
	echo src/secret >.dockerignore
	cat >Dockerfile <<-'EOF'
		FROM app:1 AS build
		RUN echo made >/made
		FROM app:1
		WORKDIR /w
		RUN --mount=target=ctx --mount=type=bind,source=src/a,target=/deep/er/file \
		    --mount=from=build,source=/made,target=/stage --mount=from=app:1,target=/image,rw \
		    cat ctx/src/a /deep/er/file /stage /image/etc/who >/all && ls ctx/src >>/all && \
		    if touch ctx/x; then exit 1; fi && touch /image/x
		RUN --mount=type=cache,target=/root/.cache echo kept >>/root/.cache/it && cp /root/.cache/it /it
		RUN --mount=type=tmpfs,target=/mem,size=1m echo x >/mem/x && grep ' /mem ' /proc/mounts >/mounts
		RUN --mount=type=cache,id=own,target=/c,sharing=locked cat /c/it 2>/dev/null; echo >/c/it; true
	EOF
	sandbox image build -t built:1 . 2>"$T/err"
	sandbox image export --format tar built:1 - | tar -x --no-same-owner -C "$T/x"
	cd "$T/x" || return
	[ "$(cat all)" = $'in context\nin context\nmade\nsmalla' ]
	[ "$(cat it)" = kept ]
	grep -q 'tmpfs.*size=1024k' mounts
	for i in deep stage image mem c w/ctx root; do
		[ ! -e "$i" ]
	done
	cd "$T/p" || return
	# a cache is kept from build to build; the files of a bind are a part of what made the layer
	[ "$(sandbox image build --json . | jq .cached)" = 6 ]
	sed -i 's,cp /root,cp -f /root,' Dockerfile
	sandbox image build -t built:2 . 2>"$T/err"
	[ "$(sandbox run built:2 cat /it)" = $'kept\nkept' ]
	echo other >src/a
	[ "$(sandbox image build --json . 2>"$T/err" | jq .cached)" = 2 ]
}

@test "secrets and agents: only for their step, and no part of what made the layer" {
	echo geheim >key
	export TOKEN=token
	cat >Dockerfile <<-'EOF'
		FROM app:1
		RUN --mount=type=secret,id=key --mount=type=secret,id=TOKEN,env=TOK,required \
		    cat /run/secrets/key >/seen && echo "$TOK" >>/seen && ls -ln /run/secrets | grep -c '^-r-------- ' >>/seen
		RUN ls /run >/after; env >>/after
		RUN --mount=type=secret,id=none [ ! -e /run/secrets/none ]
		RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK" >/agent
	EOF
	python3 -c 'import socket, sys, time; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); time.sleep(99)' \
		"$T/agent" 3>&- &
	agent=$!
	wait_until 50 test -S "$T/agent"
	first=$(sandbox image build -t built:1 --secret id=key,src=key --secret id=TOKEN --ssh "default=$T/agent" .)
	sandbox image export --format tar built:1 - | tar -x --no-same-owner -C "$T/x"
	cd "$T/x" || return
	[ "$(cat seen)" = $'geheim\ntoken\n1' ]
	run ! grep -r 'secrets\|TOK' after
	[ "$(cat agent)" = /run/buildkit/ssh_agent.0 ]
	[ ! -e run ]
	cd "$T/p" || return
	run ! grep -rl geheim "$XDG_DATA_HOME/sandbox/steps"
	echo other >key
	[ "$(sandbox image build --secret id=key,src=key --secret id=TOKEN --ssh "default=$T/agent" -t built:1 .)" = "$first" ]
	kill $agent
	fails 125 "Dockerfile:2: the step needs the secret 'TOKEN': give it with --secret id=TOKEN,src=FILE" \
		sandbox image build --quiet --no-cache .
	fails 125 "Dockerfile:2: cannot read the secret 'key': *" \
		sandbox image build --quiet --no-cache --secret id=key,src=nowhere .
	fails 125 "--secret x=y: expected id=ID with src=FILE or env=NAME" sandbox image build --secret x=y .
	fails 125 "--ssh default: there is no agent, SSH_AUTH_SOCK is not set" sandbox image build --ssh default .
}
