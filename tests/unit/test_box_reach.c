/* Consent: what the schema does not call harmless needs consent, whatever key it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/mounts.h"
#include "config/schema.h"
#include "grant/reach.h"

static int note(const char *project, const struct strv *lines, bool first, void *arg, struct err *e)
{
	struct strv *out = arg;

	(void)project;
	(void)first;
	(void)e;
	for (size_t i = 0; i < lines->n; i++)
		strv_push(out, lines->v[i]);
	return 0;
}

/* A value with which the key opens something. */
static const char *sample(const struct schema_key *row)
{
	static const char *const special[N_KEYS] = {
		[KEY_IMAGE] = "registry.example.com/a",
		[KEY_DOTFILES] = "/etc",
		[KEY_SECRETS] = "/etc/passwd",
		[KEY_DISPLAY] = "x11",
		[KEY_HOME] = "host",
		[KEY_DEVICES] = "fuse",
		[KEY_NETWORK] = "host",
		[KEY_NETWORK_ALLOW] = "a.test",
		[KEY_MOUNTS] = "/etc",
		[KEY_SERVICE_ENV_FILE] = "/etc/passwd",
	};
	size_t id = (size_t)(row - schema_keys);

	if (special[id])
		return special[id];
	return row->type == SCHEMA_BOOL ? "yes" : "80";
}

/* What a project that only sets this key asks for. */
static void asked_for(const struct schema_key *row, const char *value, struct strv *out)
{
	struct setting st = {.row = row,
			     .section = (char *)row->section,
			     .key = (char *)(row == &schema_keys[KEY_PORTS] ? "80"
					     : streq(row->key, "*")	    ? "/key"
									    : row->key),
			     .value = (char *)value,
			     .source = (char *)"sandbox.ini:1",
			     .dir = (char *)"/nowhere"};
	struct settings s = {.v = &st, .n = 1, .project_dir = (char *)"/nowhere"};
	struct reach_asker asker = {.ask = note, .arg = out};
	cleanup_strv struct strv granted = {0};
	struct err e;

	assert_int_equal(reach_ask(NULL, &s, "/home/x", &asker, &granted, &e), 0);
	mount_sources_free(s.mounts, s.n_mounts);
}

static void test_every_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];
		cleanup_strv struct strv lines = {0};

		/* Each of its environments is an image, which needs consent when it is used. */
		if (row->asked == ASKED_THERE)
			continue;
		asked_for(row, sample(row), &lines);
		if ((lines.n > 0) == (row->asked == ASKED_NEVER))
			fail_msg("[%s] %s = %s: asked for %zu times", row->section, row->key,
				 sample(row), lines.n);
	}
}

static void test_closed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];
		cleanup_strv struct strv lines = {0};

		if (!schema_closed(row))
			continue;
		asked_for(row, schema_closed(row), &lines);
		assert_int_equal(lines.n, 0);
	}
}

static void test_images(void **state)
{
	static const struct {
		const char *image, *line;
	} cases[] = {
		{"host", NULL},
		{"debian:bookworm", NULL},
		{"docker.io/library/debian", NULL},
		{"registry.example.com/a:1", "image = registry.example.com/a:1"},
		{"localhost:1/a", "image = localhost:1/a"},
		{"dir:/etc", "image = dir:/etc"},
		{"dir:/proc/../etc/.", "image = dir:/etc"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_strv struct strv lines = {0};

		asked_for(&schema_keys[KEY_IMAGE], cases[i].image, &lines);
		assert_int_equal(lines.n, cases[i].line ? 1 : 0);
		if (cases[i].line)
			assert_string_equal(lines.v[0], cases[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
