/*
 * test_build_expand.c - variables, quotes and patterns of a Dockerfile; .dockerignore.
 *
 * The cases are facts about BuildKit (frontend/dockerfile/shell) and moby/patternmatcher.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "build/expand.h"
#include "build/ignore.h"

/* Name and value in turn. */
static void set(struct variables *v, const char *const *pairs)
{
	struct err e;

	for (; *pairs; pairs += 2)
		assert_int_equal(variables_set(v, pairs[0], pairs[1], &e), 0);
}

static const char *const home[] = {"PWD",    "/home", "SHELL", "bash", "NULL",	      "",  "한국",
				   "한국어", "F",     "xxyy",  "PATH", "/a/b.tar.gz", NULL};

static const char *expanded(const char *text, const struct expand_options *options,
			    const struct variables *vars, bool *kept)
{
	static struct buf out = BUF_INIT;
	struct err e;

	buf_free(&out);
	return expand(text, options, vars, &out, kept, &e) == 0 ? out.data : "error";
}

struct text_case {
	const char *text, *expected;
};

static void check_all(const struct text_case *cases, size_t n, const struct expand_options *options,
		      const char *const *pairs)
{
	cleanup_variables struct variables vars = {0};

	set(&vars, pairs);
	for (size_t i = 0; i < n; i++) {
		const char *got = expanded(cases[i].text, options, &vars, NULL);

		if (!streq(got, cases[i].expected))
			fail_msg("%s: expected '%s', got '%s'", cases[i].text, cases[i].expected,
				 got);
	}
}

static void quotes_and_escapes(void **state)
{
	static const struct text_case cases[] = {
		{"plain", "plain"},
		{"p'la'in", "plain"},
		{"p'lain", "error"},
		{"p\\'lain", "p'lain"},
		{"p\\\\'lain", "error"},
		{"a\\tb", "atb"},
		{"\"a\\tb\"", "a\\tb"},
		{"\"a\\\\tb\"", "a\\tb"},
		{"'a\\tb'", "a\\tb"},
		{"end\\", "end"},
		{"end\\\\", "end\\"},
		{"\"open", "error"},
		{"\"open\\\"", "error"},
		{"\"it's\"", "it's"},
		{"'open", "error"},
		{"'a\\'", "a\\"},
		{"'a\\'b'", "error"},
		{"\"''\"", "''"},
		{"'\"q\"'", "\"q\""},
		{"\"he\\$PWD\"", "he$PWD"},
		{"\"he\\\\$PWD\"", "he\\/home"},
		{"'$PWD'", "$PWD"},
		{"안'녕'하", "안녕하"},
		{"안\\'녕", "안'녕"},
		{"\\안", "안"},
		{"a b\tc", "a b\tc"},
		{"<<EOF", "<<EOF"},
		{"", ""},
	};
	const struct expand_options options = {.escape = '\\'};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases), &options, home);
}

static void plain_variables(void **state)
{
	static const struct text_case cases[] = {
		{"$PWD", "/home"},	{"a$PWD.", "a/home."},
		{"a$pwd.", "a."},	{"${PWD}x", "/homex"},
		{"$.", "$."},		{"$", "$"},
		{"a$1b", "ab"},		{"$999a", "a"},
		{"$@@@", "@@"},		{"$$", ""},
		{"${@}a", "a"},		{"$(date)", "$(date)"},
		{"\\$PWD", "$PWD"},	{"\\\\$PWD", "\\/home"},
		{"\\${}", "${}"},	{"${}", "error"},
		{"${", "error"},	{"${PWD", "error"},
		{"${.}", "error"},	{"${{a}", "error"},
		{"${:}", "error"},	{"${:-a}", "error"},
		{"${a}}", "}"},		{"${PWD:YES}", "error"},
		{"${PWD:=0}", "error"}, {"${PWD=0}", "error"},
		{"${PWD^^}", "error"},	{"${PWD@Q}", "error"},
		{"$한국", "한국어"},	{"\"$PWD'$PWD'\"", "/home'/home'"},
	};
	const struct expand_options options = {.escape = '\\'};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases), &options, home);
}

