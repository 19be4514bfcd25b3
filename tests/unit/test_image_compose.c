/*
 * test_image_compose.c - variables, files of variables, and the merge of compose files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "image/compose/compose.h"
#include "image/devcontainer/composing.h"

static const char *host(void *arg, const char *name, bool *ret_tells)
{
	(void)arg;
	*ret_tells = !streq(name, "HOME");
	return streq(name, "SECRET")  ? "s3"
	       : streq(name, "EMPTY") ? ""
	       : streq(name, "HOME")  ? "/home/me"
				      : NULL;
}

static void variables(void **state)
{
	static const struct {
		const char *text, *value; /* NULL: refused */
	} all[] = {
		{"$HOME/${HOME}x", "/home/me//home/mex"},
		{"${NO:-d} ${NO-d} ${EMPTY:-d} ${EMPTY-d}", "d d d "},
		{"${NO:+r}|${HOME:+r$EMPTY}|${EMPTY+r}|${EMPTY:+r}", "|r|r|"},
		{"${A:-${B:-${HOME}}}", "/home/me"},
		{"${A:-{\"a\": 1}", "{\"a\": 1"},
		{"$$x $${HOME} a$$", "$x ${HOME} a$"},
		{"${HOME:?m}${HOME?m}", "/home/me/home/me"},
		{"${NO}|$NO", "|"},
		{"${EMPTY:?why}", NULL},
		{"${NO?why}", NULL},
		{"${localEnv:HOME}", NULL},
		{"${HOME", NULL},
		{"$(x)", "$(x)"},
		{"$1", "$1"},
		{"a$", "a$"},
		{"${}", NULL},
	};
	struct values v = {.host = host};
	cleanup_strv struct strv names = {0};
	cleanup_buf struct buf secret = BUF_INIT;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		cleanup_buf struct buf out = BUF_INIT;
		int r = values_expand(&v, all[i].text, &out, &names, &e);

		assert_int_equal(r, all[i].value ? 0 : -ERR_USAGE);
		if (r == 0)
			assert_string_equal(out.data, all[i].value);
	}
	assert_int_equal(names.n, 0);
	assert_true(strv_has(&v.unset, "NO"));
	assert_int_equal(values_expand(&v, "${A:-$SECRET}", &secret, &names, &e), 0);
	assert_string_equal(names.v[0], "SECRET");
	values_clear(&v);
}

static void files_of_variables(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# c\n\n export A = one # c\nB=\"two $A\\n#\" # c\nC='$A\nx'\n"
		"D=a#b\r\nE: y\nSECRET\nNO\nF=\nG=$SECRET\nA=${A}s";
	static const char *const all[] = {"A", "ones", "B", "two one\n#", "C",	    "$A\nx",
					  "D", "a#b",  "E", "y",	  "SECRET", "s3",
					  "F", "",     "G", "s3"};
	cleanup_node_pool struct node_pool pool = {0};
	struct values v = {.host = host};
	struct node at = {.file = "f", .dir = "/", .line = 1};
	struct node *map = node_new(&pool, NODE_MAP, &at);
	struct err e;

	(void)state;
	assert_int_equal(values_read_file(&v, &pool, text, &at, map, &e), 0);
	assert_int_equal(map->n, ARRAY_SIZE(all) / 2);
	for (size_t i = 0; i < ARRAY_SIZE(all); i += 2)
		assert_string_equal(node_text(map, all[i]), all[i + 1]);
	assert_int_equal(node_get(map, "E")->line, 8);
	assert_string_equal(node_get(map, "G")->names.v[0], "SECRET");
	assert_int_equal(values_read_file(&v, &pool, "A=1\n\nB=${", &at, map, &e), -ERR_USAGE);
	assert_non_null(strstr(e.msg, "f:3: "));
	assert_int_equal(values_read_file(&v, &pool, "=1", &at, map, &e), -EBADMSG);
	values_clear(&v);
}

