# Makefile - builds, checks and installs sandbox. `make help` lists the targets.
#
# Not recursive; one list of sources, sorted by directory. Each kind of build has its own tree (build,
# build/debug, build/san), laid out like an installation, so that the program finds its data the same
# way in all of them.

PREFIX  ?= /usr/local
DESTDIR ?=

CC         ?= cc
CLANG      ?= clang
PKG_CONFIG ?= pkg-config

ifeq ($(SAN),1)
B := build/san
else ifeq ($(DEBUG),1)
B := build/debug
else ifeq ($(COV),1)
B := build/coverage
else
B := build
endif
O   := $(B)/obj
GEN := $(B)/gen
BIN := $(B)/bin
LIB := $(B)/libexec/sandbox

# Flags -----------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wvla \
	-Wpointer-arith -Wwrite-strings -Wundef
CPPFLAGS += -D_GNU_SOURCE -Isrc -I$(GEN) -MMD -MP
LANGUAGE := -std=gnu17
OUR_CFLAGS := $(LANGUAGE) $(WARNINGS) -g
ifeq ($(WERROR),1)
OUR_CFLAGS += -Werror
endif

ifeq ($(SAN),1)
OUR_CFLAGS += -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fPIE \
	-Wno-format-truncation # gcc 12 sees null formats when it instruments
LINK_STATIC  := -fsanitize=address,undefined -pie
LINK_DYNAMIC := $(LINK_STATIC)
else ifeq ($(COV),1)
OUR_CFLAGS += -O0 -fPIE --coverage -fprofile-update=atomic
LINK_STATIC  := --coverage -static-pie
LINK_DYNAMIC := --coverage -pie
else
HARDEN  := -fstack-protector-strong -fPIE -ffunction-sections -fdata-sections
ifneq ($(filter x86_64 i%86,$(shell uname -m)),)
HARDEN  += -fcf-protection
endif
# A function that waits, as pid 1 does all the time, keeps the frames of its callers, but not the
# buffers of what they called before: those are in frames of their own.
FRAMES := -fno-inline-functions-called-once
ifeq ($(DEBUG),1)
OUR_CFLAGS += -Og $(HARDEN)
else
OUR_CFLAGS += -O2 $(HARDEN) $(FRAMES)
CPPFLAGS   += -D_FORTIFY_SOURCE=2
endif
LINK_HARDEN  := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections
# By size of alignment: large buffers are not between the small variables, which then share pages.
LINK_HARDEN  += -Wl,--sort-section=alignment
# Each start reads the relocations; packed, they have a hundredth of the size. Binutils before 2.38
# ignore the option.
LINK_STATIC  := $(LINK_HARDEN) -Wl,-z,pack-relative-relocs -static-pie
# What a start executes is together: the kernel maps 16 pages at each page fault.
LINK_ORDER   := -Wl,-T,
link_order   = $(addsuffix $(GEN)/$1_order.ld,$(LINK_ORDER))
LINK_DYNAMIC := $(LINK_HARDEN) -pie
endif

IMAGE_PACKAGES := libcrypto libisal libzstd liblzma jansson yaml-0.1

# Run once, and only if something is linked.
pkg_shared = $(or $(shell $(PKG_CONFIG) --libs $(1)),$(error no $(1): run `make deps`))
pkg_libs = $(or $(shell $(PKG_CONFIG) --static --libs $(1)),$(error no $(1): run `make deps`))
LIBS_SANDBOX = $(eval LIBS_SANDBOX := $(call pkg_libs,libcap inih libmd))$(LIBS_SANDBOX)
LIBS_GATEWAY = $(eval LIBS_GATEWAY := $(call pkg_libs,libcap libmd))$(LIBS_GATEWAY)
LIBS_SECCOMP = $(eval LIBS_SECCOMP := $(call pkg_libs,libseccomp))$(LIBS_SECCOMP)
LIBS_CMOCKA  = $(eval LIBS_CMOCKA := $(call pkg_libs,cmocka))$(LIBS_CMOCKA)
LIBS_ASK     = $(eval LIBS_ASK := $(call pkg_libs,readline))$(LIBS_ASK)
# sandbox-image links the launcher's libraries statically too: loading one takes 0.1 ms.
LIBS_IMAGE   = $(eval LIBS_IMAGE := -Wl,-Bstatic $(LIBS_SANDBOX) -Wl,-Bdynamic $(call pkg_shared,$(IMAGE_PACKAGES)))$(LIBS_IMAGE)