static void alternatives(void **state)
{
	static const struct text_case cases[] = {
		{"${X:-d}", "d"},
		{"${X-d}", "d"},
		{"${NULL:-d}", "d"},
		{"${NULL-d}", ""},
		{"${PWD:-d}", "/home"},
		{"${X:-}", ""},
		{"${X:-a b}", "a b"},
		{"${X:-$PWD}", "/home"},
		{"${X:-${Y:-y}}z", "yz"},
		{"${X:-${PWD:-y}}z", "/homez"},
		{"${X:-'}'}", "}"},
		{"${X:-\"$PWD\"}", "/home"},
		{"${X:-\\$PWD:}", "$PWD:"},
		{"${X:-\\${PWD}z}", "${PWDz}"},
		{"${X:-a {b}", "a {b"},
		{"${X:-a ${b}", "error"},
		{"${X:+a}", ""},
		{"${X+a}", ""},
		{"${NULL:+a}", ""},
		{"${NULL+a}", "a"},
		{"${PWD:+a$SHELL}", "abash"},
		{"${PWD:+${PWD}:}x", "/home:x"},
		{"${X:?}", "error"},
		{"${X?m}", "error"},
		{"${NULL?m}", ""},
		{"${NULL:?m}", "error"},
		{"${PWD:?m}", "/home"},
		{"${1:-b}a", "ba"},
		{"${-:-b}", "b"},
	};
	const struct expand_options options = {.escape = '\\'};
	struct variables none = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct err e;

	(void)state;
	check_all(cases, ARRAY_SIZE(cases), &options, home);
	assert_int_equal(expand("${V:?give V}", &options, &none, &out, NULL, &e), -ERR_USAGE);
	assert_string_equal(e.msg, "V: give V");
	assert_int_equal(expand("${V?}", &options, &none, &out, NULL, &e), -ERR_USAGE);
	assert_string_equal(e.msg, "V: is not allowed to be unset");
	assert_int_equal(out.len, 0);
}

static void patterns(void **state)
{
	static const char *const vars[] = {"F",	   "xxyy",
					   "S",	   "xx**",
					   "Q",	   "???y",
					   "M",	   "a***yy*",
					   "N",	   "",
					   "P",	   "x",
					   "GLOB", "/foo*/*/*.txt",
					   "STAR", "\\*/",
					   "T",	   "/tmp/tmp/bar.txt",
					   "TMP",  "/tmp",
					   "U",	   "http://h",
					   "H",	   "http://",
					   "한",   "가나가",
					   "META", "()[]{}^$.*?|\\x",
					   NULL};
	static const struct text_case cases[] = {
		{"${F#x}", "xyy"},
		{"${F##x}", "xyy"},
		{"${F#*x*y}", "y"},
		{"${F##*x}", "yy"},
		{"${F##*}", ""},
		{"${F#*}", "xxyy"},
		{"${F#y}", "xxyy"},
		{"${F#$P}", "xyy"},
		{"${F#$N}", "xxyy"},
		{"${F#}", "xxyy"},
		{"${F##}", "xxyy"},
		{"${F%y}", "xxy"},
		{"${F%y*}", "xxy"},
		{"${F%%y*}", "xx"},
		{"${F%x}", "xxyy"},
		{"${F%}", "xxyy"},
		{"${S%%\\**}", "xx"},
		{"${M%%\\**\\*}", "a"},
		{"${Q#?\\?}", "?y"},
		{"${META#()[]{\\}^$.\\*\\?|\\\\}", "x"},
		{"${F#\\x}", "error"},
		{"${F:#x}", "error"},
		{"${F:%x}", "error"},
		{"${F:/x/y}", "error"},
		{"${X#a}", ""},
		{"${한#?}", "나가"},
		{"${한%가}", "가나"},
		{"${한/나/-}", "가-가"},
		{"${F/x/-}", "-xyy"},
		{"${F//x/-}", "--yy"},
		{"${F/x*y/-}", "-"},
		{"${F//?/-}", "----"},
		{"${F/q/-}", "xxyy"},
		{"${F/x/}", "xyy"},
		{"${F//x/}", "yy"},
		{"${F/$N/w}", "wxxyy"},
		{"${F//$N/w}", "wxwxwywyw"},
		{"${F///}", "xxyy"},
		{"${F//w}", "error"},
		{"${F/x}", "error"},
		{"${GLOB/$STAR/.} ${GLOB//$STAR/.}", "/foo.*/*.txt /foo..*.txt"},
		{"${T/$TMP/} ${T//$TMP/}", "/tmp/bar.txt /bar.txt"},
		{"${U/$H/https://}", "https://h"},
		{"${T//\\//-}", "-tmp-tmp-bar.txt"},
		{"${X/a/b}", ""},
	};
	const struct expand_options options = {.escape = '\\'};

	(void)state;
	check_all(cases, ARRAY_SIZE(cases), &options, vars);
}

