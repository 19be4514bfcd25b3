/*
 * test_base_text.c - errors, buffers, strings, likely typos, JSON.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/quote.h"

static void errors(void **state)
{
	struct err e = {0};

	(void)state;
	errno = EIO;
	assert_int_equal(err_sys(&e, ENOENT, "cannot open '%s'", "a\nb\x1b[2J"), -ENOENT);
	assert_int_equal(errno, EIO);
	assert_string_equal(e.msg, "cannot open 'a\\nb\\x1b[2J': No such file or directory");
	assert_int_equal(err_add(&e, "cannot enter '%s'", "box"), -ENOENT);
	assert_string_equal(e.msg, "cannot enter 'box': cannot open 'a\\nb\\x1b[2J': "
				   "No such file or directory");
	assert_int_equal(err_exit_status(&e), 125);
	assert_int_equal(err_set(&e, ERR_CMD_NOT_FOUND, "x"), -ERR_CMD_NOT_FOUND);
	assert_int_equal(err_exit_status(&e), 127);
	err_set(&e, ERR_CMD_NOT_EXEC, "x");
	assert_int_equal(err_exit_status(&e), 126);
}

static void long_errors(void **state)
{
	char text[3000];
	struct err e;

	(void)state;
	memset(text, '\x01', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_sys(&e, EIO, "%s", text);
	for (int i = 0; i < 5; i++)
		err_add(&e, "%s", text);
	assert_true(strlen(e.msg) < sizeof(e.msg));
	assert_int_equal(e.code, EIO);
}

static void quoting(void **state)
{
	char small[8];

	(void)state;
	assert_string_equal(err_quote(small, sizeof(small), "abcdefghij"), "abc");
	assert_string_equal(err_quote(small, sizeof(small), ""), "");
	assert_string_equal(err_quote(small, sizeof(small), "\t\x7f"), "\\t\\x7f");
}

static void quoting_unicode(void **state)
{
	static const char *const cases[][3] = {
		/* text, as shown, as a word of a shell */
		{"a/b", "a/b", "a/b"},
		{"", "", "''"},
		{"a b", "a b", "'a b'"},
		{"it's", "it's", "'it'\\''s'"},
		{"$(x)`y`", "$(x)`y`", "'$(x)`y`'"},
		{"a\nb", "a\\nb", "$'a\\012b'"},
		{"\xc3\xa9'\\", "\xc3\xa9'\\", "$'\\303\\251\\'\\\\'"},
		{"\xe2\x80\xae", "\\u202e", "$'\\342\\200\\256'"},
		{"\xe2\x80\x8b\xef\xbb\xbf\xc2\xad", "\\u200b\\ufeff\\u00ad", NULL},
		{"\xf3\xa0\x81\x81", "\\U000e0041", NULL},
		{"\xed\xa0\x80\xc0\x80", "\\xed\\xa0\\x80\\xc0\\x80", NULL},
		{"e\xcc\x81", "e\xcc\x81", NULL},
		{"e\xcc\x81\xcc\x81\xcc\x81", "e\xcc\x81\xcc\x81\\u0301", NULL},
		{"/\xcc\xb8", "/\\u0338", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *shown = err_quote_all(cases[i][0]), *word = quote_shell(cases[i][0]);

		assert_string_equal(shown, cases[i][1]);
		if (cases[i][2])
			assert_string_equal(word, cases[i][2]);
		free(shown);
		free(word);
	}
}

static void buffers(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	char *s;

	(void)state;
	assert_string_equal(b.data, "");
	buf_reset(&b);
	buf_addf(&b, "%s", "");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%03d,", i);
	assert_int_equal(b.len, 4000);
	assert_int_equal(strlen(b.data), 4000);
	assert_memory_equal(b.data + 3996, "999,", 5);
	s = buf_detach(&b);
	assert_int_equal(strlen(s), 4000);
	free(s);
	assert_int_equal(b.len, 0);
	s = buf_detach(&b);
	assert_string_equal(s, "");
	free(s);
}

static void vectors(void **state)
{
	cleanup_strv struct strv sv = {0};

	(void)state;
	assert_false(strv_has(&sv, "a"));
	strv_push(&sv, "a");
	strv_push_take(&sv, xasprintf("%d", 7));
	assert_true(strv_has(&sv, "7"));
	assert_null(sv.v[2]);
	assert_true(starts_with("abc", "ab") && starts_with("abc", "") && !starts_with("a", "ab"));
	assert_true(ends_with("abc", "bc") && ends_with("abc", "") && !ends_with("c", "bc"));
	assert_null(xstrdup(NULL));
}

static void near_misses(void **state)
{
	static const char *const words[] = {"enter", "exec", "run", "profile", "inspect", NULL};
	char long_word[200];

	(void)state;
	assert_string_equal(nearest_word("entre", words), "enter");
	assert_string_equal(nearest_word("profiel", words), "profile");
	assert_string_equal(nearest_word("ru", words), "run");
	assert_string_equal(nearest_word("inspct", words), "inspect");
	assert_null(nearest_word("zzzzzz", words));
	memset(long_word, 'r', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(nearest_word(long_word, words));
}

static void json_layout(void **state)
{
	struct json j = JSON_INIT;

	(void)state;
	jsonout_object_begin(&j, NULL);
	jsonout_string(&j, "name", "x");
	jsonout_string(&j, "none", NULL);
	jsonout_array_begin(&j, "empty");
	jsonout_array_end(&j);
	jsonout_array_begin(&j, "list");
	jsonout_number(&j, NULL, -1);
	jsonout_object_begin(&j, NULL);
	jsonout_bool(&j, "on", true);
	jsonout_object_end(&j);
	jsonout_array_end(&j);
	jsonout_object_end(&j);
	assert_string_equal(j.out.data, "{\n"
					"  \"name\": \"x\",\n"
					"  \"none\": null,\n"
					"  \"empty\": [],\n"
					"  \"list\": [\n"
					"    -1,\n"
					"    {\n"
					"      \"on\": true\n"
					"    }\n"
					"  ]\n"
					"}");
	buf_free(&j.out);
}

static void json_escapes(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"", "\"\""},
		{"a\"b\\c/", "\"a\\\"b\\\\c/\""},
		{"\n\t\r\x01\x7f", "\"\\n\\t\\u000d\\u0001\\u007f\""},
		{"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
		{"\xff", "\"\xef\xbf\xbd\""},
		{"\xc3", "\"\xef\xbf\xbd\""},
		{"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},		      /* overlong */
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* surrogate */
		{"\xf4\x90\x80\x80z", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
		{"a\xe2\x80\xae\xc2\x9b", "\"a\\u202e\\u009b\""}, /* what acts on a terminal */
		{"\xf3\xa0\x81\x81", "\"\\udb40\\udc41\""},
		{"\xe2\x82z", "\"\xef\xbf\xbd\xef\xbf\xbdz\""}, /* cut short */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json j = JSON_INIT;

		jsonout_string(&j, NULL, cases[i].text);
		assert_string_equal(j.out.data, cases[i].want);
		buf_free(&j.out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors),	   cmocka_unit_test(long_errors),
		cmocka_unit_test(quoting),	   cmocka_unit_test(buffers),
		cmocka_unit_test(vectors),	   cmocka_unit_test(near_misses),
		cmocka_unit_test(quoting_unicode), cmocka_unit_test(json_layout),
		cmocka_unit_test(json_escapes),
	};

	return cmocka_run_group_tests_name("base/text", tests, NULL, NULL);
}
