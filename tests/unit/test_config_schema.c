/*
 * test_config_schema.c - types of values, the schema's messages, expansion of variables.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "cli/overrides.h"
#include "config/env.h"
#include "config/mounts.h"
#include "config/schema.h"
#include "config/settings.h"
#include "config/value.h"

static void durations(void **state)
{
	static const struct {
		const char *text;
		long ms;
	} good[] = {{"10s", 10000}, {"500ms", 500}, {"2m", 120000},  {"1h", 3600000},
		    {"0", 0},	    {"0s", 0},	    {"forever", -1}, {"2147483647ms", INT_MAX}};
	static const char *const bad[] = {"",
					  "10",
					  "s",
					  "-1s",
					  "10 s",
					  "1d",
					  "1.5s",
					  "+1s",
					  "1000h",
					  "2147483648ms",
					  "99999999999999999999s"};
	long ms = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(value_duration(good[i].text, &ms));
		assert_int_equal(ms, good[i].ms);
	}
	ms = 42;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(value_duration(bad[i], &ms));
	assert_int_equal(ms, 42);
}

static void sizes(void **state)
{
	static const char *const bad[] = {"",	  "-1",	 "1X",	"1GB", ".",	  "1.2.3",
					  "0x10", "inf", "nan", "1e3", "8388608T"};
	unsigned long long n = 42;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(value_size(bad[i], &n));
	assert_int_equal(n, 42);
	assert_true(value_size("512", &n) && n == 512);
	assert_true(value_size("64k", &n) && n == 65536);
	assert_true(value_size("1.5G", &n) && n == 3ull << 29);
	assert_true(value_size("2T", &n) && n == 2ull << 40);
}

static void names(void **state)
{
	char name[65];

	(void)state;
	memset(name, 'a', 64);
	name[64] = '\0';
	assert_false(box_name_valid(name));
	name[63] = '\0';
	assert_true(box_name_valid(name));
	assert_true(box_name_valid("my.proj_2-x"));
	assert_false(box_name_valid(""));
	assert_false(box_name_valid("."));
	assert_false(box_name_valid("-x"));
	assert_false(box_name_valid("a/b"));
	assert_false(box_name_valid("a b"));
	assert_false(box_name_valid("a\n"));
	assert_true(value_env_name("_A1"));
	assert_false(value_env_name("1A"));
	assert_false(value_env_name("A-B"));
	assert_false(value_env_name(""));
}

static void sections(void **state)
{
#define NAME ", with lower-case letters, digits, '-' and '_'"
	static const char *const good[] = {"sandbox", "env",   "env:test", "mounts", "packages",
					   "run",     "ports", "limits",   "hooks",  "service db"};
	static const struct {
		const char *section;
		const char *message;
	} bad[] = {
		{"sandobx", "unknown section [sandobx], did you mean 'sandbox'?"},
		{"servcie db", "unknown section [servcie db], did you mean 'service'?"},
		{"quux", "unknown section [quux]"},
		{"", "unknown section []"},
		{"Env", "unknown section [Env], did you mean 'env'?"},
		{"env:", "bad variant '' in [env:]"},
		{"env:a b", "bad variant 'a b' in [env:a b]"},
		{"env test", "bad section [env test]: [env] takes no name"},
		{"mounts:x", "bad section [mounts:x]: [mounts] takes no name"},
		{"service", "bad section [service]: write [service NAME]" NAME},
		{"service ../x", "bad section [service ../x]: write [service NAME]" NAME},
		{"service:db", "bad section [service:db]: write [service NAME]" NAME},
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(schema_check_section(good[i], &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(schema_check_section(bad[i].section, &e), -ERR_USAGE);
		assert_string_equal(e.msg, bad[i].message);
	}
}

#define NAME_RULE                                                                        \
	"expected letters, digits, '_', '.' and '-', beginning with a letter or digit, " \
	"63 bytes at most"
#define TARGET_RULE "expected an absolute path in the box or '~/...', without '..', not '/'"

static void keys(void **state)
{
	static const struct {
		const char *section, *key, *value, *message;
	} bad[] = {
		{"sandbox", "imgae", "x",
		 "unknown key 'imgae' in [sandbox], did you mean 'image'?"},
		{"sandbox", "memory", "2G",
		 "unknown key 'memory' in [sandbox], it belongs in [limits]"},
		{"sandbox", "zzzzzz", "x", "unknown key 'zzzzzz' in [sandbox]"},
		{"sandbox", "name", "a/b", "bad value 'a/b' for name: " NAME_RULE},
		{"sandbox", "image",
		 "dir:", "bad value 'dir:' for image: expected a directory after 'dir:'"},
		{"sandbox", "image", "-x",
		 "bad value '-x' for image: expected 'host', 'dir:PATH' or an image's name"},
		{"sandbox", "network", "hots",
		 "bad value 'hots' for network: expected one of: gateway host none pasta, did you "
		 "mean 'host'?"},
		{"sandbox", "idmap", "subid",
		 "bad value 'subid' for idmap: not available yet, use one of: single"},
		{"sandbox", "linger", "10",
		 "bad value '10' for linger: expected a duration such as 10s, 500ms, 2m, or "
		 "forever"},
		{"sandbox", "root", "maybe", "bad value 'maybe' for root: expected yes or no"},
		{"sandbox", "project", "src",
		 "bad value 'src' for project: expected 'no' or an absolute path without '..', "
		 "not '/'"},
		{"sandbox", "project", "//",
		 "bad value '//' for project: expected 'no' or an absolute path without '..', "
		 "not '/'"},
		{"sandbox", "shell", "bin/sh",
		 "bad value 'bin/sh' for shell: expected an absolute path or a program's name"},
		{"env", "A-B", "x",
		 "bad key 'A-B' in [env]: expected a variable's name: letters, digits and '_'"},
		{"env:test", "A", "$(id)",
		 "bad value '$(id)' for A: '$' is not followed by a name: write '$NAME', "
		 "'${NAME}', "
		 "or '$$' for a dollar sign"},
		{"mounts", "data", "x", "bad key 'data' in [mounts]: " TARGET_RULE},
		{"mounts", "/", "x", "bad key '/' in [mounts]: " TARGET_RULE},
		{"mounts", "/a/../b", "x", "bad key '/a/../b' in [mounts]: " TARGET_RULE},
		{"mounts", "/d", "ro", NULL}, /* a directory called ro */
		{"mounts", "/d", "",
		 "bad value '' for /d: expected a directory, cache:NAME, volume:NAME, "
		 "text:MODE:TEXT or tmpfs"},
		{"mounts", "/d", "cache:../x",
		 "bad value 'cache:../x' for /d: bad name of a cache '../x'"},
		{"mounts", "/d", "src size=1G",
		 "bad value 'src size=1G' for /d: size= is for tmpfs only"},
		{"packages", "apt", "gcc -oAPT::x",
		 "bad value 'gcc -oAPT::x' for apt: '-oAPT::x' is an option, not a package"},
		{"packages", "atp", "gcc", "unknown key 'atp' in [packages], did you mean 'apt'?"},
		{"run", "first", "x",
		 "bad key 'first' in [run]: expected the step's number, 1 to 9999"},
		{"ports", "0", "80 443/udp", NULL},
		{"ports", "[::1]:80", "80/tcp", NULL},
		{"ports", "127.0.0.1:8000-8010/udp", "9000-9010/udp", NULL},
		{"ports", "80", "", "expected a port of the box after '80 ='"},
		{"ports", "65536", "80",
		 "bad port of the host '65536': expected a port, 1 to 65535, 'auto', or an address "
		 "before it: 127.0.0.1:8080"},
		{"ports", "::1:80", "80",
		 "bad port of the host '::1:80': expected a port, 1 to 65535, 'auto', or an "
		 "address before it: 127.0.0.1:8080"},
		{"ports", "80/udp", "0",
		 "bad port of the box '0': expected a port, 1 to 65535, with '/udp' if it is one"},
		{"ports", "80/udp", "80/tcp", "'80/udp' and '80/tcp' differ in their protocol"},
		{"ports", "8000-8010", "80", "11 ports of the host for 1 of the box"},
		{"ports", "8000-7000", "80",
		 "bad port of the host '8000-7000': expected a port, 1 to 65535, 'auto', or an "
		 "address before it: 127.0.0.1:8080"},
		{"ports", "80", "80 81",
		 "port '80' of the host is for one of the box, not for '80 81'"},
		{"limits", "memory", "2GB",
		 "bad value '2GB' for memory: expected a size such as 512M or 2G"},
		{"limits", "pids", "0", "bad value '0' for pids: expected a number, 1 to 4194304"},
		{"limits", "cpus", "two",
		 "bad value 'two' for cpus: expected a number of CPUs such as 2 or 0.5"},
		{"hooks", "entre", "x", "unknown key 'entre' in [hooks], did you mean 'enter'?"},
		{"service db", "imaeg", "x",
		 "unknown key 'imaeg' in [service db], did you mean 'image'?"},
	};
	const struct schema_key *row;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		int r = schema_check(bad[i].section, bad[i].key, bad[i].value, &row, &e);

		assert_int_equal(r, bad[i].message ? -ERR_USAGE : 0);
		if (bad[i].message)
			assert_string_equal(e.msg, bad[i].message);
	}
}