static void options_of_the_lexer(void **state)
{
	const struct expand_options tick = {.escape = '`'};
	const struct expand_options raw = {
		.escape = '\\', .raw_quotes = true, .raw_escapes = true, .keep = EXPAND_KEEP_ALL};
	const struct expand_options text = {.escape = '\\', .no_quotes = true};
	const struct expand_options plain = {.escape = '\\', .keep = EXPAND_KEEP_PLAIN};
	static const struct text_case kept[] = {
		{"\"a\" 'b' \\c", "\"a\" 'b' \\c"},
		{"$X ${X} ${X:-d} ${X+a} ${X#p} ${X/a/b} ${X//a/b}",
		 "$X ${X} ${X:-d} ${X+a} ${X#p} ${X/a/b} ${X//a/b}"},
		{"$PWD ${PWD#/}", "/home home"},
	};
	cleanup_variables struct variables vars = {0};
	bool some = false;

	(void)state;
	set(&vars, home);
	assert_string_equal(expanded("C:\\a`$b`'", &tick, &vars, NULL), "C:\\a$b'");
	assert_string_equal(expanded("it's \"$PWD\" \\$X", &text, &vars, NULL),
			    "it's \"/home\" $X");
	check_all(kept, ARRAY_SIZE(kept), &raw, home);
	assert_string_equal(expanded("${X:-d}${X:+a}", &plain, &vars, &some), "d");
	assert_false(some);
	assert_string_equal(expanded("$X ${X%b} ${X?m} $PWD", &plain, &vars, &some),
			    "$X ${X%b} ${X?m} /home");
	assert_true(some);
	vars.open = true;
	assert_string_equal(expanded("$PATH:${X:-d}", &text, &vars, &some), "/a/b.tar.gz:${X:-d}");
}

static void words(void **state)
{
	static const struct {
		const char *text, *expected; /* each word followed by ; */
	} cases[] = {
		{"a  b\tc", "a;b;c;"},
		{"a\"b c\"d", "ab cd;"},
		{"a\\ b", "a b;"},
		{"$S", "ab;c;"},
		{"x${S}y", "xab;cy;"},
		{"\"$S\"", "ab  c;"},
		{" a ", "a;"},
		{"<< EOF sh", "<< EOF;sh;"},
		{"", ""},
		{"$X", ""},
	};
	const struct expand_options options = {.escape = '\\'};
	const char *const pairs[] = {"S", "ab  c", NULL};
	cleanup_variables struct variables vars = {0};

	(void)state;
	set(&vars, pairs);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_strv struct strv out = {0};
		cleanup_free char *joined = NULL;
		struct err e;

		assert_int_equal(expand_words(cases[i].text, &options, &vars, &out, NULL, &e), 0);
		if (out.n)
			strv_push(&out, "");
		joined = strv_join(&out, ";");
		assert_string_equal(joined, cases[i].expected);
	}
}

/* Small text that wants to become large, deep or slow. */
static void limits(void **state)
{
	const struct expand_options options = {.escape = '\\'};
	cleanup_variables struct variables vars = {0};
	cleanup_buf struct buf text = BUF_INIT, value = BUF_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addstr(&text, "${a:-");
	assert_string_equal(expanded(text.data, &options, &vars, NULL), "error");
	buf_reset(&text);
	for (int i = 0; i < 300000; i++)
		buf_addch(&value, 'a');
	set(&vars, (const char *const[]){"A", value.data, NULL});
	assert_string_equal(expanded("$A$A$A$A", &options, &vars, NULL), "error");
	assert_string_equal(expanded("${A//*b/x}", &options, &vars, NULL), "error");
	for (int i = 0; i < 2000; i++)
		buf_addstr(&text, "*a");
	assert_string_equal(expanded("${A##$P}", &options, &vars, NULL), value.data);
	set(&vars, (const char *const[]){"P", text.data, NULL});
	assert_string_equal(expanded("${A##$P}", &options, &vars, NULL), "error");
}

