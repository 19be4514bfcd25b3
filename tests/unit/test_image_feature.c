/*
 * test_image_feature.c - names, options and the order of Dev Container Features.
 *
 * The cases are facts of the specification (containers.dev, "Dev Container Features") and, for ties,
 * of its reference implementation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "image/feature/feature_document.h"
#include "image/feature/feature_gather.h"
#include "image/feature/feature_lock.h"
#include "image/feature/feature_order.h"

static void names(void **state)
{
	static const struct {
		const char *id, *resource, *version;
	} cases[] = {
		{"ghcr.io/devcontainers/features/node:1.2", "ghcr.io/devcontainers/features/node",
		 "1.2"},
		{"ghcr.io/Owner/Repo/Go", "ghcr.io/owner/repo/go", "latest"},
		{"localhost:5000/A/b:Tag", "localhost:5000/a/b", "Tag"},
		{"golang", "ghcr.io/devcontainers/features/go", "1"},
		{"maven", "ghcr.io/devcontainers/features/java", "1"},
		{"./tool", "/p/.devcontainer/tool", ""},
		{"../tool", "/p/tool", ""},
		{"https://h/devcontainer-feature-x.tgz", "https://h/devcontainer-feature-x.tgz",
		 ""},
		{"https://h/feature-x.tgz", NULL, NULL},
		{"http://h/devcontainer-feature-x.tgz", NULL, NULL},
		{"owner/repo/x", NULL, NULL},
		{"fish", NULL, NULL},
		{"/abs", NULL, NULL},
		{"", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_feature struct feature f = {0};
		struct err e;
		int r = feature_name(cases[i].id, NULL, "/p/.devcontainer", &f, &e);

		assert_int_equal(r == 0, cases[i].resource != NULL);
		if (r < 0)
			continue;
		assert_string_equal(f.resource, cases[i].resource);
		assert_string_equal(f.version, cases[i].version);
	}
}

static void options_become_variables(void **state)
{
	static const char text[] =
		"{\"id\": \"x\", \"options\": {\"version\": {\"default\": \"latest\"}, "
		"\"installZsh\": "
		"{\"default\": true}, \"some-thing.else\": {\"default\": \"a\"}, \"_1st\": "
		"{\"default\": \"b\"}, \"none\": {}}}";
	cleanup_feature struct feature f = {0};
	cleanup_strv struct strv got = {0}, unknown = {0};
	cleanup_free char *all = NULL;
	json_t *version = json_string("18");
	struct err e;

	(void)state;
	assert_int_equal(feature_name("./x", version, "/", &f, &e), 0);
	json_decref(version);
	json_object_set_new(f.given, "other", json_false());
	assert_int_equal(feature_document_read(text, strlen(text), "x", &f.doc, &e), 0);
	feature_document_options(f.doc, f.given, &got, &unknown);
	all = strv_join(&got, " ");
	assert_string_equal(all, "VERSION=18 INSTALLZSH=true SOME_THING_ELSE=a _ST=b OTHER=false");
	assert_int_equal(unknown.n, 1);
	assert_string_equal(unknown.v[0], "other");
}

/* A list of ids; each may be followed by the text of its document. */
static char *ordered(const char *const *ids, const char *const *override)
{
	cleanup_feature_list struct feature_list l = {.v = xcalloc(16, sizeof(*l.v))};
	cleanup_strv struct strv names = {0}, first = {0};
	struct err e;

	for (; *ids; ids++) {
		bool document = **ids == '{';
		const char *text = document ? *ids : "{\"id\": \"x\"}";
		struct feature *f = &l.v[l.n - document];

		if (!document) {
			assert_int_equal(feature_name(*ids, NULL, "/", f, &e), 0);
			l.n++;
		}
		json_decref(f->doc);
		assert_int_equal(feature_document_read(text, strlen(text), "x", &f->doc, &e), 0);
		strv_clear(&f->aliases);
		feature_document_aliases(f->doc, &f->aliases);
	}
	for (; override && *override; override++)
		strv_push(&first, *override);
	assert_int_equal(feature_order(&l, &first, "/", &e), 0);
	for (size_t i = 0; i < l.n; i++)
		strv_push(&names, l.v[i].id);
	return strv_join(&names, " ");
}

#define IDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_order(const char *const *ids, const char *const *override, const char *expected)
{
	cleanup_free char *got = ordered(ids, override);

	assert_string_equal(got, expected);
}

static void order(void **state)
{
	(void)state;
	check_order(IDS("r.io/b", "r.io/a", "./c"), NULL, "./c r.io/a r.io/b");
	/* Versions are compared as numbers; the newest is the one without any. */
	check_order(IDS("r.io/a", "r.io/a:1.10.0", "r.io/a:1.9.9", "r.io/a:2"), NULL,
		    "r.io/a:1.9.9 r.io/a:1.10.0 r.io/a:2 r.io/a");
	check_order(IDS("r.io/a", "{\"id\": \"a\", \"installsAfter\": [\"r.io/b\", \"r.io/z\"]}",
			"r.io/b:3", "r.io/c"),
		    NULL, "r.io/b:3 r.io/c r.io/a");
	/* By what it is called now, and was called before. */
	check_order(IDS("r.io/a", "{\"id\": \"a\", \"installsAfter\": [\"r.io/new\"]}", "r.io/old",
			"{\"id\": \"old\", \"currentId\": \"new\", \"legacyIds\": [\"old\"]}"),
		    NULL, "r.io/old r.io/a");
	/* Priorities choose among what may be installed, and nothing else. */
	check_order(IDS("r.io/a", "r.io/b", "r.io/c",
			"{\"id\": \"c\", \"installsAfter\": [\"r.io/b\"]}"),
		    IDS("r.io/c", "r.io/b"), "r.io/b r.io/c r.io/a");
	check_order(IDS("r.io/a", "r.io/b", "r.io/c"), IDS("r.io/c"), "r.io/c r.io/a r.io/b");
}

static void a_lock_says_what_it_lacks(void **state)
{
	static const char text[] =
		"{\"features\": {\"r.io/a:1\": {\"integrity\": \"sha256:x\", \"dependsOn\": "
		"[\"r.io/b\", \"./own\"]}}}";
	/* Ids are the same in upper case. */
	json_t *features = json_pack("{s:{}, s:{}, s:{}, s:{}}", "r.io/A:1", "r.io/c", "./d",
				     "ghcr.io/devcontainers/features/docker-in-docker");
	cleanup_strv struct strv missing = {0};
	cleanup_free char *all = NULL, *path = feature_lock_path("/p/.devcontainer.json");
	json_t *lock;
	struct err e;

	(void)state;
	assert_string_equal(path, "/p/.devcontainer-lock.json");
	assert_int_equal(feature_lock_parse(text, strlen(text), "it", &lock, &e), 0);
	feature_lock_missing(lock, features, &missing);
	all = strv_join(&missing, " ");
	assert_string_equal(all, "r.io/c r.io/b");
	json_decref(lock);
	json_decref(features);
	assert_int_equal(feature_lock_parse(" \n", 2, "it", &lock, &e), 0);
	json_decref(lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(options_become_variables),
		cmocka_unit_test(order),
		cmocka_unit_test(a_lock_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
