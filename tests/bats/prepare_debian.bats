#!/usr/bin/env bats
# Real toolchains from real archives, installed by [packages] and used.

load helpers

# The base is made once; each test has it in a second store.
setup_file() {
	export LENDER=$BATS_FILE_TMPDIR/lender
	mkdir -p "$LENDER/run"
	env HOME="$LENDER" XDG_DATA_HOME="$LENDER" XDG_RUNTIME_DIR="$LENDER/run" \
		"$(bash -c 'load() { :; }; . "$1"; echo "$SANDBOX"' - "$BATS_TEST_DIRNAME/helpers.bash")" \
		image bootstrap debian:bookworm >"$LENDER/log" 2>&1 || {
		cat "$LENDER/log" >&2
		return 1
	}
}

setup() {
	sandbox_setup
	mkdir -p "$HOME/.config/sandbox"
	printf '[images]\nstores = %s\n' "$LENDER/sandbox" >"$HOME/.config/sandbox/sandbox.conf"
}

# A wheel of one module, hi, below the folder of that registry.
pip_package() { # [CONTENT]
	python3 - "${1:-hi}" <<-'PYTHON'
		import sys, zipfile, os
		os.makedirs("npm/simple/hi", exist_ok=True)
		name = "hi-1.0-py3-none-any.whl"
		with zipfile.ZipFile("npm/" + name, "w") as z:
		    z.writestr("hi.py", "hi = %r\n" % sys.argv[1])
		    z.writestr("hi-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hi\nVersion: 1.0\n")
		    z.writestr("hi-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
		    z.writestr("hi-1.0.dist-info/RECORD", "")
		open("npm/simple/hi/index.html", "w").write('<a href="/%s">%s</a>' % (name, name))
	PYTHON
}

# A registry on the loopback with one package, greet; sets NPM to its address.
npm_registry() {
	local port

	mkdir -p npm/package
	echo '{"name": "greet", "version": "1.0.0", "bin": "greet.js"}' >npm/package/package.json
	printf '#!/usr/bin/env node\nconsole.log("hello from", process.version.split(".")[0])\n' >npm/package/greet.js
	tar -C npm -czf npm/greet.tgz package
	port=$((20000 + RANDOM % 20000))
	NPM=http://127.0.0.1:$port
	cat >npm/greet <<-JSON
		{"name": "greet", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "greet", "version": "1.0.0",
		 "bin": {"greet": "greet.js"}, "dist": {"tarball": "$NPM/greet.tgz", "integrity": "sha512-$(openssl dgst -sha512 -binary npm/greet.tgz | base64 -w0)"}}}}
	JSON
	python3 -m http.server --bind 127.0.0.1 --directory npm "$port" >npm.log 2>&1 3>&- &
	npm_pid=$!
	wait_until 50 curl -s -o /dev/null "$NPM/greet"
}

teardown() {
	[ -z "${npm_pid-}" ] || kill "$npm_pid"
	sandbox_teardown
}

@test "a C project is built by a compiler that its file asks for; downloads are shared" {
	project c $'[sandbox]\nimage = debian:bookworm\nprofile = dev, c, apt\n[packages]\napt = gcc libc6-dev make'
	printf '#include <stdio.h>\nint main(void) { return puts("built") < 0; }\n' >c/hello.c
	sandbox enter --accept "$T/c" -- make hello 2>"$T/log" || {
		cat "$T/log" >&2
		return 1
	}
	[ "$(sandbox enter --accept "$T/c" -- ./hello)" = built ]
	[ "$(stat -c %u c/hello)" = "$(id -u)" ]
	ls "$XDG_DATA_HOME"/sandbox/caches/apt/gcc-12_*.deb
	# Lists of packages and downloads are no part of the layer.
	layer=$(echo "$XDG_DATA_HOME"/sandbox/layers/step-*)
	[ -e "$layer/usr/bin/gcc" ]
	[ -z "$(find "$layer/var/lib/apt/lists" "$layer/var/cache/apt" -type f 2>/dev/null)" ]
}