# Sources ---------------------------------------------------------------------------------------

# Bottom to top. HACKING.md describes them; tests/lint-layers checks what may include what.
ROOMS := base netpolicy config store net gateway launch \
	image/name image/store image/document image/layer image/registry image image/archive image/feature image/compose image/devcontainer build \
	box rootfs grant start changes prepare build/engine flow doctor \
	cli/ask cli cli/init cli/image cli/cmd main
MAINS := $(wildcard src/main/*.c) src/cli/console.c
# Of images the launcher needs only names, flat files and what a stack of layers shows. The rest, and
# the libraries it needs, is in sandbox-image.
IMAGE_NAMES := $(patsubst %,src/image/name/%.c,digest reference registry_name ref conf) \
	$(patsubst %,src/image/store/%.c,plan view)
# The policy is compiled into filters at build time; only the generator and the tests link it, and
# libseccomp.
POLICY := src/launch/seccomp_policy.c src/launch/seccomp_tree.c

SRC     := $(sort $(wildcard $(ROOMS:%=src/%/*.c)))
IMAGE   := $(filter-out $(IMAGE_NAMES),$(filter src/image/% src/build/% src/cli/image/%,$(SRC)))
# The launcher only speaks with it, and tries what it sets up.
GATEWAY_TRY := $(patsubst %,src/gateway/%.c,channel endpoint host_route listen netlink setup_link setup_nft)
GATEWAY := $(filter-out $(GATEWAY_TRY),$(filter src/gateway/%,$(SRC)))
COMMON  := $(filter-out $(MAINS) $(POLICY) $(IMAGE) $(GATEWAY),$(SRC))
# It has the command line's parser, and the tables of its own commands only.
IMAGE_PROGRAM := src/main/image_main.c $(IMAGE) src/cli/options.c src/cli/stderr_report.c src/cli/habits.c \
	src/cli/habits_table.c \
	src/cli/cmd/cmd_image.c \
	$(filter-out src/cli/%,$(COMMON))
BASE    := $(filter src/base/%,$(SRC))
SUDO    := $(wildcard src/main/sudo_*.c $(patsubst %,src/launch/%.c,client insist protocol request terminal)) $(BASE)
ASK     := src/main/ask_main.c src/base/word_split.c src/cli/console.c src/cli/console_words.c
objects  = $(patsubst src/%.c,$(O)/%.o,$(1))

PROGRAMS := $(if $(wildcard src/main/main.c),$(BIN)/sandbox) \
	$(if $(wildcard src/main/sudo_main.c),$(LIB)/sudo) \
	$(if $(wildcard src/main/ask_main.c),$(LIB)/sandbox-ask) \
	$(if $(wildcard src/main/image_main.c),$(LIB)/sandbox-image) \
	$(if $(wildcard src/main/gateway_main.c),$(LIB)/sandbox-gateway)
GENERATED := $(if $(wildcard src/main/seccomp_gen.c),$(GEN)/seccomp_filters.h $(GEN)/seccomp_names_table.h)
PROFILES  := $(wildcard profiles/*.ini)

UNIT  := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/programs/%.c,$(B)/tests/programs/%,$(wildcard tests/programs/*.c))
FUZZ  := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_SECONDS ?= 30

# For a make that we start: all processors, unless -j was given.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
MAKEFLAGS += --no-print-directory

# V=1 shows whole commands; otherwise a word and the target.
quiet = $(if $(filter 1,$(V)),,@printf '  %-5s %s\n' $(1) $@;)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help check test-programs coverage lint bench fuzz fault witness install uninstall deb deps enter clean

all: $(PROGRAMS) $(B)/share/sandbox/profiles ## build the programs (default); SAN=1, DEBUG=1, WERROR=1, V=1

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

# Programs --------------------------------------------------------------------------------------

$(O)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

$(O)/launch/seccomp.o $(O)/launch/seccomp_names.o: $(GENERATED)
# Embedded by .incbin, which is not in the dependency files.
$(O)/cli/cmd/cmd_completion.o: $(wildcard completions/*)

$(BIN)/sandbox: $(call objects,src/main/main.c $(COMMON)) $(GEN)/start_order.ld
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_STATIC) $(call link_order,start) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_SANDBOX)

# A linker script that adds to the usual one: the functions, and members of libraries, that bench/order found.
$(GEN)/%_order.ld: src/main/%_order
	@mkdir -p $(@D)
	$(call quiet,GEN)sed -e '1i SECTIONS { .text.start : {' -e '$$a } } INSERT BEFORE .text;' \
		-e 's/.*\.o$$/*lib*c.a:&(.text .text.*)/; t' -e 's/.*/*(.text.& .text.&.*)/' $< >$@

# Static, because it runs in images with any libc; therefore never with sanitizers.
ifeq ($(SAN),1)
$(LIB)/sudo: $(SUDO) $(call objects,$(SUDO))
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) -D_GNU_SOURCE -Isrc $(LANGUAGE) $(WARNINGS) -O1 -g -static $(CFLAGS) -o $@ $(SUDO)
else
$(LIB)/sudo: $(call objects,$(SUDO))
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_STATIC) $(LDFLAGS) -o $@ $^
endif

