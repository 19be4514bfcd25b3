#!/usr/bin/env bats
# `sandbox image build --print`: a Dockerfile is shown, and checked, without an image or a box.

load helpers

setup() {
	sandbox_setup
	mkdir "$T/p"
	cd "$T/p" || return
}

@test "stages and steps, with variables replaced" {
	cat >Dockerfile <<-'EOF'
		# syntax=docker/dockerfile:1
		ARG GO=1.22
		FROM --platform=$BUILDPLATFORM golang:${GO} AS build
		ARG TARGETARCH
		RUN --mount=type=cache,target=/root/.cache \
		    # for the other platform
		    GOARCH=$TARGETARCH go build
		FROM golang:$GO AS test
		FROM alpine
		ENV DIR="/opt/a b"
		COPY --from=build --chmod=755 /go/x $DIR/
		COPY <<-X /etc/x
			in $DIR
		X
		CMD ["x", "--serve"]
	EOF
	sandbox image build --print --platform linux/arm64 --build-arg GO=1.23 >out
	[ "$(sed 's,for linux/[a-z0-9]*$,for HOST,' out)" = "Dockerfile: 3 stages for linux/arm64, target 2
    3  stage 0 'build' from golang:1.23 for HOST
      4  ARG TARGETARCH=arm64
      5  RUN --mount=type=cache,target=/root/.cache GOARCH=\$TARGETARCH go build
    8  stage 1 'test' from golang:1.23, not needed
    9  stage 2 from alpine
     10  ENV DIR=\"/opt/a b\"
     11  COPY --from=build --chmod=755 /go/x \"/opt/a b/\"  <- stage 0 'build'
     12  COPY <<-X /etc/x
     15  CMD [\"x\", \"--serve\"]" ]
	sandbox image build --print --target build --json >out
	[ "$(jq -c '.syntax, .target, [.stages[].needed], .stages[2].steps[1].from, .stages[2].steps[1].args,
		.stages[2].steps[2].heredocs, .stages[0].steps[1].mounts' out)" = '"docker/dockerfile:1"
0
[true,false,false]
{"kind":"stage","stage":0}
["/go/x","/opt/a b/"]
[{"name":"X","content":"in /opt/a b\n"}]
[{"type":"cache","target":"/root/.cache","source":null,"id":null,"read_only":false}]' ]
}

@test "the file: Dockerfile, Containerfile, one that is named, standard input" {
	fails 125 "there is no Dockerfile or Containerfile in '.': name a file with --file" sandbox image build --print
	echo "FROM a" >Containerfile
	[ "$(sandbox image build --print | tail -n 1)" = "    1  stage 0 from a" ]
	mkdir d
	echo "FROM b" >d/Dockerfile
	[ "$(sandbox image build --print d | head -n 1)" = "d/Dockerfile: 1 stage for $(uname -m | sed 's/x86_64/linux\/amd64/; s/aarch64/linux\/arm64/'), target 0" ]
	[ "$(sandbox image build --print --file Containerfile d | tail -n 1)" = "    1  stage 0 from a" ]
	[ "$(echo "FROM c" | sandbox image build --print -f - | tail -n 1)" = "    1  stage 0 from c" ]
	mkfifo fifo
	fails 125 "*fifo*" sandbox image build --print -f fifo
}

@test "what is unknown is said with file, line and what is meant" {
	printf 'FROM a\n\nRUM x\n' >Dockerfile
	fails 125 "Dockerfile:3: 'RUM' is not an instruction; did you mean RUN[?]" sandbox image build --print
	printf 'FROM a AS b\nCOPY --from=c x y\nFROM d AS c\n' >Dockerfile
	fails 125 "Dockerfile:2: stage 'c' comes later, on line 3; move it before this stage" sandbox image build --print
	printf 'FROM a\nCOPY --form=c x y\n' >Dockerfile
	fails 125 "Dockerfile:2: COPY has no flag --form; did you mean --from[?]" sandbox image build --print
	printf 'FROM a AS build\n' >Dockerfile
	fails 125 "Dockerfile has no stage 'bild'; did you mean 'build'[?]" sandbox image build --print --target bild
	fails 125 "'x' is not a platform*" sandbox image build --print --platform x
	fails 125 "--build-context x: expected NAME=VALUE" sandbox image build --print --build-context x
}

@test "a FROM whose variable has no value is refused, and the name is told" {
	printf 'ARG BASE=\nFROM $BASE\n' >Dockerfile
	fails 125 'Dockerfile:2: FROM '"'\$BASE'"': BASE has no value; give it one with --build-arg BASE=VALUE' sandbox image build .
	printf 'ARG A=1\nFROM x:$A-${TAG}\nARG TAG=2\n' >Dockerfile
	fails 125 "Dockerfile:2: FROM 'x:1-\${TAG}': TAG has no value; write 'ARG TAG' before the first FROM, and give --build-arg TAG=VALUE" sandbox image build .
	printf 'ARG P\nFROM --platform=$P scratch\nCOPY Dockerfile /\n' >Dockerfile
	fails 125 "Dockerfile:2: FROM --platform='\$P': P has no value; give it one with --build-arg P=VALUE" sandbox image build .
	sandbox image build -q --build-arg P=linux/amd64 . >out
}

@test "notes: files that are left out, variables without a value" {
	printf 'ARG BASE\nFROM $BASE\nCOPY secret/key src /\n' >Dockerfile
	printf '*\n!src\n' >.dockerignore
	sandbox image build --print >out 2>err
	[ "$(cat err)" = "sandbox: Dockerfile:2: '\$BASE': BASE has no value; give it one with --build-arg BASE=VALUE
sandbox: Dockerfile:3: 'secret/key' is left out of the context by .dockerignore:1" ]
	sandbox image build --print --build-arg BASSE=b --build-arg https_proxy=x >out 2>err
	[ "$(head -n 1 err)" = "sandbox: --build-arg BASSE is not used: Dockerfile has no 'ARG BASSE'" ]
	[ "$(wc -l <err)" = 3 ]
	echo nothing >Dockerfile.dockerignore
	sandbox image build --quiet --print --build-arg BASE=b >out 2>err
	[ ! -s err ]
	[ "$(head -n 1 out | sed 's/.*, //')" = "without the files of Dockerfile.dockerignore" ]
	printf 'x\n[\n' >.dockerignore
	rm Dockerfile.dockerignore
	fails 125 ".dockerignore:2: '?' is not a pattern*" sandbox image build --print
}

@test "--inside: Dockerfile, .dockerignore and contexts are read in a directory alone, and no symlink leads out of it" {
	mkdir -p p/ctx p/more out
	printf 'FROM scratch\nCOPY f /\nCOPY --from=more g /\n' | tee p/Dockerfile out/Dockerfile >/dev/null
	echo one >p/ctx/f
	ln -s f p/ctx/link
	echo two >p/more/g
	echo secret | tee out/f >out/g
	sandbox image build -q --inside p -f p/Dockerfile --build-context "more=$PWD/p/more" -o type=tar,dest=o.tar p/ctx >/dev/null
	[ "$(tar -xOf o.tar f g)" = $'one\ntwo' ]
	(cd p/ctx && sandbox image build -q --inside .. -f ../Dockerfile --build-context more=../more . >/dev/null)
	fails 125 "*'out/Dockerfile' is not in 'p'" sandbox image build --inside p -f out/Dockerfile p/ctx
	fails 125 "*'out/.dockerignore' is not in 'p'" sandbox image build --inside p -f p/Dockerfile --build-context more=p/more out
	fails 125 "*cannot use the named context, 'out': 'out' is not in 'p'*" sandbox image build --inside p -f p/Dockerfile --build-context more=out p/ctx
	for name in Dockerfile ctx more; do
		mv "p/$name" "p/$name.away"
		ln -s "$PWD/out" "p/$name"
		run -125 sandbox image build --no-cache --inside p -f p/Dockerfile --build-context more=p/more p/ctx
		[[ $output != *secret* ]]
		[[ $output = *"$name"* ]]
		rm "p/$name"
		mv "p/$name.away" "p/$name"
	done
	ln -s "$PWD/out/f" p/ctx/.dockerignore
	fails 125 "*.dockerignore*" sandbox image build --inside p -f p/Dockerfile --build-context more=p/more p/ctx
	# One in it is followed, as in a clone.
	rm p/ctx/.dockerignore
	mv p/ctx p/real
	ln -s real p/ctx
	echo g >p/ignored
	ln -s ../ignored p/real/.dockerignore
	echo three >p/real/g
	printf 'FROM scratch\nCOPY . /\n' >p/Dockerfile
	sandbox image build -q --inside p -f p/Dockerfile -o type=tar,dest=o.tar p/ctx >/dev/null
	[ "$(tar -xOf o.tar f)" = one ]
	run -1 grep -q three o.tar
}

@test "--checksum: a file with another content, or none, is not built" {
	printf 'FROM app:1\nRUN true\n' >Dockerfile
	printf 'version 1\nmachine x\ntime x\nimage x -\n' >lock
	sum() { echo "$1=sha256:$(sha256sum <"$1" | cut -d' ' -f1)"; }
	file=$(sum Dockerfile) lock=$(sum lock)
	sandbox image build -q --print --lock lock --checksum "$file" --checksum "./$lock" --checksum "$PWD/$file" . >/dev/null
	echo '# more' >>lock
	fails 125 "'lock' has changed since it was looked at for this build: run the command again" sandbox image build --print --lock lock --checksum "$file" --checksum "./$lock" .
	echo '# more' >>Dockerfile
	fails 125 "'Dockerfile' has changed since *" sandbox image build --print --checksum "$PWD/$file" .
	fails 125 "'*/Dockerfile' has changed since *" sandbox image build --print --checksum "$file" -f "$PWD/Dockerfile" .
	fails 125 "'Dockerfile' has changed since *" sandbox image build --print --checksum Dockerfile=none -f Dockerfile .
	# A file that is not read is not looked at.
	sandbox image build --print --checksum other=none --checksum "$lock" . >/dev/null
	for word in Dockerfile Dockerfile= Dockerfile=sha256:1 =none; do
		fails 125 "--checksum $word: expected FILE=sha256:HEX, or FILE=none" sandbox image build --print --checksum "$word" .
	done
}
