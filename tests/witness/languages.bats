#!/usr/bin/env bats
# Multi-stage builds of each language by `sandbox image build` beside those by buildah, for the
# Dockerfiles in tests/data/dockerfiles/languages. Both start from one image with all compilers, so
# the steps are compared and nothing is fetched. `make witness` runs this; `make check` does not,
# because that image alone takes longer than all of build_witness.bats.

load ../bats/helpers
load ../bats/images
load ../bats/witness

setup() {
	sandbox_setup
	(
		umask 022
		sources "$T/context"
	)
	mkdir -p "$BATS_FILE_TMPDIR/layers"
	cd "$T/context" || return
	base debian-compilers compilers:1
}

# What the Dockerfiles build. None of it needs the network.
sources() { # DIR
	mkdir -p "$1"/{c,python/greet,node/dep,go/part,rust/src,rust/part/src,java/app}
	cd "$1" || return
	cat >c/Makefile <<-'END'
		.RECIPEPREFIX := >
		CFLAGS = -O2 -g0
		all: static shared libpart.a
		libpart.so: part.c
		>$(CC) $(CFLAGS) -fPIC -shared -Wl,-soname,libpart.so.1 -o $@ $<
		part.o: part.c
		libpart.a: part.o
		>$(AR) rcD $@ $<
		static: main.c libpart.a
		>$(CC) $(CFLAGS) -static -o $@ $^
		shared: main.c libpart.so
		>$(CC) $(CFLAGS) -o $@ main.c -L. -l:libpart.so '-Wl,-rpath,$$ORIGIN/../lib'
		install: all
		>install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib
		>install -m 2755 static $(DESTDIR)$(PREFIX)/bin
		>install shared $(DESTDIR)$(PREFIX)/bin
		>install -m 644 libpart.so $(DESTDIR)$(PREFIX)/lib/libpart.so.1
		>ln -s libpart.so.1 $(DESTDIR)$(PREFIX)/lib/libpart.so
		>ln $(DESTDIR)$(PREFIX)/bin/static $(DESTDIR)$(PREFIX)/bin/same
		check: install
		>$(DESTDIR)$(PREFIX)/bin/shared
		>./static
	END
	printf '#include <stdio.h>\nint part(void);\nint main(void) { return printf("%%d\\n", part()) < 0; }\n' >c/main.c
	echo 'int part(void) { return 42; }' >c/part.c

	printf 'from setuptools import setup\nsetup(name="greet", version="1", packages=["greet"], entry_points={"console_scripts": ["greet=greet:main"]})\n' >python/setup.py
	printf 'def main():\n    print("hello")\n' >python/greet/__init__.py
	echo 'x = 1' >python/greet/late.py && echo 'y = 2' >python/greet/data.py

	echo '{"name": "dep", "version": "1.0.0", "bin": {"dep": "cli.js"}, "main": "cli.js"}' >node/dep/package.json
	printf '#!/usr/bin/env node\nmodule.exports = () => "dep";\n' >node/dep/cli.js
	echo '{"name": "app", "version": "1.0.0", "dependencies": {"dep": "file:dep-1.0.0.tgz"}}' >node/package.json
	echo 'console.log(require("dep")());' >node/index.js

	printf 'module example.org/server\n\ngo 1.19\n' >go/go.mod
	printf 'package part\n\n// Text is said.\nfunc Text() string { return "hello\\n" }\n' >go/part/part.go
	printf 'package main\n\nimport (\n\t"os"\n\n\t"example.org/server/part"\n)\n\nfunc main() {\n\tif err := os.WriteFile(os.Args[1], []byte(part.Text()), 0o640); err != nil {\n\t\tpanic(err)\n\t}\n}\n' >go/main.go

	printf '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\npart = { path = "part" }\n' >rust/Cargo.toml
	printf 'version = 3\n\n[[package]]\nname = "hello"\nversion = "0.1.0"\ndependencies = [\n "part",\n]\n\n[[package]]\nname = "part"\nversion = "0.1.0"\n' >rust/Cargo.lock
	printf '[package]\nname = "part"\nversion = "0.1.0"\nedition = "2021"\n' >rust/part/Cargo.toml
	echo 'pub fn text() -> &'"'"'static str { "hello" }' >rust/part/src/lib.rs
	echo 'fn main() { println!("{}", part::text()); }' >rust/src/main.rs

	echo 'public class Hello { public static void main(String[] a) { System.out.println(app.Part.text()); } }' >java/Hello.java
	printf 'package app;\npublic class Part { public static String text() { return "hello"; } }\n' >java/app/Part.java
}

# bats test_tags=busybox
@test "C: make install into scratch, static and shared, hard links and set-id bits" {
	base busybox busybox:1
	same languages/c
}

@test "Python: an environment is copied to another stage and its user" {
	same languages/python
}

@test "Node: a package of a tarball, links of .bin, --chown onto a directory of WORKDIR" {
	same languages/node
}

@test "Go: one static program on scratch, a cache, a user by name" {
	same languages/go
}

# bats test_tags=debian-slim
@test "Rust: dependencies first, then the program, to a slim image" {
	base debian-slim debian:bookworm-slim
	same languages/rust
}

# bats test_tags=debian-slim
@test "Java: a JAR, and a JRE made by jlink with an archive of classes" {
	base debian-slim debian:bookworm-slim
	same languages/java
}
