/*
 * test_box_sweep.c - what a sweep removes from tmp/, and what it leaves, after the clock has
 * advanced by an hour: this looks like a machine that was suspended.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "box/box.h"
#include "box/record.h"
#include "box/sweep.h"
#include "store/store.h"

static time_t ahead;

/* Replaces the C library's. NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += ahead;
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

static char top[] = "/tmp/test-sweep-XXXXXX";
static struct store s = STORE_INIT;

static int set_up(void **state)
{
	struct err e;

	(void)state;
	if (!mkdtemp(top) || setenv("XDG_DATA_HOME", top, 1) < 0 ||
	    setenv("XDG_RUNTIME_DIR", top, 1) < 0)
		return -1;
	return store_open(&s, &e);
}

static int tear_down(void **state)
{
	struct err e;

	(void)state;
	store_close(&s);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static bool is_there(const char *path)
{
	return faccessat(s.data_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void sweep_at(time_t when)
{
	ahead = when;
	sweep_store(&s, false);
	ahead = 0;
}

static void test_held_work_stays(void **state)
{
	cleanup_close int fd = -1;
	cleanup_free char *path = NULL;
	struct err e;

	(void)state;
	assert_int_equal(store_make_tmp(&s, "host", 0755, &path, &fd, &e), 0);
	assert_int_equal(strncmp(path, "tmp/host-", strlen("tmp/host-")), 0);
	assert_int_equal(mkdirat(fd, "etc", 0755), 0);
	sweep_at(0);
	sweep_at(3600);
	assert_int_equal(faccessat(fd, "etc", F_OK, 0), 0);
	assert_true(is_there(path));
	close_fd(&fd);
	sweep_at(0);
	assert_true(is_there(path));
	sweep_at(3600);
	assert_false(is_there(path));
}

/* Made by a version that did not hold the directory itself. */
static void test_box_with_its_lock_stays(void **state)
{
	cleanup_close int dir = -1, lifetime = -1;
	struct err e;

	(void)state;
	assert_int_equal(mkdirat(s.data_fd, "tmp/0123456789ab", 0700), 0);
	dir = openat(s.data_fd, "tmp/0123456789ab", O_PATH | O_CLOEXEC);
	assert_int_equal(box_make_lifetime(dir, &lifetime, &e), 0);
	sweep_at(3600);
	assert_true(is_there("tmp/0123456789ab/lock"));
	close_fd(&lifetime);
	sweep_at(3600);
	assert_false(is_there("tmp/0123456789ab"));
}

static void test_leftovers_go(void **state)
{
	(void)state;
	assert_int_equal(mkdirat(s.data_fd, "tmp/shut", 0700), 0);
	assert_int_equal(mkdirat(s.data_fd, "tmp/shut/in", 0), 0);
	assert_int_equal(fchmodat(s.data_fd, "tmp/shut", 0, 0), 0);
	assert_int_equal(mkdirat(s.data_fd, "tmp/.sandbox-doctor-x", 0700), 0);
	assert_int_equal(symlinkat("/nowhere", s.data_fd, "tmp/link"), 0);
	assert_int_equal(mkdirat(s.data_fd, "tmp/image-1", 0700), 0);
	sweep_at(3600);
	assert_false(is_there("tmp/shut"));
	assert_false(is_there("tmp/.sandbox-doctor-x"));
	assert_false(is_there("tmp/link"));
	/* left to gc, which knows who works on images */
	assert_true(is_there("tmp/image-1"));
}

/* Two of one kind have directories of their own; one that is gone already is no error. */
static void test_work_that_is_gone(void **state)
{
	cleanup_close int fd = -1, other = -1;
	cleanup_free char *path = NULL, *second = NULL;
	struct err e;

	(void)state;
	assert_int_equal(store_make_tmp(&s, "host", 0755, &path, &fd, &e), 0);
	assert_int_equal(store_make_tmp(&s, "host", 0755, &second, &other, &e), 0);
	assert_string_not_equal(path, second);
	assert_int_equal(store_discard(&s, path, &e), 0);
	assert_false(is_there(path));
	assert_true(is_there(second));
	assert_int_equal(store_discard(&s, path, &e), 0);
	assert_int_equal(store_discard(&s, second, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_held_work_stays),
		cmocka_unit_test(test_box_with_its_lock_stays),
		cmocka_unit_test(test_leftovers_go),
		cmocka_unit_test(test_work_that_is_gone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