$(LIB)/sandbox-ask: $(call objects,$(ASK))
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_DYNAMIC) $(LDFLAGS) -o $@ $^ $(LIBS_ASK)

$(LIB)/sandbox-gateway: $(call objects,src/main/gateway_main.c $(filter src/gateway/% src/netpolicy/%,$(SRC)) $(BASE)) $(GEN)/gateway_order.ld
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_STATIC) $(call link_order,gateway) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS_GATEWAY)

$(LIB)/sandbox-image: $(call objects,$(IMAGE_PROGRAM))
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_DYNAMIC) $(LDFLAGS) -o $@ $^ $(LIBS_IMAGE)

$(B)/tools/seccomp_gen: $(call objects,src/main/seccomp_gen.c $(wildcard $(POLICY)) $(BASE))
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_DYNAMIC) $(LDFLAGS) -o $@ $^ $(LIBS_SECCOMP)

$(GEN)/seccomp_filters.h: $(B)/tools/seccomp_gen
	@mkdir -p $(@D)
	$(call quiet,GEN)$< > $@

$(GEN)/seccomp_names_table.h: $(B)/tools/seccomp_gen
	@mkdir -p $(@D)
	$(call quiet,GEN)$< --names > $@

# Profiles have the same path in the tree as in an installation.
$(B)/share/sandbox/profiles:
	@mkdir -p $(@D)
	$(call quiet,LN)ln -sfn $(if $(filter build,$(B)),,../)../../../profiles $@

# Tests -----------------------------------------------------------------------------------------

check: deps ## build and run all tests; SAN=1, STRICT=1 (a skip is a failure)
	$(MAKE) $(PARALLEL) all test-programs
	STRICT=$(STRICT) tests/run $(B)

test-programs: $(UNIT) $(TOOLS) $(B)/tests/fault/power_disk

# An archive, so that a test links only what it reaches.
$(O)/all.a: $(call objects,$(COMMON) $(GATEWAY) $(IMAGE) $(wildcard $(POLICY)))
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

$(B)/tests/unit/%: $(O)/tests/unit/%.o $(O)/all.a
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(LINK_DYNAMIC) $(LDFLAGS) -o $@ $^ $(LIBS_CMOCKA) $(LIBS_SECCOMP) $(LIBS_IMAGE)

$(O)/tests/%.o: tests/%.c $(GENERATED)
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(CPPFLAGS) $(OUR_CFLAGS) $(CFLAGS) -c -o $@ $<

