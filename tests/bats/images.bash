# shellcheck shell=bash disable=SC2034 # the tests use what is set here
# images.bash - images for tests, and a registry on loopback.

IMAGES=$SOURCE/tests/images
BUSYBOX=$(command -v busybox)
export BUSYBOX

# Makes an OCI layout at $T/NAME from a description in Python (tests/images/mkimage.py) on stdin; $T/digest has
# its digest. The same description is carried out once for all tests of a run: it takes 0.1 s of a processor.
# -IS: without this machine's site-packages, whose start-up files may take as long as the rest.
layout() { # NAME [TAG]
	local text key made digest

	IFS= read -rd '' text || true
	key=$(sha256sum <<<"${2:-v1} $text")
	made=${TEST_BASES:-$BATS_RUN_TMPDIR}/layouts/${key%% *}
	if [ ! -e "$T/$1" ] && [ -e "$made" ]; then
		cp -r "$made/layout" "$T/$1"
		read -r digest <"$made/digest"
		echo "$digest" >"$T/digest"
		return
	fi
	# one that is there gets another image
	[ ! -e "$T/$1" ] || made=
	python3 -IS "$IMAGES/mkimage.py" "$T/$1" "${2:-v1}" <<<"$text" >"$T/digest" || return
	[ -n "$made" ] || return 0
	mkdir -p "${made%/*}" "$T/.made"
	cp -r "$T/$1" "$T/.made/layout"
	cp "$T/digest" "$T/.made/"
	# whole or not at all; another file may have been faster
	mv -T "$T/.made" "$made" 2>/dev/null || rm -r "$T/.made"
}

# A small image that can run, as app:1 in the store. Its layout is $T/app.
small_image() {
	layout app <<<"{'layers': [busybox() + [D('etc'), F('etc/who', b'small')]]}"
	sandbox image import "$T/app" app:1 2>/dev/null
}

# Of files about builds: app:1, and an empty context, $T/p, in which the test is.
build_setup() {
	sandbox_setup
	small_image
	mkdir "$T/p"
	cd "$T/p" || return
}

# Gives this test an image as published by its makers: debian:bookworm, debian:bookworm-slim,
# alpine:3, busybox:1 or busybox:musl; or managers:1, which is Debian's with npm and pip, or compilers:1
# (tests/images/compilers). It is in a second
# store, $official_store, unpacked once for all tests of a run; a test may have several. One that
# calls this has the tag `debian`, `debian-slim`, `alpine`, `busybox` or `busybox-musl`.
official() { # TAG
	local name store=${TEST_BASES:-$BATS_RUN_TMPDIR}/$1

	case $1 in
	debian) name=debian:bookworm ;;
	debian-slim) name=debian:bookworm-slim ;;
	alpine) name=alpine:3 ;;
	busybox) name=busybox:1 ;;
	busybox-musl) name=busybox:musl ;;
	debian-managers) name=managers:1 ;;
	debian-compilers) name=compilers:1 ;;
	esac
	mkdir -p "$store" "$HOME/.config/sandbox"
	# Files run in parallel: the second one waits.
	exec 9>"$store/lock"
	flock 9
	[ -e "$store/whole" ] || {
		HOME=$store XDG_DATA_HOME=$store sandbox image import --quiet "$TEST_IMAGES/$1.tar" $name >"$store/log" 2>&1 9>&- || {
			cat "$store/log" >&2
			return 1
		}
		touch "$store/whole"
	}
	exec 9>&-
	official_store=$store
	[[ " ${official_stores-} " = *" $store/sandbox "* ]] || official_stores+=" $store/sandbox"
	printf '[images]\nstores =%s\n' "$official_stores" >"$HOME/.config/sandbox/sandbox.conf"
}

# Has the registry of registry_start answered, or ended? Another one may answer at a port that was taken.
registry_decided() { # URL [OPTIONS OF CURL]
	curl -sk -o /dev/null "$@" && grep -q 'GET /v2/' "$T/registry/log" || ! kill -0 "$registry_pid" 2>/dev/null
}

# Debian's docker-registry on a free loopback port; sets REGISTRY to localhost:PORT. Lines of its
# configuration may be added; indented ones belong to its section http.
registry_start() { # [YAML [SCHEME [OPTIONS OF CURL]]]
	local port try top=${1-} below=

	if [[ $top = ' '* ]]; then
		below=$1
		top=
	fi

	mkdir -p "$T/registry"
	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 12000)) # below those that the kernel gives to clients
		cat >"$T/registry/config.yml" <<-YAML
			version: 0.1
			log: {level: error, accesslog: {disabled: false}}
			storage: {filesystem: {rootdirectory: $T/registry/data}, delete: {enabled: true}}
			http:
			  addr: "127.0.0.1:$port"
			$below
			$top
		YAML
		docker-registry serve "$T/registry/config.yml" >"$T/registry/log" 2>&1 3>&- &
		registry_pid=$!
		# shellcheck disable=SC2086 # words
		wait_until 50 registry_decided "${2:-http}://127.0.0.1:$port/v2/" ${3-}
		grep -q 'GET /v2/' "$T/registry/log" && break
		kill "$registry_pid" 2>/dev/null
	done
	REGISTRY=localhost:$port
}

# A key and a self-signed certificate for localhost and features.test, as $T/ca.key and $T/ca.pem.
certificate() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,DNS:features.test -keyout "$T/ca.key" -out "$T/ca.pem" 2>/dev/null
}

# A registry over TLS whose tokens come from another server (tests/images/token.py); the test must
# kill $token_pid. The environment trusts both.
token_registry_start() {
	certificate
	python3 -IS "$IMAGES/token.py" "$T/token.port" "$T/ca.key" "$T/ca.pem" 2>"$T/token.log" 3>&- &
	token_pid=$!
	wait_until 50 test -s "$T/token.port"
	export SSL_CERT_FILE=$T/ca.pem
	registry_start "  tls: {certificate: $T/ca.pem, key: $T/ca.key}
auth: {token: {realm: \"https://localhost:$(cat "$T/token.port")/token\", service: registry, issuer: issuer, rootcertbundle: $T/ca.pem}}" https
}

# The hostile registry of tests/images/hostile.py; sets HOSTILE to its host and port. Its requests
# are in $T/hostile.log.
hostile_start() { # LAYOUT MODE
	python3 -IS "$IMAGES/hostile.py" "$T/hostile.port" "$T/$1" "$2" >"$T/hostile.log" 2>&1 3>&- &
	registry_pid=$!
	wait_until 50 test -s "$T/hostile.port"
	HOSTILE=localhost:$(cat "$T/hostile.port")
}

registry_stop() {
	[ -z "${registry_pid-}" ] || kill "$registry_pid" 2>/dev/null || true
}

# Asserts that directories are empty.
empty() { # DIR...
	local left

	left=$(find "$@" -mindepth 1 -maxdepth 1)
	[ -z "$left" ] || {
		echo "left: $left" >&2
		return 1
	}
}

# The name of the largest blob of a layout.
largest_blob() { # LAYOUT
	find "$1/blobs/sha256" -type f -printf '%s %f\n' | sort -rn | sed -n '1s/.* //p'
}
