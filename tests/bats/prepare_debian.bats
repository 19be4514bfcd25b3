#!/usr/bin/env bats
# bats file_tags=debian,slowest
# Real packages from real archives, installed by [packages] into Debian's official image and used.

load helpers
load images

setup_file() {
	# Archives are slower than the limit allows for: a compiler alone may take a minute.
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 3))
}

setup() {
	sandbox_setup
	official debian
	# npm and pip need hundreds of packages
	official debian-managers
}

# A wheel with one module, hi, below the directory of that registry.
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

# A registry on loopback with one package, greet; sets NPM to its address.
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

@test "build: a C project is built offline by the compiler its file asks for; the same bytes again, and from the cache" {
	mkdir one two
	example build
	cp -r build one/
	mv build two/
	quietly as_told one/build
	[ "$(printf 'a\nb\n' | one/out/usr/local/bin/wc-lines 2>said)" = 2 ]
	[ "$(cat said)" = 'built on Jan  1 1980' ]
	[ "$(stat -c %u one/out/usr/local/bin/wc-lines)" = "$(id -u)" ]
	# Downloads are shared; neither they nor the lists of packages are part of the layer.
	ls "$XDG_DATA_HOME"/sandbox/caches/apt/gcc-12_*.deb
	layer=$(echo "$XDG_DATA_HOME"/sandbox/layers/step-*)
	[ -e "$layer/usr/bin/gcc" ]
	says_nothing find "$layer/var/lib/apt/lists" "$layer/var/cache/apt" -type f 2>/dev/null
	# Another directory, another box, every file compiled again: the result is the same bytes.
	sed -i 's/^\[env\]/&\nCCACHE_RECACHE = yes/' two/build/sandbox.ini
	quietly as_told two/build
	diff -r one/out two/out
	# What was built in one box is not compiled again in the other.
	sed -i '/RECACHE/d' two/build/sandbox.ini
	sleep 1
	sandbox stop build build-2
	sandbox enter --quiet --accept ./two/build -- sh -c 'ccache -z && make clean && make' >"$T/log" 2>&1
	sandbox enter --quiet --accept ./two/build -- ccache --print-stats | grep -Px 'direct_cache_hit\t2'
	# And the build reaches neither the network nor what git would run.
	sandbox enter --quiet --accept ./two/build -- sh -c '[ "$(ls /sys/class/net)" = lo ] && ! touch .git/hooks/evil' 2>/dev/null
	[ ! -e two/build/.git/hooks/evil ]
}

@test "shared base: two projects of a team, one preparation; its layers are on disk once" {
	example shared-base
	quietly as_told shared-base/one
	[ "$(grep -c '^sandbox: preparing' "$T/log")" = 1 ]
	[ "$(cat shared-base/one/total)" = '300 EUR' ]
	# its own settings override those of the base
	[ "$(cat shared-base/two/report)" = $'lamp: 36 USD\ndesk: 90 USD' ]
	[ "$(find "$XDG_DATA_HOME/sandbox/layers" -maxdepth 1 -name 'step-*' | wc -l)" = 1 ]
	# Each box keeps its own changes, and nothing else: no program of the base.
	sandbox enter --quiet --root --accept ./shared-base/one -- sh -c 'echo mine >/opt/own'
	sandbox enter --quiet --accept ./shared-base/two -- test ! -e /opt/own
	says_nothing find "$XDG_DATA_HOME"/sandbox/boxes/*/upper -name 'jq*'
}

@test "a Python project and a Node project have their tools and libraries, and nothing of each other's" {
	project py $'[sandbox]\nimage = debian:bookworm\nprofile = python\n[packages]\napt = python3-yaml'
	echo 'import yaml; print(yaml.safe_load("a: [1, 2]"))' >py/main.py
	[ "$(sandbox enter --accept --quiet "$T/py" -- python3 main.py)" = "{'a': [1, 2]}" ]
	npm_registry
	project js $'[sandbox]\nimage = managers:1\nnetwork = host\nprofile = node\n[packages]\nnpm = greet@1.0.0\n[env]\nnpm_config_registry = '"$NPM"
	[ "$(sandbox enter --accept --quiet "$T/js" -- greet)" = 'hello from v18' ]
	run sandbox enter --accept --quiet "$T/js" -- python3 -c 'import yaml'
	[ "$status" != 0 ]
	run -127 sandbox enter --accept --quiet "$T/py" -- node --version
}

@test "a package that does not exist: the error names the step and apt's message, and nothing partial is left" {
	project p $'[sandbox]\nimage = debian:bookworm\n[packages]\napt = no-such-package'
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'| E: Unable to locate package no-such-package'*'step 1 of 1 (apt: no-such-package) failed with status 100'* ]]
	says_nothing sandbox ls --names
	says_nothing find "$XDG_DATA_HOME/sandbox/layers" -name 'step-*'
}

# Forgets what was prepared for p, as on a machine that only has its lock.
forget() {
	sandbox rm --force p
	sandbox image prune 2>/dev/null
}

@test "a lock of real apt packages: the same set again from versions and hashes" {
	project p $'[sandbox]\nimage = debian:bookworm\nprofile = apt\n[packages]\napt = jq'
	quietly sandbox lock --accept "$T/p"
	version=$(sandbox enter --accept --quiet "$T/p" -- dpkg-query -W -f '${Version}' jq)
	hash=$(sha256sum <"$XDG_DATA_HOME/sandbox/caches/apt/jq_${version}_amd64.deb")
	grep -xF "package apt jq:amd64 $version ${hash%% *}" p/sandbox.lock
	grep -q '^package apt libonig5:amd64 ' p/sandbox.lock
	sandbox enter --accept --quiet "$T/p" -- dpkg-query -W >before
	forget
	run -0 --separate-stderr sandbox enter --accept "$T/p" -- dpkg-query -W
	echo "$output" >after
	[[ $stderr = *'prepared 1/1'* ]]
	cmp before after
}

@test "a lock of an npm package: its version and hash, and the same again" {
	npm_registry
	project p $'[sandbox]\nimage = managers:1\nnetwork = host\n[packages]\nnpm = greet\n[env]\nnpm_config_registry = '"$NPM"
	quietly sandbox lock --accept "$T/p"
	grep -xF "package npm greet 1.0.0 sha512-$(openssl dgst -sha512 -binary npm/greet.tgz | base64 -w0)" p/sandbox.lock
	for _ in here elsewhere; do
		[ "$(sandbox enter --accept --quiet "$T/p" -- greet)" = 'hello from v18' ]
		forget
	done
}

@test "a lock of a pip package: its version and hash; other bytes under the same version are refused" {
	npm_registry
	pip_package
	project p $'[sandbox]\nimage = managers:1\nnetwork = host\n[packages]\npip = hi\n[env]\nPIP_INDEX_URL = '"$NPM/simple"
	quietly sandbox lock --accept "$T/p"
	hash=$(sha256sum <npm/hi-1.0-py3-none-any.whl)
	grep -xF "package pip hi 1.0 ${hash%% *}" p/sandbox.lock
	for _ in here elsewhere; do
		[ "$(sandbox enter --accept --quiet "$T/p" -- python3 -c 'import hi; print(hi.hi)')" = hi ]
		forget
	done
	pip_package evil
	run sandbox enter --accept "$T/p" -- true
	[ "$status" = 125 ]
	[[ $output = *'DO NOT MATCH THE HASHES'*'step 1 of 1 (pip: hi) failed'* ]]
}