#define ROW "[%s] %s: "

/* Policy, consent and drift have no lists of their own: every row must say all of it. */
static void rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];
		bool opens = row->asked != ASKED_NEVER;

		if (!row->section || !row->key || !row->help)
			fail_msg("row %zu has no section, key or help", i);
		if (schema_find(row->section, row->key) != row)
			fail_msg(ROW "there are two", row->section, row->key);
		if (!row->acts)
			fail_msg(ROW "when does it act?", row->section, row->key);
		if (!row->asked)
			fail_msg(ROW "how is a project asked about it?", row->section, row->key);
		if (opens && !row->reaches && row->asked != ASKED_MOUNT &&
		    row->asked != ASKED_THERE)
			fail_msg(ROW "how far does it reach?", row->section, row->key);
		if (opens && !row->deny)
			fail_msg(ROW "can a policy deny it?", row->section, row->key);
		if (row->acts == ACTS_START_AND_SESSION && !schema_closed(row))
			fail_msg(ROW "what does a session get?", row->section, row->key);
		if ((row->type == SCHEMA_WORD) != (row->words != NULL))
			fail_msg(ROW "which words?", row->section, row->key);
	}
}

/* The table's own defaults pass its checks, and so do the values that open nothing. */
static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i], *found;
		const char *values[] = {row->value, schema_closed(row)};
		struct err e;

		for (size_t j = 0; j < ARRAY_SIZE(values); j++)
			if (values[j])
				assert_int_equal(
					schema_check(row->section, row->key, values[j], &found, &e),
					0);
	}
}