# Programs that tests run inside boxes: static and without sanitizers, so that they run anywhere.
$(B)/tests/programs/probe: src/launch/protocol.c src/launch/protocol.h
$(B)/tests/programs/%: tests/programs/%.c
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) -D_GNU_SOURCE -Isrc $(LANGUAGE) $(WARNINGS) $(if $(filter 1,$(SAN)),-DSANITIZED) -O2 -static $(CFLAGS) -o $@ $(filter %.c,$^)

# Does not run in boxes, and needs fuse3.
$(B)/tests/fault/power_disk: tests/fault/power_disk.c
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) -D_GNU_SOURCE $(LANGUAGE) $(WARNINGS) -O2 $(CFLAGS) -o $@ $< $$(pkg-config --cflags --libs fuse3)

# COVERAGE_TESTS="unit tests/bats/run.bats" runs only these.
coverage: ## lines that the tests of a user run, by room; COVERAGE_TESTS=files
	$(MAKE) $(PARALLEL) COV=1 all test-programs
	tests/coverage build/coverage $(COVERAGE_TESTS)

bench: all ## measure against other launchers
	bench/start $(B)

fuzz: $(FUZZ) ## run each fuzz target for FUZZ_SECONDS (30)
	@for f in $(FUZZ); do \
		name=$${f##*/fuzz_}; \
		mkdir -p $(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name; \
		echo "fuzz $$name"; \
		$$f -max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=$(B)/fuzz/$$name- \
			$(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

# FAULT="--only pull --seed 1": see tests/fault/run --help.
fault: deps ## kill each command at each of its calls, fail each call, storms; FAULT=options
	$(MAKE) $(PARALLEL) all test-programs
	MODES=fault FAULT="$(FAULT)" tests/run $(B)

witness: deps ## multi-stage builds of each language beside buildah's (as root, 10 minutes)
	$(MAKE) $(PARALLEL) all
	tests/witness/run $(B)

# Compiled once for all targets.
FUZZ_CC = $(CLANG) -D_GNU_SOURCE -Isrc -I$(GEN) $(LANGUAGE) -g -O1 -fno-sanitize-recover=undefined

$(B)/fuzz/obj/%.o: src/%.c $(GENERATED)
	@mkdir -p $(@D)
	$(call quiet,CC)$(FUZZ_CC) -MMD -MP -fsanitize=fuzzer-no-link,address,undefined -c -o $@ $<

$(B)/fuzz/all.a: $(patsubst src/%.c,$(B)/fuzz/obj/%.o,$(COMMON) $(GATEWAY) $(IMAGE) $(wildcard $(POLICY)))
	@rm -f $@
	$(call quiet,AR)ar rcs $@ $^

$(B)/fuzz/%: tests/fuzz/%.c $(B)/fuzz/all.a
	@mkdir -p $(@D)
	$(call quiet,LINK)$(FUZZ_CC) -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS_SECCOMP) $(LIBS_IMAGE)

lint: all ## rooms, format, static analysis, shell, sizes; FILES=some of them
	tests/lint $(B) $(FILES)

# Installing ------------------------------------------------------------------------------------

PREFIX_DIR := $(DESTDIR)$(PREFIX)
BASH_COMPLETION := share/bash-completion/completions/sandbox
ZSH_COMPLETION  := share/zsh/site-functions/_sandbox
FISH_COMPLETION := share/fish/vendor_completions.d/sandbox.fish

install: all ## install below PREFIX (/usr/local), DESTDIR before it; never setuid
	install -d $(PREFIX_DIR)/bin $(PREFIX_DIR)/libexec/sandbox $(PREFIX_DIR)/share/sandbox/profiles
	install -m 0755 $(BIN)/sandbox $(PREFIX_DIR)/bin/sandbox
	install -m 0755 $(wildcard $(LIB)/*) $(PREFIX_DIR)/libexec/sandbox
	install -m 0644 $(PROFILES) $(PREFIX_DIR)/share/sandbox/profiles
	install -D -m 0644 profiles/apparmor/sandbox \
		$(PREFIX_DIR)/share/sandbox/profiles/apparmor/sandbox
	for page in man/*.[157]; do \
		[ ! -e "$$page" ] || install -D -m 0644 "$$page" \
			"$(PREFIX_DIR)/share/man/man$${page##*.}/$${page##*/}"; \
	done
	install -D -m 0644 completions/sandbox.bash $(PREFIX_DIR)/$(BASH_COMPLETION)
	install -D -m 0644 completions/_sandbox $(PREFIX_DIR)/$(ZSH_COMPLETION)
	install -D -m 0644 completions/sandbox.fish $(PREFIX_DIR)/$(FISH_COMPLETION)
	@# Prints what to set up by hand; a package (DESTDIR) has its own means.
	@[ -n "$(DESTDIR)" ] || case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; \
		*) echo "Add $(PREFIX)/bin to PATH." ;; esac
	@[ -n "$(DESTDIR)" ] || [ -e /usr/share/bash-completion/bash_completion ] || \
		echo "Completion in bash: install bash-completion, or add to ~/.bashrc: source <(sandbox completion bash)"
	@[ -n "$(DESTDIR)" ] || case "$(PREFIX)" in /usr | /usr/local) ;; \
		*) echo "Completion in zsh: add to ~/.zshrc, before compinit: fpath=($(PREFIX)/share/zsh/site-functions \$$fpath)" ;; esac

