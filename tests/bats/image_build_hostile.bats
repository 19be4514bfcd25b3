#!/usr/bin/env bats
# `sandbox image build` with contexts, ignore files and Dockerfiles that somebody has made to hurt.

bats_require_minimum_version 1.8.0
load helpers
load images

setup() {
	sandbox_setup
	mkdir "$T/p" "$T/p/c"
	cd "$T/p" || return
	printf 'FROM scratch\nCOPY c /\n' >Dockerfile
}

# "TYPE NAME, ..." of the files in an archive on stdin, names as in Python.
listed() {
	python3 -IS -c 'import sys, tarfile
print(*sorted({b"5": "d", b"2": "l", b"6": "p"}.get(m.type, "-") + ascii(m.name) for m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|") if m.name != "."), sep=", ")'
}

# Builds, and lists the files of the image.
files_of() {
	sandbox image build -q -t built:1 . >/dev/null
	sandbox image export --format tar built:1 - | listed
}

@test "names with newlines, bytes that are no text, and what looks like options or patterns" {
	touch c/$'two\nlines' c/-rf 'c/*' 'c/[a]' c/$'\377' 'c/ ' 'c/$X' c/'back\slash'
	mkdir c/$'d\n'
	touch c/$'d\n'/x
	files_of >out
	diff out - <<-'EOF'
		-' ', -'$X', -'*', -'-rf', -'[a]', -'\udcff', -'back\\slash', -'d\n/x', -'two\nlines', d'd\n'
	EOF
	# A layer cannot hold them, whoever wants it to.
	touch c/.wh.etc
	fails 125 "*Dockerfile:2: 'c/.wh.etc' would remove another file: no layer can hold this name" sandbox image build -q .
}

@test "links that lead out are kept, and never followed; FIFOs and devices do not block" {
	echo not-for-images >"$T/secret"
	ln -s "$T/secret" c/out
	ln -s ../../../../../../etc c/up
	ln -s loop c/loop
	mkfifo c/fifo
	sandbox image build -q -t built:1 . >/dev/null
	sandbox image export --format tar built:1 - >a.tar
	[ "$(listed <a.tar)" = "l'loop', l'out', l'up', p'fifo'" ]
	run ! grep -q not-for-images a.tar
	for from in c/out c/up/passwd c/up; do
		printf 'FROM scratch\nCOPY %s /x\n' "$from" >Dockerfile
		fails 125 "Dockerfile:2: '$from' does not exist in the context" sandbox image build -q .
	done
	printf 'FROM scratch\nCOPY c/loop /x\n' >Dockerfile
	fails 125 "Dockerfile:2: too many symlinks in 'c/loop'" sandbox image build -q .
	# The ignore file and the Dockerfile themselves.
	mkfifo d
	for f in Dockerfile .dockerignore; do
		rm -f Dockerfile .dockerignore
		printf 'FROM scratch\nCOPY c/fifo /\n' >Dockerfile
		rm -f "$f"
		mkfifo "$f"
		fails 125 "*$f*" timeout 60 sandbox image build -q .
	done
}

@test "a file of a terabyte, and more than sandbox.conf allows" {
	truncate -s 1T c/huge
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nmax-size = 1M\n' >"$HOME/.config/sandbox/sandbox.conf"
	fails 125 "*Dockerfile:2: *max-size*" timeout 60 sandbox image build -q .
	rm c/huge
	head -c 2M /dev/zero >c/zeros
	fails 125 "*Dockerfile:2: *max-size*" sandbox image build -q .
	says_nothing ls "$XDG_DATA_HOME/sandbox/tmp"
	rm c/zeros
	touch c/small
	[ "$(files_of)" = "-'small'" ]
}

@test "a .dockerignore of a megabyte, a Dockerfile of ten, and beyond" {
	awk 'BEGIN { for (i = 0; i < 40000; i++) print "**/none" i "/*.tmp"; print "c/left-*" }' >.dockerignore
	touch c/left-out c/kept
	[ "$(files_of)" = "-'kept'" ]
	awk 'BEGIN { print "FROM scratch"; for (i = 0; i < 200000; i++) print "# a comment of a line, the number of which is " i; print "COPY c /" }' >Dockerfile
	(($(stat -c %s Dockerfile) > 9000000))
	[ "$(files_of)" = "-'kept'" ]
	{
		printf 'FROM scratch\nLABEL a='
		head -c 10M /dev/zero | tr '\0' x
		echo
	} >Dockerfile
	fails 125 "Dockerfile:2: the text is longer than 1 MiB when its variables are replaced" sandbox image build --print
	awk 'BEGIN { print "FROM scratch"; for (i = 0; i < 30000; i++) print "ENV A" i "=$A" (i - 1) "x" }' >Dockerfile
	fails 125 "Dockerfile:4097: more than 4096 variables" sandbox image build --print
	head -c 17M /dev/zero | tr '\0' x >Dockerfile
	fails 125 "*Dockerfile*" sandbox image build --print
	head -c 5M /dev/zero | tr '\0' x >.dockerignore
	echo FROM scratch >Dockerfile
	fails 125 "*.dockerignore*" sandbox image build -q .
}

@test "cycles of stages, contexts and triggers" {
	printf 'FROM scratch AS a\nCOPY --from=a /x /x\n' >Dockerfile
	fails 125 "Dockerfile:2: *" sandbox image build --print
	printf 'FROM b AS a\nFROM a AS b\nCOPY --from=b /x /\n' >Dockerfile
	fails 125 "Dockerfile:3: *" sandbox image build --print
	printf 'FROM scratch AS a\nFROM a AS b\nRUN --mount=from=c true\nFROM b AS c\n' >Dockerfile
	fails 125 "Dockerfile:3: stage 'c' comes later, on line 4; move it before this stage" sandbox image build --print
	printf 'FROM scratch\nONBUILD ONBUILD COPY c /\n' >Dockerfile
	fails 125 "Dockerfile:2: *ONBUILD*" sandbox image build --print
}