/* NETWORK_CHOICES, which options and completion use, must equal the row's words. */
static void network_words(void **state)
{
	cleanup_strv struct strv words = {0};
	cleanup_strv struct strv choices = {0};

	(void)state;
	value_words(schema_keys[KEY_NETWORK].words, &words);
	value_words(NETWORK_CHOICES, &choices);
	for (size_t i = 0; i < choices.n; i++)
		assert_true(strv_has(&words, choices.v[i]));
	assert_int_equal(choices.n, words.n);
}

static void expansion(void **state)
{
	static const struct {
		const char *text, *result;
	} good[] = {
		{"", ""},	    {"plain", "plain"},	 {"$A", "1"},	 {"${A}B", "1B"},
		{"$AB", ""},	    {"$A$A/$A", "11/1"}, {"$$A", "$A"},	 {"${NONE}x", "x"},
		{"a$$$$b", "a$$b"}, {"$A-$E.", "1-."},	 {"~/x", "~/x"},
	};
	static const char *const bad[] = {"$",	"a$",  "${",	 "${}",	 "${A",
					  "$1", "$ A", "${A-b}", "$(x)", "${$}"};
	cleanup_strv struct strv env = {0};
	struct err e;

	(void)state;
	env_set(&env, "A", "1");
	env_set(&env, "E", "");
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		cleanup_free char *result = NULL;

		assert_int_equal(env_expand(good[i].text, &env, &result, &e), 0);
		assert_string_equal(result, good[i].result);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char *result = NULL;

		assert_true(env_expand(bad[i], &env, &result, &e) < 0);
		assert_null(result);
	}
	env_set(&env, "A", "2");
	assert_int_equal(env.n, 2);
	assert_string_equal(env_get(&env, "A"), "2");
	assert_null(env_get(&env, "AA"));
}

