/* Splitting lines of the console into words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/word_split.h"
#include "cli/console_words.h"

static void expect(const char *line, const char *const *want)
{
	char copy[256], *words[CONSOLE_MAX_WORDS], bare[CONSOLE_MAX_WORDS];
	const char *why = NULL;
	int n;

	snprintf(copy, sizeof(copy), "%s", line);
	n = word_split(copy, words, CONSOLE_MAX_WORDS, bare, &why);
	for (int i = 0; i < n; i++) {
		assert_string_equal(words[i], want[i]);
		assert_int_equal(bare[i], strcmp(words[i], "~/a") == 0);
	}
	assert_true(n >= 0);
	assert_null(want[n]);
	assert_null(words[n]);
}

static void refuse(const char *line, const char *part)
{
	char copy[4096], *words[CONSOLE_MAX_WORDS], bare[CONSOLE_MAX_WORDS];
	const char *why = NULL;

	snprintf(copy, sizeof(copy), "%s", line);
	assert_int_equal(word_split(copy, words, CONSOLE_MAX_WORDS, bare, &why), -1);
	assert_non_null(strstr(why, part));
}

static void test_words(void **state)
{
	(void)state;
	expect("", (const char *[]){NULL});
	expect("  \t ", (const char *[]){NULL});
	expect(" ls  -l\t", (const char *[]){"ls", "-l", NULL});
	expect("a '' \"\"", (const char *[]){"a", "", "", NULL});
	expect("sh -c 'a \"b\" $c; d'", (const char *[]){"sh", "-c", "a \"b\" $c; d", NULL});
	expect("\"a \\\"b\\\" \\n \\$\"x'y'", (const char *[]){"a \"b\" \\n $xy", NULL});
	expect("~/a '~/b' \\~", (const char *[]){"~/a", "~/b", "~", NULL});
	expect("a\\ b \\| c\\", (const char *[]){"a b", "|", "c\\", NULL});
}

static void test_refused(void **state)
{
	char many[4096];

	(void)state;
	refuse("ls 'x", "not closed");
	refuse("ls \"x\\\"", "not closed");
	refuse("ls | cat", "quote");
	refuse("ls $(id)", "quote");
	refuse("ls `id`", "quote");
	snprintf(many, sizeof(many), "%04090d", 0);
	for (size_t i = 1; i < 4090; i += 2)
		many[i] = ' ';
	refuse(many, "too many");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
