#!/usr/bin/env bats
# bats file_tags=debian,slowest
# Compilers of Debian's packages, installed by [packages] into its official image: a project is built
# and tested.

load helpers
load images

setup_file() {
	# Archives are slower than the limit allows for: a compiler alone may take a minute.
	export BATS_TEST_TIMEOUT=$((${BATS_TEST_TIMEOUT:-120} * 3))
}

setup() {
	sandbox_setup
	official debian
}

@test "a Rust project is built by cargo of the image's packages, its downloads kept apart from the host" {
	project r $'[sandbox]\nimage = debian:bookworm\nprofile = dev, rust, apt\n[packages]\napt = cargo'
	mkdir -p r/src
	printf '[package]\nname = "hi"\nversion = "0.1.0"\nedition = "2021"\n' >r/Cargo.toml
	printf 'fn main() { println!("{:?}", (1..=5).rev().collect::<Vec<u8>>()); }\n#[test]\nfn adds() { assert_eq!(2 + 2, 4); }\n' >r/src/main.rs
	quietly sandbox enter --accept "$T/r" -- cargo test --quiet --offline
	grep -q 'test result: ok. 1 passed' "$T/log"
	[ "$(sandbox enter --quiet "$T/r" -- cargo run --quiet --offline)" = '[5, 4, 3, 2, 1]' ]
	[ ! -e "$HOME/.cargo" ]
}

@test "a Go project is built and tested by the compiler of the image's packages, from its own sources alone" {
	project g $'[sandbox]\nimage = debian:bookworm\nprofile = dev, go, apt\n[packages]\napt = golang-go\n[env]\nGOPROXY = off\nCGO_ENABLED = 0'
	mkdir g/sum
	printf 'module example.com/hi\n\ngo 1.19\n' >g/go.mod
	printf 'package sum\n\nfunc Of(n ...int) (s int) {\n\tfor _, i := range n {\n\t\ts += i\n\t}\n\treturn\n}\n' >g/sum/sum.go
	printf 'package sum\n\nimport "testing"\n\nfunc TestOf(t *testing.T) {\n\tif Of(2, 2) != 4 {\n\t\tt.Fail()\n\t}\n}\n' >g/sum/sum_test.go
	printf 'package main\n\nimport "example.com/hi/sum"\n\nfunc main() {\n\tprintln(sum.Of(1, 2, 3))\n}\n' >g/main.go
	quietly sandbox enter --accept "$T/g" -- go test ./...
	grep -q '^ok .*example.com/hi/sum' "$T/log"
	[ "$(sandbox enter --quiet "$T/g" -- sh -c 'go build -o hi && ./hi 2>&1')" = 6 ]
	[ "$(stat -c %u g/hi)" = "$(id -u)" ]
	# What was compiled is in the cache that projects share, and not in the host's home.
	[ -n "$(ls "$XDG_DATA_HOME/sandbox/caches/go-build")" ]
	[ ! -e "$HOME/go" ]
}