/* A = $A$A, repeated, ends in an error and does not use up the memory. */
static void expansion_bomb(void **state)
{
	cleanup_strv struct strv env = {0};
	struct err e;
	int r = 0;

	(void)state;
	env_set(&env, "A", "x");
	for (int i = 0; i < 64 && r == 0; i++) {
		cleanup_free char *result = NULL;

		r = env_expand("$A$A", &env, &result, &e);
		if (r == 0)
			env_set(&env, "A", result);
	}
	assert_int_equal(r, -ERR_USAGE);
	assert_string_equal(e.msg, "the value grows beyond 128 KiB");
}

static void mount_values(void **state)
{
	static const struct {
		const char *text;
		struct mount_value m;
	} good[] = {
		{"../data", {MOUNT_SETTING_BIND, (char *)"../data", false, 0, false, false, 0}},
		{"../my data ro",
		 {MOUNT_SETTING_BIND, (char *)"../my data", true, 0, false, false, 0}},
		{"/data ro rw",
		 {MOUNT_SETTING_BIND, (char *)"/data ro", false, 0, false, false, 0}},
		{"/data rw ro ",
		 {MOUNT_SETTING_BIND, (char *)"/data rw", true, 0, false, false, 0}},
		{"ro", {MOUNT_SETTING_BIND, (char *)"ro", false, 0, false, false, 0}},
		{"cache:ccache ro",
		 {MOUNT_SETTING_CACHE, (char *)"ccache", true, 0, false, false, 0}},
		{"tmpfs", {MOUNT_SETTING_TMPFS, NULL, false, 0, false, false, 0}},
		{"tmpfs size=1G ro", {MOUNT_SETTING_TMPFS, NULL, true, 1 << 30, false, false, 0}},
		{"tmpfs size=1", {MOUNT_SETTING_TMPFS, NULL, false, 1, false, false, 0}},
		{"../data overlay",
		 {MOUNT_SETTING_BIND, (char *)"../data", false, 0, true, false, 0}},
		{"./tmpfs", {MOUNT_SETTING_BIND, (char *)"./tmpfs", false, 0, false, false, 0}},
		{"./a create", {MOUNT_SETTING_BIND, (char *)"./a", false, 0, false, true, 0}},
		{"./a ro create ", {MOUNT_SETTING_BIND, (char *)"./a", true, 0, false, true, 0}},
		{"./a create rw",
		 {MOUNT_SETTING_BIND, (char *)"./a create", false, 0, false, false, 0}},
		{"./a create create",
		 {MOUNT_SETTING_BIND, (char *)"./a create", false, 0, false, true, 0}},
		{"create", {MOUNT_SETTING_BIND, (char *)"create", false, 0, false, false, 0}},
		{"text:0440:", {MOUNT_SETTING_TEXT, (char *)"", true, 0, false, false, 0440}},
		{"text:644:a: b\n ro",
		 {MOUNT_SETTING_TEXT, (char *)"a: b\n ro", true, 0, false, false, 0644}},
		{"./recreate",
		 {MOUNT_SETTING_BIND, (char *)"./recreate", false, 0, false, false, 0}},
	};
	static const char *const bad[] = {"text:",    "text:x",	     "text:0444",
					  "text::x",  "text:-1:x",   "text:4755:x",
					  "text:9:x", "text: 444:x", "tmpfs create"};
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct mount_value m;

		assert_int_equal(mount_value_parse(good[i].text, &m, &e), 0);
		assert_int_equal(m.kind, good[i].m.kind);
		assert_int_equal(m.overlay, good[i].m.overlay);
		assert_int_equal(m.create, good[i].m.create);
		assert_int_equal(m.read_only, good[i].m.read_only);
		assert_int_equal(m.size, good[i].m.size);
		assert_int_equal(m.mode, good[i].m.mode);
		assert_int_equal(m.source == NULL, good[i].m.source == NULL);
		if (m.source)
			assert_string_equal(m.source, good[i].m.source);
		free(m.source);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct mount_value m;

		assert_int_equal(mount_value_parse(bad[i], &m, &e), -ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations),	cmocka_unit_test(sizes),
		cmocka_unit_test(names),	cmocka_unit_test(sections),
		cmocka_unit_test(keys),		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(table),	cmocka_unit_test(network_words),
		cmocka_unit_test(expansion),	cmocka_unit_test(expansion_bomb),
		cmocka_unit_test(mount_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