uninstall: ## remove what install put there
	rm -f $(PREFIX_DIR)/bin/sandbox $(PREFIX_DIR)/$(BASH_COMPLETION) \
		$(PREFIX_DIR)/$(ZSH_COMPLETION) $(PREFIX_DIR)/$(FISH_COMPLETION)
	rm -f $(patsubst man/%.1,$(PREFIX_DIR)/share/man/man1/%.1,$(wildcard man/*.1))
	rm -f $(patsubst man/%.5,$(PREFIX_DIR)/share/man/man5/%.5,$(wildcard man/*.5))
	rm -f $(patsubst man/%.7,$(PREFIX_DIR)/share/man/man7/%.7,$(wildcard man/*.7))
	rm -rf $(PREFIX_DIR)/libexec/sandbox $(PREFIX_DIR)/share/sandbox/profiles/apparmor
	rm -f $(PROFILES:%=$(PREFIX_DIR)/share/sandbox/%)
	@# With PREFIX=~/.local this is also the data directory, with all boxes: keep it.
	-@rmdir $(PREFIX_DIR)/share/sandbox/profiles $(PREFIX_DIR)/share/sandbox 2>/dev/null || :

man/box.svg: man/picture
	man/picture >$@

# In its own tree: flags and paths differ, and debian/ at the top is left to Debian.
deb: ## build a Debian package, build/deb/*.deb; needs debhelper and dh-apparmor
	rm -rf build/deb
	mkdir -p build/deb/sandbox
	tar -c --exclude=./build --exclude=./.git . | tar -x -C build/deb/sandbox
	cp -r packaging/debian build/deb/sandbox/debian
	cd build/deb/sandbox && env -u MAKEFLAGS dpkg-buildpackage --build=binary --no-sign --jobs=$(shell nproc)
	rm -rf build/deb/sandbox

# Getting started -------------------------------------------------------------------------------

deps: ## install what building and testing need (apt-get), if missing
	@.ci/deps

enter: ## install what building needs, build, and open a shell in a box of this directory
	@.ci/deps build
	@$(MAKE) $(PARALLEL) all
	@# Running this makefile means trusting the project. The shell's exit status is not make's. As root of the
	@# machine nested boxes are refused.
	@[ "$$(id -u)" != 0 ] || export SANDBOX_NESTED=no; $(BIN)/sandbox enter --accept . || [ $$? != 125 ]

# `make clean all` cleans first, with -j too.
ifneq ($(filter clean,$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif

clean: ## remove everything that was built
	rm -rf build

-include $(shell find $(O) $(B)/fuzz/obj -name '*.d' 2>/dev/null)
