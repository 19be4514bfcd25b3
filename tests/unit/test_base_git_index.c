/*
 * test_base_git_index.c - the repositories in a git index, in each of its versions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/git_index.h"

/* They were written by git 2.39, and are seeds of the fuzz target too. */
static void parse(const char *name, int expected, struct git_index *ret)
{
	cleanup_buf struct buf data = BUF_INIT;
	cleanup_free char *path = xasprintf("tests/fuzz/corpus/git_index/%s", name);
	struct err e;

	assert_int_equal(file_read(AT_FDCWD, path, GIT_INDEX_MAX, &data, &e), 0);
	assert_int_equal(git_index_parse(&data, ret, &e), expected);
}

static void test_versions(void **state)
{
	static const char *const names[] = {"v2", "v3", "v4"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_git_index struct git_index index = {0};

		parse(names[i], 0, &index);
		assert_int_equal(index.gitlinks.n, 3);
		assert_string_equal(index.gitlinks.v[0], "a");
		assert_string_equal(index.gitlinks.v[1], "dir/b");
		assert_string_equal(index.gitlinks.v[2], "dir/bc");
		assert_string_equal(index.shared, "");
		assert_false(index.extended);
	}
}

static void test_other_hashes(void **state)
{
	cleanup_git_index struct git_index index = {0};

	(void)state;
	parse("sha256", 0, &index);
	assert_int_equal(index.gitlinks.n, 1);
	assert_string_equal(index.gitlinks.v[0], "sub/x");
}

static void test_split(void **state)
{
	cleanup_git_index struct git_index index = {0};

	(void)state;
	parse("split", 0, &index);
	assert_int_equal(strlen(index.shared), 40);
	assert_true(index.extended);
}

/* Every truncation is an error, and so is every length beyond the end. */
static void test_damage(void **state)
{
	cleanup_buf struct buf data = BUF_INIT;
	struct err e;

	(void)state;
	assert_int_equal(
		file_read(AT_FDCWD, "tests/fuzz/corpus/git_index/v4", GIT_INDEX_MAX, &data, &e), 0);
	for (size_t len = 0; len < data.len; len++) {
		cleanup_git_index struct git_index index = {0};
		struct buf part = {.data = data.data, .len = len};

		assert_true(git_index_parse(&part, &index, &e) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_other_hashes),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