/* Files by their names. */
static const char *const files[][2] = {
	{"/p/a.yml",
	 "x-e: &e {A: 1, B: 1}\nservices:\n  app:\n    build: .\n    environment: {<<: *e, B: 2}\n"
	 "    command: [a, b]\n    ports: [1, 2]\n    volumes: [./a:/a]\n    depends_on: [db]\n"
	 "    env_file: x\n    user: me\n    healthcheck: {test: [CMD, x], retries: 1}\n"
	 "  db: {extends: {file: sub/base.yml, service: base}}\n"},
	{"/p/b.yml",
	 "services:\n  app:\n    build: {target: t, args: [X=1]}\n    environment: [C=3, B]\n"
	 "    command: c\n    ports: [3]\n    user: !reset null\n    env_file: [y]\n"
	 "    healthcheck: {test: z}\n    depends_on: {db: {condition: c}}\n"},
	{"/p/sub/base.yml",
	 "services: {base: {extends: root, volumes: [./d:/d]}, root: {image: i}}"},
	{"/p/.env", "COMPOSE_PROJECT_NAME=shop"},
};

static int read_file(void *arg, const char *path, struct buf *out, struct err *e)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (streq(files[i][0], path)) {
			buf_addstr(out, files[i][1]);
			return 0;
		}
	return err_set(e, ENOENT, "no '%s'", path);
}

static void merge(void **state)
{
	static const struct compose_source source = {.read = read_file, .host = host};
	cleanup_compose struct compose c = {0};
	cleanup_strv struct strv list = {0};
	const struct node *app, *db;
	struct err e;

	(void)state;
	strv_push(&list, "/p/a.yml");
	strv_push(&list, "/p/b.yml");
	assert_int_equal(compose_load(&c, &source, &list, &e), 0);
	assert_string_equal(c.name, "shop");
	app = node_get(node_get(c.root, "services"), "app");
	db = node_get(node_get(c.root, "services"), "db");
	assert_string_equal(node_text(node_get(app, "build"), "context"), ".");
	assert_string_equal(node_text(node_get(app, "build"), "target"), "t");
	assert_string_equal(node_text(node_get(node_get(app, "build"), "args"), "X"), "1");
	assert_string_equal(node_text(node_get(app, "environment"), "A"), "1");
	/* without a value it is no more than a wish */
	assert_string_equal(node_text(node_get(app, "environment"), "B"), "2");
	assert_string_equal(node_text(node_get(app, "environment"), "C"), "3");
	assert_string_equal(node_text(app, "command"), "c");
	assert_int_equal(node_get(app, "ports")->n, 3);
	assert_int_equal(node_get(app, "ports")->v[2].value->line, 6);
	assert_int_equal(node_get(app, "env_file")->n, 2);
	assert_null(node_get(app, "user"));
	assert_string_equal(node_text(node_get(app, "healthcheck"), "test"), "z");
	assert_string_equal(node_text(node_get(app, "healthcheck"), "retries"), "1");
	assert_string_equal(node_text(node_get(node_get(app, "depends_on"), "db"), "condition"),
			    "c");
	assert_string_equal(node_text(db, "image"), "i");
	assert_string_equal(node_get(db, "volumes")->v[0].value->dir, "/p/sub");
	assert_null(node_get(db, "extends"));
}

static void durations(void **state)
{
	static const struct {
		const char *text;
		unsigned long ms; /* 1: refused */
	} all[] = {{"10s", 10000},  {"1m30s", 90000}, {"1.5s", 1500}, {"500ms", 500}, {"0s", 0},
		   {"2h", 7200000}, {"", 1},	      {"10", 1},      {"s", 1},	      {"-1s", 1},
		   {"1e99s", 1},    {"1s x", 1},      {"nan", 1}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		unsigned long ms = 1;

		assert_int_equal(compose_duration(all[i].text, &ms), all[i].ms != 1);
		assert_int_equal(ms, all[i].ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables),
		cmocka_unit_test(files_of_variables),
		cmocka_unit_test(merge),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