static bool ignored(const char *patterns, const char *path)
{
	cleanup_ignore struct ignore g = {0};
	struct err e;

	assert_int_equal(ignore_parse(patterns, strlen(patterns), "i", &g, &e), 0);
	return ignore_matches(&g, path, NULL);
}

static void ignore_files(void **state)
{
	static const struct {
		const char *patterns, *path;
		bool ignored;
	} cases[] = {
		{"a", "a", true},
		{"a", "a/b", true},
		{"a", "ab", false},
		{"a", "b/a", false},
		{"/a/", "a", true},
		{"./a//b/../c", "a/c", true},
		{"*.go", "x.go", true},
		{"*.go", "d/x.go", false},
		{"*/*.go", "d/x.go", true},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"a?c",
		 "a\xec\x95\x88"
		 "c",
		 true},
		{"[a-c]x", "bx", true},
		{"[^a-c]x", "bx", false},
		{"[^a-c]x", "dx", true},
		{"\\*", "*", true},
		{"\\*", "a", false},
		{"a.b", "axb", false},
		{"**", "a/b", true},
		{"**/x", "x", true},
		{"**/x", "a/b/x", true},
		{"**/x", "a/yx", false},
		{"**x", "a/yx", true},
		{"a/**", "a/b/c", true},
		{"a/**", "a", false},
		{"a**", "abc/d", true},
		{"a/**/x", "a/x", true},
		{"a/**/x", "a/b/c/x", true},
		{"a/**/x", "a/b/cx", false},
		{"a**b", "a/b", true},
		{"a**b", "axb", false},
		{"**/*.pyc", "a/b/c.pyc", true},
		{"**/a/**/*.x", "q/a/b/c.x", true},
		{"*\n!a", "a", false},
		{"*\n!a", "b", true},
		{"a\n!a/b", "a/b", false},
		{"a\n!a/b", "a/c", true},
		{"!a\na", "a", true},
		{"*\n!*.md\nR.md", "R.md", true},
		{"! a\n", "a", false},
		{"#a\n  a  ", "a", true},
		{"#a", "#a", false},
		{"\xef\xbb\xbf"
		 "a\r\n",
		 "a", true},
		{".", "a", false},
		{"/", "a", false},
		{"../a", "a", false},
		{"", "a", false},
		{"node_modules", "node_modules/x/y/z", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (ignored(cases[i].patterns, cases[i].path) != cases[i].ignored)
			fail_msg("%s with %s: expected %d", cases[i].patterns, cases[i].path,
				 cases[i].ignored);
}

static void ignore_errors(void **state)
{
	static const struct text_case cases[] = {
		{"a\n!", "i:2: '!' without a pattern; expected !PATTERN"},
		{"[", "i:1: '[' is not a pattern: a '[' without its ']', an empty class, or a "
		      "'\\' at the end"},
		{"[]", NULL},
		{"[a", NULL},
		{"[b-a]", NULL},
		{"a*\\", NULL},
	};
	cleanup_ignore struct ignore g = {0};
	cleanup_buf struct buf text = BUF_INIT;
	size_t line;
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ignore_parse(cases[i].text, strlen(cases[i].text), "i", &g, &e),
				 -ERR_USAGE);
		if (cases[i].expected)
			assert_string_equal(e.msg, cases[i].expected);
	}
	assert_int_equal(ignore_parse("a\0b", 3, "i", &g, &e), -ERR_USAGE);
	/* Patterns that are slow to backtrack, and a file of a megabyte. */
	for (int i = 0; i < 60; i++)
		buf_addstr(&text, "**/*a");
	assert_false(
		ignored(text.data, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
	buf_reset(&text);
	for (int i = 0; i < 200000; i++)
		buf_addstr(&text, "*/*x\n");
	buf_addstr(&text, "a");
	assert_int_equal(ignore_parse(text.data, text.len, "i", &g, &e), 0);
	assert_true(ignore_matches(&g, "a/b", &line));
	assert_int_equal(line, 200001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_and_escapes),
		cmocka_unit_test(plain_variables),
		cmocka_unit_test(alternatives),
		cmocka_unit_test(patterns),
		cmocka_unit_test(options_of_the_lexer),
		cmocka_unit_test(words),
		cmocka_unit_test(limits),
		cmocka_unit_test(ignore_files),
		cmocka_unit_test(ignore_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
