/*
 * test_image_devcontainer.c - lines of JSON values, variables and commands of a devcontainer.json.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "image/devcontainer/command.h"
#include "image/document/json_line.h"
#include "image/document/json_read.h"
#include "image/document/jsonc.h"

static void lines(void **state)
{
	static const char text[] = "{\n\"a\": 1,\n\"o\": {\"x}\": [1],\n\"y\":\n{\"z\": [\n2]}},\n"
				   "\"list\": [\n1, \"]\",\n{\"a\": 2}, 3],\n\"a\": true\n}";
	static const struct {
		const char *key, *member;
		long item;
		unsigned int line;
	} all[] = {
		{"a", NULL, -1, 10},  {"o", NULL, -1, 3},   {"o", "x}", -1, 3},
		{"o", "y", -1, 5},    {"o", "y", 3, 3},	    {"list", NULL, 0, 8},
		{"list", NULL, 1, 8}, {"list", NULL, 2, 9}, {"list", NULL, 3, 9},
		{"z", NULL, -1, 0},   {"list", NULL, 9, 7}, {"o", "none", -1, 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		assert_int_equal(
			json_line(text, strlen(text), all[i].key, all[i].member, all[i].item),
			all[i].line);
	/* Cut off anywhere, it ends. */
	for (size_t len = 0; len < strlen(text); len++)
		json_line(text, len, "list", NULL, 3);
}

static void comments(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf// c\n{\"a\": \"// no\", /* x\n*/ \"b\": [1, 2,], }";
	cleanup_buf struct buf plain = BUF_INIT;
	cleanup_json json_t *j = NULL;
	struct err e;

	(void)state;
	jsonc_strip(text, strlen(text), &plain);
	assert_int_equal(plain.len, strlen(text));
	assert_int_equal(json_read(plain.data, plain.len, "it", &j, &e), 0);
	assert_string_equal(json_string_value(json_object_get(j, "a")), "// no");
	assert_int_equal(json_array_size(json_object_get(j, "b")), 2);
	assert_int_equal(json_line(plain.data, plain.len, "b", NULL, -1), 3);
}

struct fixture {
	struct resolution resolution;
	struct strv env;
	struct variables v;
};

static void fixture_make(struct fixture *f)
{
	*f = (struct fixture){.resolution = RESOLUTION_INIT};
	f->resolution.project = "/home/me/my app";
	strv_push(&f->env, "KNOWN=image");
	f->v = (struct variables){.resolution = &f->resolution,
				  .container_folder = (char *)"/workspaces/my app",
				  .id = (char *)"id52",
				  .container_env = &f->env};
	setenv("SECRET", "$x\"", 1);
	setenv("HOME", "/home/me", 1);
	unsetenv("NOT_SET");
}

static void fixture_clear(struct fixture *f)
{
	resolution_clear(&f->resolution);
	strv_clear(&f->env);
}

static void variables(void **state)
{
	static const struct {
		const char *text;
		enum variables_for what_for;
		const char *value; /* NULL: refused */
	} all[] = {
		{"${localWorkspaceFolder}|${localWorkspaceFolderBasename}", VARIABLES_TEXT,
		 "/home/me/my app|my app"},
		{"${containerWorkspaceFolder}/${containerWorkspaceFolderBasename}", VARIABLES_TEXT,
		 "/workspaces/my app/my app"},
		{"${devcontainerId}-$x $", VARIABLES_TEXT, "id52-$x $"},
		{"${localEnv:HOME}${env:NOT_SET:d:e}${localEnv:NOT_SET}", VARIABLES_TEXT,
		 "/home/med:e"},
		{"${localEnv:SECRET} $5", VARIABLES_ENV, "$$x\" $$5"},
		{"/x:${containerEnv:PATH}", VARIABLES_ENV, "/x:${PATH}"},
		{"${containerEnv:KNOWN:d}${containerEnv:OTHER:d}", VARIABLES_ENV, "${KNOWN}d"},
		{"${containerEnv:KNOWN}${containerEnv:OTHER:d}", VARIABLES_TEXT, "imaged"},
		{"echo ${HOME} ${x:-y} ${containerEnv:A:b} ${localWorkspaceFolderBasename}",
		 VARIABLES_SHELL, "echo ${HOME} ${x:-y} ${A:-b} my app"},
		{"${localEnv:HOME", VARIABLES_TEXT, "${localEnv:HOME"},
		{"[${severity}] ${templateOption:x}", VARIABLES_TEXT,
		 "[${severity}] ${templateOption:x}"},
		{"[${severity}]", VARIABLES_ENV, "[$${severity}]"},
		{"${containerEnv:a b}", VARIABLES_ENV, NULL},
	};
	struct fixture f;
	cleanup_strv struct strv names = {0};

	(void)state;
	fixture_make(&f);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		cleanup_buf struct buf out = BUF_INIT;
		cleanup_free char *wrong = variables_expand(&f.v, all[i].text, all[i].what_for,
							    &out, &names);

		assert_int_equal(wrong != NULL, all[i].value == NULL);
		if (!wrong)
			assert_string_equal(out.data, all[i].value);
	}
	assert_int_equal(names.n, 1);
	assert_string_equal(names.v[0], "SECRET");
	assert_non_null(strstr(f.resolution.out.data, "env\tSECRET\t$x\"\n"));
	assert_non_null(strstr(f.resolution.out.data, "env\tNOT_SET\n"));
	fixture_clear(&f);
}

/* As @devcontainers/cli makes it: sha256 of the labels, to the base of 32. */
static void ids(void **state)
{
	cleanup_free char *id = variables_id("/home/me/p", "/home/me/p/.devcontainer.json");

	(void)state;
	assert_int_equal(strlen(id), 52);
	assert_string_equal(id, "1k6s2hn690gl5knnopgrhhm7i0a1fhnl227lbcns5519s98l2q5t");
}

static void commands(void **state)
{
	static const struct {
		const char *json, *text; /* NULL: refused */
	} all[] = {
		{"\"make it's\"", "/bin/sh -c 'make it'\\''s'\n"},
		{"[\"npm\", \"run it\", \"\"]", "npm 'run it' ''\n"},
		{"\"\"", ""},
		{"[]", ""},
		{"{}", ""},
		{"null", ""},
		{"{\"a\": \"x\", \"b\": [\"y\"], \"c\": \"\"}",
		 "/bin/sh -c x & p0=$!\ny & p1=$!\nfailed=0\nwait $p0 || failed=$?\n"
		 "wait $p1 || failed=$?\n[ $failed = 0 ] || exit $failed\n"},
		{"5", NULL},
		{"[1]", NULL},
		{"{\"a\": {}}", NULL},
	};
	struct fixture f;

	(void)state;
	fixture_make(&f);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		cleanup_json json_t *j = json_loads(all[i].json, JSON_DECODE_ANY, NULL);
		cleanup_buf struct buf out = BUF_INIT;
		cleanup_free char *wrong = command_add(j, &f.v, &out, NULL);

		assert_int_equal(wrong != NULL, all[i].text == NULL);
		assert_string_equal(out.data, all[i].text ? all[i].text : "");
	}
	fixture_clear(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines), cmocka_unit_test(comments), cmocka_unit_test(variables),
		cmocka_unit_test(ids),	 cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
