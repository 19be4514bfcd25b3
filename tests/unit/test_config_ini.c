/*
 * test_config_ini.c - the ini reader: what it accepts, and each refusal with its message.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "config/ini.h"
#include "config/ini_text.h"

#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10

static void entry_is(const struct ini *ini, size_t i, const char *section, const char *key,
		     const char *value, unsigned int line)
{
	assert_true(i < ini->n);
	assert_string_equal(ini->v[i].section, section);
	if (key) {
		assert_string_equal(ini->v[i].key, key);
		assert_string_equal(ini->v[i].value, value);
	} else {
		assert_null(ini->v[i].key);
	}
	assert_int_equal(ini->v[i].line, line);
}

static void parses(void **state)
{
	static const char text[] = "\xef\xbb\xbf; first\n"
				   "# second\r\n"
				   "[a] ; comment\r\n"
				   "k = v ; comment\n"
				   "  more ; comment\n"
				   "\n"
				   "\t[b] = c\n"
				   "  ; only a comment\n"
				   "empty =\n"
				   "semi = a;b\n"
				   "[service db]\n"
				   "[a]\n"
				   "k=w=:x";
	cleanup_ini struct ini ini = {0};
	struct err e;

	(void)state;
	assert_int_equal(ini_parse_text(text, sizeof(text) - 1, "f", NULL, &ini, &e), 0);
	assert_int_equal(ini.n, 7);
	entry_is(&ini, 0, "a", NULL, NULL, 3);
	entry_is(&ini, 1, "a", "k", "v\nmore\n[b] = c", 4);
	entry_is(&ini, 2, "a", "empty", "", 9);
	entry_is(&ini, 3, "a", "semi", "a;b", 10);
	entry_is(&ini, 4, "service db", NULL, NULL, 11);
	entry_is(&ini, 5, "a", NULL, NULL, 12);
	entry_is(&ini, 6, "a", "k", "w=:x", 13);
}

/* libinih stores 49 bytes of a key: a continued value must not end up under a truncated one. */
static void long_key_continues(void **state)
{
	static const char text[] = "[mounts]\n/" X50 X50 " = a\n  b\n";
	cleanup_ini struct ini ini = {0};
	struct err e;

	(void)state;
	assert_int_equal(ini_parse_text(text, sizeof(text) - 1, "f", NULL, &ini, &e), 0);
	assert_int_equal(ini.n, 2);
	entry_is(&ini, 1, "mounts", "/" X50 X50, "a\nb", 2);
}

static bool is_run(const char *section, const char *key)
{
	return streq(section, "run") && streq(key, "1");
}

static void value_is(const char *text, const char *value)
{
	cleanup_ini struct ini ini = {0};
	cleanup_free char *whole = xasprintf("[run]\n%s\n", text);
	struct err e;

	assert_int_equal(ini_parse_text(whole, strlen(whole), "f", is_run, &ini, &e), 0);
	assert_int_equal(ini.n, 2);
	assert_string_equal(ini.v[1].value, value);
	assert_int_equal(ini.v[1].line, 2);
}

/* Shell text is taken as written; only the indentation that all its lines share is removed. */
static void text_of_a_shell(void **state)
{
	(void)state;
	value_is("1 = a ; b", "a ; b");
	value_is("1 = echo 'a # b' \"c ; d\" \\", "echo 'a # b' \"c ; d\" \\");
	value_is("1 = \"a b\"", "\"a b\"");
	value_is("1 =\n  case $x in\n  a) b\n    ;;\n  esac", "case $x in\na) b\n  ;;\nesac");
	value_is("1 = cat <<E\n\t; x\n\n\t\t# y\r\n\n\tE\n\n", "cat <<E\n; x\n\n\t# y\n\nE");
	value_is("1 = a\n; of the file\n# too\n  b", "a\nb");
	value_is("1 = a\n\tb\n  c", "a\n\tb\n  c");
	value_is("1 =", "");
}

static void quotes(void **state)
{
	(void)state;
	value_is("k = \" a ; b # c \"", " a ; b # c ");
	value_is("k = 'a ; \"b\" \\'  ; comment", "a ; \"b\" \\");
	value_is("k = \"\\\"\\\\\\d\"", "\"\\\\d");
	value_is("k = \"\"", "");
	value_is("k = 'a ; b'\n  \"; c\"", "a ; b\n; c");
	/* Quotes that do not enclose the whole value belong to it. */
	value_is("k = \"-O2\" \"-g\"", "\"-O2\" \"-g\"");
	value_is("k = \"-O2 ; \" x ; y", "\"-O2 ; \" x");
	value_is("k = it's", "it's");
	value_is("k = \"", "\"");
}

static void keys(void **state)
{
	static const char text[] = "[registry [::1]:5000] ; x\n"
				   "/a:b = c:d=e\n"
				   "\"/a=b ; \\\"c\\\"\" = v\n"
				   "/a b\t= v\n"
				   "[" X50 X50 "]\n";
	cleanup_ini struct ini ini = {0};
	struct err e;

	(void)state;
	assert_int_equal(ini_parse_text(text, sizeof(text) - 1, "f", NULL, &ini, &e), 0);
	assert_int_equal(ini.n, 5);
	entry_is(&ini, 1, "registry [::1]:5000", "/a:b", "c:d=e", 2);
	entry_is(&ini, 2, "registry [::1]:5000", "/a=b ; \"c\"", "v", 3);
	entry_is(&ini, 3, "registry [::1]:5000", "/a b", "v", 4);
	entry_is(&ini, 4, X50 X50, NULL, NULL, 5);
}

