#!/usr/bin/env bats
# `sandbox image build`: the steps of a Dockerfile are run, and the result is an image.

load helpers
load images

setup() { build_setup; }

# The config document of an image, as it is in the store.
config_of() { # IMAGE
	local blobs=$XDG_DATA_HOME/sandbox/blobs/sha256 manifest

	manifest=$(sandbox image inspect --json "$1" | jq -r .digest)
	jq -r '.config.digest | sub("sha256:"; "")' "$blobs/${manifest#sha256:}" | xargs -I{} cat "$blobs/{}"
}

# "MODE OWNER/GROUP NAME" for each file of an image.
files_of() { # IMAGE
	sandbox image export --format tar "$1" - | tar -tvf - --numeric-owner | awk '{ print $1, $2, $6 }'
}

@test "config and history are BuildKit's" {
	cat >Dockerfile <<-'EOF'
		ARG V=1
		FROM app:$V
		ARG WHO=me \
		    NOBODY
		ENV A=1 B="two words"
		LABEL a=b "c d"="e f"
		MAINTAINER me <me@example.com>
		RUN echo $WHO >/who
		WORKDIR /srv
		WORKDIR app
		USER 12:34
		SHELL ["/bin/sh", "-ec"]
		RUN ["/bin/true", "a b"]
		EXPOSE 80 1000-1001/UDP
		VOLUME /data /x
		STOPSIGNAL SIGINT
		HEALTHCHECK --interval=1m30s --retries=3 CMD test "$A"
		ONBUILD RUN echo   triggered
		ENTRYPOINT exec app
		CMD ["a", "b\"c"]
	EOF
	sandbox image build -t built:1 --build-arg WHO=you . >out 2>err
	[ "$(cat out)" = "$(sandbox image inspect --json built:1 | jq -r .digest)" ]
	config_of built:1 >config
	[ "$(jq -S .config config)" = "$(jq -S . <<-'EOF'
		{"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=1", "B=two words"],
		 "Labels": {"a": "b", "c d": "e f"}, "WorkingDir": "/srv/app", "User": "12:34",
		 "Shell": ["/bin/sh", "-ec"], "ExposedPorts": {"80/tcp": {}, "1000/udp": {}, "1001/udp": {}},
		 "Volumes": {"/data": {}, "/x": {}}, "StopSignal": "SIGINT", "OnBuild": ["RUN echo   triggered"],
		 "Healthcheck": {"Test": ["CMD-SHELL", "test \"$A\""], "Interval": 90000000000, "Retries": 3},
		 "Entrypoint": ["/bin/sh", "-ec", "exec app"], "Cmd": ["a", "b\"c"], "ArgsEscaped": true}
	EOF
	)" ]
	[ "$(jq -r '.author, .architecture' config)" = "me <me@example.com>
$(config_of app:1 | jq -r .architecture)" ]
	[ "$(jq -r '.history[] | select(.comment == "buildkit.dockerfile.v0") | "\(.empty_layer // false) \(.created_by)"' config)" = 'true ARG WHO=you NOBODY
true ENV A=1 B=two words
true LABEL a=b c d=e f
true MAINTAINER me <me@example.com>
false RUN |2 WHO=you NOBODY= /bin/sh -c echo $WHO >/who # buildkit
false WORKDIR /srv
false WORKDIR /srv/app
true USER 12:34
true SHELL [/bin/sh -ec]
false RUN |2 WHO=you NOBODY= /bin/true a b # buildkit
true EXPOSE [80/tcp 1000/udp 1001/udp]
true VOLUME [/data /x]
true STOPSIGNAL SIGINT
true HEALTHCHECK {Test:[CMD-SHELL test "$A"] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}
true ENTRYPOINT ["/bin/sh" "-ec" "exec app"]
true CMD ["a" "b\"c"]' ]
	# every entry has a time, and each that is not empty a layer
	[ "$(jq '[.history[] | select(.created == null and .created_by != null)] | length' config)" = 0 ]
	[ "$(jq '[.history[] | select(.empty_layer | not)] | length' config)" = "$(jq '.rootfs.diff_ids | length' config)" ]
	sandbox image verify built:1
}

@test "RUN: its environment, directory, user and here-documents; only what it changes is in the layer" {
	cat >Dockerfile <<-'EOF'
		FROM app:1
		ENV A="a b"
		ARG B=c
		ARG UNSET
		WORKDIR /srv/new
		RUN env | grep -v ^SHLVL | sort >/env; pwd >/pwd; umask >/umask; hostname >/host
		RUN <<-EOT
			set -e
			mkdir -m 1777 /tmp
			mkdir -p /run/kept /data/sub && chown -R 7:8 /data && chmod 2750 /data/sub
			echo "$A" >/tmp/kept
			ln -s x /data/link
		EOT
		RUN <<script
		#!/bin/sh
		echo "$0" >/script
		script
		RUN cat - /dev/fd/3 <<one 3<<two >/both
		1
		one
		2
		two
		USER 12:34
		RUN touch /tmp/mine && ln -s mine /tmp/link && mkdir /tmp/dir && id -u >/tmp/dir/id
		USER 0
		RUN rm /etc/who && chown 9:8 /data
	EOF
	sandbox image build -t built:1 . 2>err
	sandbox image export --format tar built:1 - | tar -x --no-same-owner
	[ "$(cat env pwd umask script both tmp/kept tmp/dir/id)" = "A=a b
B=c
HOME=/root
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
PWD=/srv/new
/srv/new
0022
/dev/pipes/script
1
2
a b
12" ]
	files_of app:1 | LC_ALL=C sort >before
	files_of built:1 | LC_ALL=C sort >after
	[ "$(LC_ALL=C comm -13 before after | grep -v ' \(\./\|etc/\)$')" = "-rw-r--r-- 0/0 both
-rw-r--r-- 0/0 env
-rw-r--r-- 0/0 host
-rw-r--r-- 0/0 pwd
-rw-r--r-- 0/0 script
-rw-r--r-- 0/0 tmp/kept
-rw-r--r-- 0/0 umask
-rw-r--r-- 12/34 tmp/dir/id
-rw-r--r-- 12/34 tmp/mine
drwxr-s--- 7/8 data/sub/
drwxr-xr-x 0/0 run/
drwxr-xr-x 0/0 run/kept/
drwxr-xr-x 0/0 srv/
drwxr-xr-x 0/0 srv/new/
drwxr-xr-x 12/34 tmp/dir/
drwxr-xr-x 9/8 data/
drwxrwxrwt 0/0 tmp/
lrwxrwxrwx 0/0 data/link
lrwxrwxrwx 12/34 tmp/link" ]
	[ "$(LC_ALL=C comm -23 before after)" = "-rw-r--r-- 0/0 etc/who" ]
}

@test "COPY and ADD: from the context, a stage and an image; by content, and not by times" {
	mkdir -p src/sub
	echo a >src/a
	echo b >src/sub/b
	echo no >src/secret
	echo '**/secret' >.dockerignore
	tar -czf tar.tgz -C src sub
	cat >Dockerfile <<-'EOF'
		FROM app:1 AS build
		RUN date +%N >/now && echo made >/made && chown 5:6 /made
		FROM app:1
		ARG TOOLS=build
		WORKDIR /w
		COPY src ./
		COPY --chown=7:8 --chmod=640 src/a /own
		COPY --from=$TOOLS /made /from/stage
		COPY --from=app:1 /etc/who /from/image
		ADD tar.tgz /unpacked/
		COPY <<X /doc
		in $PATH
		X
	EOF
	sandbox image build -t built:1 . 2>err
	sandbox image export --format tar built:1 - | tar -x --no-same-owner
	[ "$(cat w/a w/sub/b own from/stage from/image unpacked/sub/b)" = $'a\nb\na\nmade\nsmallb' ]
	[ "$(cat doc)" = "in /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" ]
	[ ! -e w/secret ]
	files_of built:1 >files
	grep -qx -- '-rw-r----- 7/8 own' files
	grep -qx -- '-rw-r--r-- 5/6 from/stage' files
	[ "$(config_of built:1 | jq -r '.history[-6:][] | .created_by')" = "COPY src ./ # buildkit
COPY --chown=7:8 --chmod=640 src/a /own # buildkit
COPY /made /from/stage # buildkit
COPY /etc/who /from/image # buildkit
ADD tar.tgz /unpacked/ # buildkit
COPY <<X /doc # buildkit" ]
	touch src/a src/sub/b
	[ "$(sandbox image build --json . | jq .cached)" = 8 ]
	# the stage is another one, but not the file that is copied from it
	sed -i 's/ && echo made/; echo made/' Dockerfile
	[ "$(sandbox image build --json . | jq .cached)" = 7 ]
	echo A >src/a
	[ "$(sandbox image build --json . | jq .cached)" = 2 ]
	sed -i 's,src/a /own,src/c /own,' Dockerfile
	fails 125 "Dockerfile:7: *src/c*" sandbox image build --quiet .
}

@test "layers are found again; the same input gives the same digest" {
	printf 'FROM app:1 AS one\nRUN echo 1 >/1\nFROM one\nRUN echo 2 >/2\nRUN echo 3 >/3\n' >Dockerfile
	first=$(sandbox image build -t built:1 . 2>err)
	[ "$(grep -c ' built ' err)" = 3 ]
	[ "$(sandbox image build -t built:1 -t built:also --json . | jq -c "del(.bases)")" = \
		"{\"digest\":\"$first\",\"names\":[\"built:1\",\"built:also\"],\"steps\":3,\"cached\":3}" ]
	# also without the image, until somebody prunes
	sandbox image rm built:1 built:also
	[ "$(sandbox image build -t built:1 --json . 2>/dev/null | jq .cached)" = 3 ]
	sandbox image rm built:1
	sandbox image prune >/dev/null
	[ "$(sandbox image build -t built:1 --json . 2>/dev/null | jq .cached)" = 0 ]
	# what comes after a changed step is run again, what comes before is not
	sed -i 's/echo 2/echo two/' Dockerfile
	[ "$(sandbox image build --json . 2>err | jq .cached)" = 1 ]
	grep -q "cached 1/3: \[one\] RUN echo 1 >/1" err
	grep -q "has no name" err
	[ "$(sandbox image build --no-cache --json . | jq .cached)" = 0 ]
	# with a time, also if all is built again
	first=$(SOURCE_DATE_EPOCH=1700000000 sandbox image build -t built:1 .)
	[ "$(sandbox image build --no-cache --timestamp 1700000000 -t built:1 .)" = "$first" ]
	[ "$(config_of built:1 | jq -r '.created, .history[-1].created' | sort -u)" = 2023-11-14T22:13:20Z ]
	fails 125 "--timestamp 'x' is not a number of seconds since 1970" sandbox image build --timestamp x .
}

@test "stages: only those that are needed; triggers of a base" {
	cat >Dockerfile <<-'EOF'
		FROM app:1 AS base
		ONBUILD ARG V=1
		ONBUILD RUN echo "on $V" >/on
		FROM base AS next
		ENV N=1
		FROM app:1 AS never
		RUN false
		FROM next
		RUN cat /on >/last
	EOF
	sandbox image build -t last:1 . 2>err
	[ "$(sandbox run last:1 cat /last)" = "on 1" ]
	[ "$(config_of last:1 | jq -c .config.OnBuild)" = null ]
	sandbox image build -t base:1 --target base .
	[ "$(config_of base:1 | jq -c .config.OnBuild)" = '["ARG V=1","RUN echo \"on $V\" >/on"]' ]
	printf 'FROM base:1\nRUN echo "$V" >/own\n' >Dockerfile
	sandbox image build -t above:1 --build-arg V=2 . 2>err
	[ "$(sandbox run above:1 cat /on /own)" = $'on 2\n2' ]
	[ "$(config_of above:1 | jq -c .config.OnBuild)" = null ]
	printf 'FROM scratch\nENV A=1\nENTRYPOINT ["/x"]\n' >Dockerfile
	sandbox image build -t empty:1 .
	[ "$(config_of empty:1 | jq -c '.rootfs.diff_ids, .config.Entrypoint')" = $'[]\n["/x"]' ]
}

@test "a layer that a step of the same words got from an older program is not found" {
	local steps=$XDG_DATA_HOME/sandbox/steps right wrong old

	printf 'FROM app:1\nRUN echo wrong >/f\n' >Dockerfile
	sandbox image build -q . >/dev/null
	wrong=$(find "$steps" -name 'build-*' ! -name '*.log')
	printf 'FROM app:1\nRUN echo right >/f\n' >Dockerfile
	sandbox image build -q . >/dev/null
	right=$(find "$steps" -name 'build-*' ! -name '*.log' ! -path "$wrong")
	# its key: the same, without a number or with a smaller one
	for line in 'owners known' 'meaning 1'; do
		tail -n +2 "$right" | sed "s/^meaning .*/$line/" >old
		old=$steps/build-$(sha256sum <old | cut -d ' ' -f 1)
		{ head -n 1 "$wrong" && cat old; } >"$old"
	done
	rm "$right"
	sandbox image build -q -t built:1 . >/dev/null
	[ "$(sandbox run built:1 cat /f)" = right ]
}

@test "stages that do not need each other run at once; the first error ends the others" {
	[ "$(nproc)" -gt 1 ] || skip "one processor"
	# each waits for the other, in a directory that both have
	cat >Dockerfile <<-'EOF'
		FROM app:1 AS one
		RUN --mount=type=cache,target=/c touch /c/one; until [ -e /c/two ]; do sleep 0.01; done; echo 1 >/1
		FROM app:1 AS two
		RUN --mount=type=cache,target=/c touch /c/two; until [ -e /c/one ]; do sleep 0.01; done; echo 2 >/2
		FROM one AS three
		RUN cat /1 >/3
		FROM app:1
		COPY --from=two /2 /
		COPY --from=three /3 /
	EOF
	first=$(sandbox image build -t built:1 . 2>err)
	[ "$(grep -c ': built [1-5]/5: ' err)" = 5 ]
	[ "$(sandbox run built:1 cat /2 /3)" = $'2\n1' ]
	[ "$(sandbox image build --json -t built:1 . | jq -r '.digest, .cached')" = "$first
5" ]
	[ "$(sandbox image build --no-cache --json . 2>err | jq .cached)" = 0 ]
	[ "$(grep -c ': built [1-5]/5: ' err)" = 5 ]
	sed -i 's,echo 1 >/1,exit 7,; s,echo 2 >/2,sleep 100,' Dockerfile
	run -125 sandbox image build .
	[[ ${lines[-1]} = *"Dockerfile:2: "*"status 7: "* ]]
	wait_until 100 no_processes
	empty "$XDG_DATA_HOME/sandbox/boxes" "$XDG_DATA_HOME/sandbox/tmp"
}

@test "outputs: a directory, archives, the standard output" {
	printf 'FROM app:1 AS files\nRUN echo x >/x && chmod 4750 /x && ln -s x /link && mkdir -m 700 /d && chown 5 /x\n' >Dockerfile
	printf 'FROM scratch\nCOPY --from=files /x /link /d /out/\nCOPY --from=files /x /\n' >>Dockerfile
	mkdir -p "$T/o/out/x"
	sandbox image build -t built:1 -o "$T/o" --output "type=oci,dest=$T/a.oci" --output type=image,name=built:2 \
		--output "type=docker,dest=$T/a.docker" . >out
	[ "$(sandbox image inspect --json built:2 | jq -r .digest)" = "$(cat out)" ]
	[ "$(cat "$T/o/x" "$T/o/out/link")" = $'x\nx' ]
	[ "$(stat -c '%a %F' "$T/o/out/x" "$T/o/x")" = $'750 regular file\n750 regular file' ]
	says_nothing getfattr -R -d "$T/o"
	[ "$(sandbox image import "$T/a.oci" back:1 2>/dev/null)" = back:1 ]
	[ "$(sandbox image inspect --json back:1 | jq -r .digest)" = "$(cat out)" ]
	[ "$(tar -xOf "$T/a.docker" manifest.json | jq -r '.[].RepoTags[]')" = docker.io/library/built:1 ]
	[ "$(sandbox image build -o - . | tar -t | LC_ALL=C sort)" = "./
out/
out/link
out/x
x" ]
	fails 125 "--output: 'ocy' is not a type; did you mean 'oci'[?]" sandbox image build --output type=ocy,dest=x .
	fails 125 "--output type=tar: expected dest=PATH" sandbox image build --output type=tar .
	fails 125 "--output type=oci: the image has no name; *" sandbox image build -q --output type=oci,dest=x .
}

@test "a failed step: its output, the file, the line, and what was done stays" {
	printf 'FROM app:1\nRUN echo 1 >/1\nRUN echo some output; \\\n  exit 3\n' >Dockerfile
	run -125 sandbox image build -t bad:1 .
	[ "${lines[-2]}" = "  | some output" ]
	[[ ${lines[-1]} = "sandbox: Dockerfile:3: RUN echo some output; exit 3 failed with status 3: "* ]]
	fails 125 "there is no image 'bad:1' here*" sandbox image inspect bad:1
	empty "$XDG_DATA_HOME/sandbox/boxes"
	sed -i 's/exit 3/true/' Dockerfile
	[ "$(sandbox image build -t good:1 --json . | jq .cached)" = 1 ]
	printf 'FROM app:1\nRUN --network=host true\n' >Dockerfile
	fails 125 "Dockerfile:2: RUN --network=host: a build never gets the host's network*" sandbox image build .
	printf 'FROM app:1\nUSER nobody-here\nRUN true\n' >Dockerfile
	fails 125 "Dockerfile:3: cannot become the USER 'nobody-here': its passwd has no user 'nobody-here'" sandbox image build .
}

@test "a build that is killed leaves nothing half made, and the next one continues" {
	mkfifo "$T/pipe"
	printf 'FROM app:1\nRUN echo 1 >/1\nRUN echo started; sleep 1000\n' >Dockerfile
	sandbox image build -t slow:1 . 2>err >out 3>&- &
	build=$!
	wait_until 100 grep -q 'building 2/2' err
	kill -9 $(pgrep -P $build) $build
	wait_until 100 no_processes
	fails 125 "there is no image 'slow:1' here*" sandbox image inspect slow:1
	sed -i 's/; sleep 1000//' Dockerfile
	[ "$(sandbox image build -t slow:1 --json . | jq .cached)" = 1 ]
	sandbox image verify
	empty "$XDG_DATA_HOME/sandbox/boxes" "$XDG_DATA_HOME/sandbox/tmp"
}