@test "a Python and a Node project have their tools and libraries, and nothing of each other's" {
	project py $'[sandbox]\nimage = debian:bookworm\nprofile = python\n[packages]\napt = python3-yaml'
	echo 'import yaml; print(yaml.safe_load("a: [1, 2]"))' >py/main.py
	[ "$(sandbox enter --accept --quiet "$T/py" -- python3 main.py)" = "{'a': [1, 2]}" ]
	npm_registry
	project js $'[sandbox]\nimage = debian:bookworm\nprofile = node\n[packages]\napt = npm\nnpm = greet@1.0.0\n[env]\nnpm_config_registry = '"$NPM"
	[ "$(sandbox enter --accept --quiet "$T/js" -- greet)" = 'hello from v18' ]
	run sandbox enter --accept --quiet "$T/js" -- python3 -c 'import yaml'
	[ "$status" != 0 ]
	run -127 sandbox enter --accept --quiet "$T/py" -- node --version
}

@test "a package that does not exist: which step, what apt said, and nothing half made" {
	project p $'[sandbox]\nimage = debian:bookworm\n[packages]\napt = no-such-package'
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'| E: Unable to locate package no-such-package'*'step 1 of 1 (apt: no-such-package) failed with status 100'* ]]
	[ -z "$(sandbox ls --names)" ]
	[ -z "$(find "$XDG_DATA_HOME/sandbox/layers" -name 'step-*')" ]
}

@test "a lock of real packages: the same set again from versions and hashes, for apt, pip and npm" {
	npm_registry
	pip_package
	project p $'[sandbox]\nimage = debian:bookworm\nprofile = apt\n[packages]\napt = npm python3-pip\nnpm = greet\npip = hi\n[env]\nnpm_config_registry = '"$NPM"$'\nPIP_INDEX_URL = '"$NPM/simple"
	sandbox lock --accept "$T/p" 2>"$T/log" || {
		cat "$T/log" >&2
		return 1
	}
	version=$(sandbox enter --accept --quiet "$T/p" -- dpkg-query -W -f '${Version}' nodejs)
	hash=$(sha256sum <"$XDG_DATA_HOME/sandbox/caches/apt/nodejs_${version}_amd64.deb")
	grep -xF "package apt nodejs:amd64 $version ${hash%% *}" p/sandbox.lock
	grep -xF "package npm greet 1.0.0 sha512-$(openssl dgst -sha512 -binary npm/greet.tgz | base64 -w0)" p/sandbox.lock
	hash=$(sha256sum <npm/hi-1.0-py3-none-any.whl)
	grep -xF "package pip hi 1.0 ${hash%% *}" p/sandbox.lock
	# Another machine: all layers of steps are gone, the lock is what there is.
	sandbox enter --accept --quiet "$T/p" -- dpkg-query -W >before
	sandbox rm --force p
	sandbox image prune 2>/dev/null
	sandbox enter --accept "$T/p" -- dpkg-query -W >after 2>"$T/log" || {
		cat "$T/log" >&2
		return 1
	}
	grep -q 'prepared 3/3' "$T/log"
	cmp before after
	[ "$(sandbox enter --accept --quiet "$T/p" -- greet)" = 'hello from v18' ]
	[ "$(sandbox enter --accept --quiet "$T/p" -- python3 -c 'import hi; print(hi.hi)')" = hi ]
	# Other bytes under the same version.
	sandbox rm --force p
	pip_package evil
	sandbox image prune 2>/dev/null
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'DO NOT MATCH THE HASHES'*'step 2 of 3 (pip: hi) failed'* ]]
}

@test "a Rust project is built by cargo of the image's packages, its downloads kept apart from the host" {
	project r $'[sandbox]\nimage = debian:bookworm\nprofile = dev, rust, apt\n[packages]\napt = cargo'
	mkdir -p r/src
	printf '[package]\nname = "hi"\nversion = "0.1.0"\nedition = "2021"\n' >r/Cargo.toml
	printf 'fn main() { println!("{:?}", (1..=5).rev().collect::<Vec<u8>>()); }\n#[test]\nfn adds() { assert_eq!(2 + 2, 4); }\n' >r/src/main.rs
	sandbox enter --accept "$T/r" -- cargo test --quiet 2>"$T/log" >"$T/out" || {
		cat "$T/log" "$T/out" >&2
		return 1
	}
	grep -q 'test result: ok. 1 passed' "$T/out"
	[ "$(sandbox enter --quiet "$T/r" -- cargo run --quiet)" = '[5, 4, 3, 2, 1]' ]
	[ ! -e "$HOME/.cargo" ]
}