/* Lines, keys, values and comments of any length. */
static void any_length(void **state)
{
	(void)state;
	for (size_t len = 1; len < 200000; len += len < 700 ? 1 : 33333) {
		cleanup_ini struct ini ini = {0};
		cleanup_buf struct buf text = BUF_INIT;
		cleanup_free char *x = xcalloc(len + 1, 1);
		struct err e;

		for (size_t i = 0; i < len; i++)
			x[i] = "ab:; #=\"["[i % 9];
		x[len - 1] = 'z';
		buf_addstr(&text, "[s]\n");
		ini_write(&text, "", x, x, false);
		buf_addf(&text, ";%s\n", x);
		ini_write(&text, "", "k", x, false);
		assert_int_equal(ini_parse_text(text.data, text.len, "f", NULL, &ini, &e), 0);
		assert_int_equal(ini.n, 3);
		entry_is(&ini, 1, "s", x, x, 2);
		entry_is(&ini, 2, "s", "k", x, 4);
	}
}

static void refusals(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{"[a]\nkey: value\n", "f:2: a colon and no '=': write 'key = value'"},
		{"[a]\nkey value\n", "f:2: missing '=': write 'key = value'"},
		{"[a]\nkey ;= value\n", "f:2: missing '=': write 'key = value'"},
		{"[a]\n= value\n", "f:2: missing key before '='"},
		{"[a\nk = v\n", "f:1: missing ']' after the section's name"},
		{"[a ;]\n", "f:1: missing ']' after the section's name"},
		{"[a] b\n", "f:1: text after ']'"},
		{"[a]\nk = \"b ; c\n",
		 "f:2: a quote that is not closed before ' ;', where a comment begins"},
		{"[a]\n\"k\" v\n", "f:2: missing '=' after the key: write \"key\" = value"},
		{"[a]\n\"\" = v\n", "f:2: missing key before '='"},
		{"k = v\n[a]\n", "f:1: a key before the first [section]"},
		{"[a]\n  k = v\n",
		 "f:2: unexpected indentation: only a line that continues a value is indented"},
		{"  [a]\n",
		 "f:1: unexpected indentation: only a line that continues a value is indented"},
		{"[a]\nk = \x1b[2J\n", "f:2: control character"},
		{"[a]\nk = a\rb\n", "f:2: control character"},
		{"[a]\nk = \x7f\n", "f:2: control character"},
		/* the first of several */
		{"[a]\nk\n[b\n", "f:2: missing '=': write 'key = value'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ini ini = {.n = 77};
		struct err e;

		assert_int_equal(
			ini_parse_text(cases[i].text, strlen(cases[i].text), "f", NULL, &ini, &e),
			-ERR_USAGE);
		assert_string_equal(e.msg, cases[i].message);
		assert_int_equal(ini.n, 77); /* untouched */
	}
}

static void nul_byte(void **state)
{
	static const char text[] = "[a]\nk = a\0b\n";
	struct ini ini;
	struct err e;

	(void)state;
	assert_true(ini_parse_text(text, sizeof(text) - 1, "f", NULL, &ini, &e) < 0);
	assert_string_equal(e.msg, "f:2: NUL byte: this is not a text file");
}

static void too_many_keys(void **state)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct ini ini;
	struct err e;

	(void)state;
	buf_addstr(&text, "[a]\n");
	for (int i = 0; i < INI_MAX_ENTRIES; i++)
		buf_addstr(&text, "k=v\n");
	assert_true(ini_parse_text(text.data, text.len, "f", NULL, &ini, &e) < 0);
	assert_string_equal(e.msg, "f:4097: too many keys: a file holds 4096 at most");
}

/* In a fresh directory: each type of file that is not a project file. */
static void bad_files(void **state)
{
	char dir[] = "/tmp/sandbox-test-XXXXXX";
	struct ini ini;
	struct err e;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(chdir(dir), 0);

	assert_int_equal(ini_read("none", "none", false, NULL, &ini, &e), -ENOENT);
	assert_string_equal(e.msg, "cannot open 'none': No such file or directory");

	assert_int_equal(mkdir("folder", 0700), 0);
	assert_true(ini_read("folder", "folder", false, NULL, &ini, &e) < 0);
	assert_string_equal(e.msg, "'folder' is not a regular file");

	assert_int_equal(mkfifo("fifo", 0600), 0); /* opening it must not block */
	assert_true(ini_read("fifo", "fifo", false, NULL, &ini, &e) < 0);
	assert_string_equal(e.msg, "'fifo' is not a regular file");

	fd = open("big", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(ftruncate(fd, 100 << 20), 0);
	assert_true(ini_read("big", "big", false, NULL, &ini, &e) < 0);
	assert_string_equal(e.msg, "'big' is larger than 1 MiB");

	if (geteuid() != 0) {
		assert_int_equal(fchmod(fd, 0), 0);
		assert_int_equal(ini_read("big", "big", false, NULL, &ini, &e), -EACCES);
		assert_string_equal(e.msg, "cannot open 'big': Permission denied");
	} else {
		assert_int_equal(fchown(fd, 12345, 12345), 0);
		assert_int_equal(ini_read("big", "big", false, NULL, &ini, &e), -EPERM);
		assert_string_equal(e.msg, "'big' belongs to uid 12345, not to you: chown it if "
					   "you trust it");
		assert_int_equal(ini_read("big", "big", true, NULL, &ini, &e), -EFBIG);
	}
	close(fd);
	unlink("big");
	unlink("fifo");
	rmdir("folder");
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(long_key_continues),
		cmocka_unit_test(text_of_a_shell),
		cmocka_unit_test(quotes),
		cmocka_unit_test(keys),
		cmocka_unit_test(any_length),
		cmocka_unit_test(refusals),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(too_many_keys),
		cmocka_unit_test(bad_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
