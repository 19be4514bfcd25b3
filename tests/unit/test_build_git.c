/*
 * test_build_git.c - how git repositories are written in a Dockerfile, and what `git ls-remote` says.
 *
 * The cases are facts about BuildKit (util/gitutil, source/git).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "build/git_source.h"

static void same(const char *a, const char *b)
{
	assert_true(a ? b && streq(a, b) : !b);
}

static void test_forms(void **state)
{
	static const struct {
		const char *text, *url, *ref, *subdir;
	} cases[] = {
		{"https://h/a/b.git", "https://h/a/b.git", NULL, NULL},
		{"https://h/b.git#", "https://h/b.git", NULL, NULL},
		{"https://h/b.git#main", "https://h/b.git", "main", NULL},
		{"https://h/b.git#main:d/e", "https://h/b.git", "main", "d/e"},
		{"https://h/b.git#:d", "https://h/b.git", NULL, "d"},
		{"https://h/b.git#refs/pull/1/head:", "https://h/b.git", "refs/pull/1/head", NULL},
		{"git@h:a/b.git#v1.0", "git@h:a/b.git", "v1.0", NULL},
		{"git@h:a/b?c.git", "git@h:a/b?c.git", NULL, NULL},
		{"ssh://git@h:22/b#x", "ssh://git@h:22/b", "x", NULL},
		{"https://h/b.git?branch=a/b&subdir=d", "https://h/b.git", "refs/heads/a/b", "d"},
		{"https://h/b.git?tag=v1#:d", "https://h/b.git", "refs/tags/v1", "d"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_git_source struct git_source s = {0};
		struct err e;

		assert_int_equal(git_source_parse(cases[i].text, &s, &e), 0);
		same(s.url, cases[i].url);
		same(s.ref, cases[i].ref);
		same(s.subdir, cases[i].subdir);
		assert_int_equal(s.by_ssh, !strncmp(s.url, "ssh", 3) || !strncmp(s.url, "git@", 4));
	}
}

static void test_query(void **state)
{
	cleanup_git_source struct git_source s = {0}, plain = {0};
	struct err e;

	(void)state;
	assert_int_equal(git_source_parse("https://u:p@h/b.git?keep-git-dir&submodules=false&"
					  "commit=0123456789",
					  &s, &e),
			 0);
	assert_true(s.keep_git_dir && !s.submodules);
	same(s.checksum, "0123456789");
	same(s.shown, "https://h/b.git");
	same(s.url, "https://u:p@h/b.git");
	assert_int_equal(git_source_parse("https://h/b.git", &plain, &e), 0);
	assert_true(!plain.keep_git_dir && plain.submodules && !plain.checksum);
	assert_int_equal(git_check_commit("0123456789abcdef", s.checksum, &e), 0);
	assert_true(git_check_commit("1123456789abcdef", s.checksum, &e) < 0);
}

static void test_refused(void **state)
{
	static const char *const bad[] = {
		"https://h/b.git#-x",
		"https://h/b.git#a..b",
		"https://h/b.git#a^{}",
		"https://h/b.git#a@{1}",
		"https://h/b.git#a?b",
		"https://h/b.git#a b",
		"-o@h:b",
		"git@-h:b",
		"https://h/\n.git",
		"https://h/b.git?ref=a#b",
		"https://h/b.git?unknown",
		"https://h/b.git?subdir=a#:b",
		"https://h/b.git?commit=xyz",
		"https://h/b.git?commit=1",
		"https://h/b.git?ref=",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		cleanup_git_source struct git_source s = {0};
		struct err e;

		assert_int_equal(git_source_parse(bad[i], &s, &e), -ERR_USAGE);
	}
}

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C "cccccccccccccccccccccccccccccccccccccccc"

static void test_refs(void **state)
{
	static const char refs[] = A "\tHEAD\n" B "\trefs/heads/x/main\n" A "\trefs/heads/main\n" B
				     "\trefs/heads/both\n" C "\trefs/tags/both\n" A
				     "\trefs/tags/v1\n" C "\trefs/tags/v1^{}\n" B
				     "\trefs/pull/1/head\nwarning: main\n";
	static const struct {
		const char *ref, *commit;
	} cases[] = {{NULL, A},		 {"main", A},	      {"refs/heads/x/main", B},
		     {"both", B},	 {"refs/tags/v1", C}, {"v1", C},
		     {"pull/1/head", B}, {"x", NULL},	      {"head", NULL},
		     {"mai", NULL},	 {"", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char commit[GIT_COMMIT_MAX] = "";
		struct err e;
		int r = git_find_commit(refs, cases[i].ref, commit, &e);

		assert_int_equal(r, cases[i].commit ? 0 : -ENOENT);
		same(commit, cases[i].commit ? cases[i].commit : "");
	}
	assert_true(git_is_commit(A) && !git_is_commit("aaaa") && !git_is_commit(A "g"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
