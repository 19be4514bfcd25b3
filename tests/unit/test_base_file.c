/*
 * test_base_file.c - bounded reading, atomic writes, directories and walking them, disk usage,
 * removal of hostile trees, locks, and the flat key-value files built on them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/file_time.h"
#include "base/kv.h"
#include "base/mem.h"
#include "base/new_file.h"
#include "base/path.h"
#include "base/usage.h"

static char top[] = "/tmp/test-file-XXXXXX";
static int dir;

static int make_top(void **state)
{
	(void)state;
	if (!mkdtemp(top))
		return -1;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dir < 0 ? -1 : 0;
}

static int remove_top(void **state)
{
	struct err e;

	(void)state;
	close(dir);
	return file_remove_tree(AT_FDCWD, top, &e);
}

static void reading(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct err e = {0};

	(void)state;
	assert_int_equal(file_write_atomic(dir, "ten", "0123456789", 10, 0600, &e), 0);
	buf_addstr(&b, "> ");
	assert_int_equal(file_read(dir, "ten", 10, &b, &e), 0);
	assert_string_equal(b.data, "> 0123456789");
	assert_int_equal(file_read(dir, "ten", 9, &b, &e), -EFBIG);
	assert_string_equal(b.data, "> 0123456789"); /* untouched by a failure */
	assert_int_equal(file_read(dir, "none", 9, &b, &e), -ENOENT);
	assert_string_equal(e.msg, "cannot open 'none': No such file or directory");
	assert_int_equal(file_read(dir, ".", 9, &b, &e), -EINVAL);
	assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
	assert_int_equal(file_read(dir, "fifo", 9, &b, &e), -EINVAL);
	assert_int_equal(file_read(AT_FDCWD, "/dev/zero", 9, &b, &e), -EINVAL);

	/* claims to be empty, but is not */
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 65536, &b, &e), 0);
	assert_true(b.len > 100);
	assert_int_equal(file_read(AT_FDCWD, "/proc/self/status", 100, &b, &e), -EFBIG);

	buf_reset(&b);
	assert_int_equal(file_write_atomic(dir, "empty", "", 0, 0600, &e), 0);
	assert_int_equal(file_read(dir, "empty", 0, &b, &e), 0);
	assert_int_equal(b.len, 0);
}

static int count_entries(void)
{
	cleanup_strv struct strv names = {0};
	struct err e;

	assert_int_equal(dir_names(AT_FDCWD, top, &names, &e), 0);
	return (int)names.n;
}

static void writing(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct stat st;
	struct err e;
	int before;

	(void)state;
	assert_int_equal(file_write_atomic(dir, "w", "old", 3, 0600, &e), 0);
	before = count_entries();
	assert_int_equal(file_write_atomic(dir, "w", "newer", 5, 0640, &e), 0);
	assert_int_equal(file_read(dir, "w", 100, &b, &e), 0);
	assert_string_equal(b.data, "newer");
	assert_int_equal(fstatat(dir, "w", &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	/* a failed rename leaves no temporary file */
	assert_int_equal(mkdirat(dir, "w.d", 0700), 0);
	assert_int_equal(file_write_atomic(dir, "w.d", "x", 1, 0600, &e), -EISDIR);
	assert_int_equal(count_entries(), before + 1);
	assert_int_equal(file_write_atomic(dir, "none/w", "x", 1, 0600, &e), -ENOENT);
	/* a symlink is replaced, not written through */
	assert_int_equal(symlinkat("w", dir, "link"), 0);
	assert_int_equal(file_write_atomic(dir, "link", "x", 1, 0600, &e), 0);
	assert_int_equal(fstatat(dir, "w", &st, 0), 0);
	assert_int_equal(st.st_size, 5);
}

/* On the way to a box no O_TMPFILE is used, and not every file system has it. */
static void writing_passing(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct err e;
	int before;

	(void)state;
	assert_int_equal(file_write_passing(dir, "p", "old", 3, 0600, &e), 0);
	before = count_entries();
	assert_int_equal(file_write_passing(dir, "p", "newer", 5, 0600, &e), 0);
	assert_int_equal(file_read(dir, "p", 100, &b, &e), 0);
	assert_string_equal(b.data, "newer");
	assert_int_equal(mkdirat(dir, "p.d", 0700), 0);
	assert_int_equal(file_write_passing(dir, "p.d", "x", 1, 0600, &e), -EISDIR);
	assert_int_equal(file_write_passing(dir, "none/p", "x", 1, 0600, &e), -ENOENT);
	assert_int_equal(count_entries(), before + 1);
}

/* Nobody sees it until it is finished, and then it is whole. */
static void new_files(void **state)
{
	cleanup_new_file struct new_file f = NEW_FILE_INIT, dropped = NEW_FILE_INIT;
	cleanup_free char *longest = xcalloc(1, NAME_MAX + 1);
	cleanup_buf struct buf b = BUF_INIT;
	struct stat st;
	struct err e;
	int before = count_entries();

	(void)state;
	assert_int_equal(mkdirat(dir, "n", 0700), 0);
	memset(longest, 'l', NAME_MAX);
	longest[0] = 'n';
	longest[1] = '/';
	assert_int_equal(new_file_open(dir, longest, NULL, 0640, &f), 0);
	assert_int_equal(new_file_open(dir, "dropped", "second", 0640, &dropped), 0);
	assert_int_equal(write_all(f.fd, "whole", 5), 0);
	assert_int_equal(fstatat(dir, longest, &st, 0), -1);
	assert_int_equal(new_file_finish(&f, true), 0);
	assert_int_equal(file_read(dir, longest, 100, &b, &e), 0);
	assert_string_equal(b.data, "whole");
	new_file_close(&dropped);
	assert_int_equal(count_entries(), before + 1);
	assert_int_equal(new_file_open(dir, "none/x", NULL, 0600, &dropped), -ENOENT);
}

/*
 * What a kill between two system calls leaves is reused by the next writer, whatever it contains.
 */
static void new_file_uses_up(void **state)
{
	cleanup_buf struct buf b = BUF_INIT;
	cleanup_close int fd = openat(dir, ".", O_WRONLY | O_TMPFILE, 0600);
	struct err e;
	int before;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, "new", 3), 0);
	assert_int_equal(file_write_atomic(dir, "used", "old", 3, 0600, &e), 0);
	before = count_entries();
	assert_int_equal(file_write_atomic(dir, "left", "of another", 10, 0600, &e), 0);
	assert_int_equal(new_file_link(fd, dir, "left", "used"), 0);
	assert_int_equal(file_read(dir, "used", 100, &b, &e), 0);
	assert_string_equal(b.data, "new");
	assert_int_equal(count_entries(), before);
}

static void folders(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(fchdir(dir), 0);
	assert_int_equal(file_mkdirs("m/a//b/c", 0700, &e), 0);
	assert_int_equal(file_mkdirs("m/a/b/c/", 0700, &e), 0);
	assert_int_equal(file_mkdirs("m", 0700, &e), 0);
	assert_int_equal(file_mkdirs("/", 0700, &e), 0);
	assert_int_equal(file_write_atomic(dir, "m/file", "", 0, 0600, &e), 0);
	assert_int_equal(file_mkdirs("m/file", 0700, &e), -ENOTDIR);
	assert_int_equal(file_mkdirs("m/file/x", 0700, &e), -ENOTDIR);
	assert_int_equal(file_mkdirs("", 0700, &e), -ENOENT);
	assert_int_equal(chdir("/"), 0);
}

static void removing(void **state)
{
	struct stat st;
	struct err e;
	int fd;

	(void)state;
	assert_int_equal(file_remove_tree(dir, "not-there", &e), 0);
	assert_int_equal(file_write_atomic(dir, "keep", "", 0, 0600, &e), 0);
	assert_int_equal(mkdirat(dir, "kept", 0700), 0);
	assert_int_equal(file_write_atomic(dir, "kept/inner", "", 0, 0600, &e), 0);

	assert_int_equal(mkdirat(dir, "rm", 0700), 0);
	assert_int_equal(symlinkat("../kept", dir, "rm/link"), 0);
	assert_int_equal(symlinkat(top, dir, "rm/abs"), 0);
	assert_int_equal(mkfifoat(dir, "rm/fifo", 0), 0);
	assert_int_equal(file_write_atomic(dir, "rm/.deep-0", "", 0, 0, &e), 0);
	assert_int_equal(mkdirat(dir, "rm/.deep-1", 0700), 0);
	assert_int_equal(file_write_atomic(dir, "rm/.deep-1/x", "", 0, 0, &e), 0);

	/* 1,500 directories deep, the last ones inaccessible to their owner */
	fd = openat(dir, "rm", O_PATH | O_CLOEXEC);
	for (int i = 0; i < 1500; i++) {
		int next;

		assert_int_equal(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_PATH | O_CLOEXEC);
		assert_int_equal(symlinkat("../..", fd, "l"), 0);
		close(fd);
		fd = next;
	}
	assert_int_equal(mkdirat(fd, "shut", 0700), 0);
	assert_int_equal(mkdirat(fd, "shut/inner", 0), 0);
	assert_int_equal(fchmodat(fd, "shut", 0, 0), 0);
	close(fd);

	assert_int_equal(file_remove_tree(dir, "rm", &e), 0);
	assert_int_equal(fstatat(dir, "rm", &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(fstatat(dir, "kept/inner", &st, 0), 0);

	assert_int_equal(symlinkat("kept", dir, "rmlink"), 0);
	assert_int_equal(file_remove_tree(dir, "rmlink", &e), 0);
	assert_int_equal(fstatat(dir, "kept/inner", &st, 0), 0);
}

static void locking(void **state)
{
	cleanup_close int a = openat(dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cleanup_close int b = openat(dir, "lock", O_RDWR | O_CLOEXEC);
	struct err e;

	(void)state;
	assert_int_equal(file_lock(a, "lock", &e), 0);
	assert_false(file_trylock(b));
	close_fd(&a);
	assert_true(file_trylock(b));
}

static void kv_round_trip(void **state)
{
	static const char *const values[] = {
		"plain", "", " two  words ", "a\nb\r\nc\n", "100%", "%0A", "%250A%", "\\n\t'\"\xff",
	};
	cleanup_kv struct kv out = {0}, in = {0};
	char key[16];
	struct err e;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(key, sizeof(key), "key%zu", i);
		kv_set(&out, key, "replaced");
		kv_set(&out, key, values[i]);
	}
	kv_set(&out, "null", NULL);
	assert_int_equal(kv_write(&out, dir, "kv", &e), 0);
	assert_int_equal(kv_read(&in, dir, "kv", &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		snprintf(key, sizeof(key), "key%zu", i);
		assert_string_equal(kv_get(&in, key), values[i]);
	}
	assert_null(kv_get(&in, "null"));
	assert_null(kv_get(&in, "missing"));
}

static void kv_damaged(void **state)
{
	static const char text[] = "a 1\n\nbare\na 2\nbad %zz%\ncut off";
	cleanup_kv struct kv kv = {0};
	const size_t most = 1 << 20; /* the limit of kv.c */
	cleanup_free char *big = xcalloc(1, most + 1);
	struct err e;

	(void)state;
	assert_int_equal(file_write_atomic(dir, "kv", text, sizeof(text) - 1, 0600, &e), 0);
	assert_int_equal(kv_read(&kv, dir, "kv", &e), 0);
	assert_string_equal(kv_get(&kv, "a"), "2");
	assert_string_equal(kv_get(&kv, "bare"), "");
	assert_string_equal(kv_get(&kv, "bad"), "%zz%");
	assert_null(kv_get(&kv, "cut"));
	assert_int_equal(file_write_atomic(dir, "kv", big, most + 1, 0600, &e), 0);
	assert_int_equal(kv_read(&kv, dir, "kv", &e), -EFBIG);
	assert_int_equal(file_write_atomic(dir, "kv", big, most, 0600, &e), 0);
	assert_int_equal(kv_read(&kv, dir, "kv", &e), 0);
}

static void walking(void **state)
{
	static const char *const names[] = {"b", ".c", "a", "..d", "\xff"};
	cleanup_strv struct strv got = {0};
	cleanup_dir struct dir d = {0};
	struct err e;
	int fd, n = 0;

	(void)state;
	assert_int_equal(mkdirat(dir, "walk", 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		cleanup_free char *path = xasprintf("walk/%s", names[i]);

		assert_int_equal(mkdirat(dir, path, 0700), 0);
	}
	assert_int_equal(dir_names(dir, "walk", &got, &e), 0);
	assert_int_equal(got.n, ARRAY_SIZE(names));
	assert_string_equal(got.v[0], "..d");
	assert_string_equal(got.v[1], ".c");
	assert_string_equal(got.v[2], "a");
	assert_string_equal(got.v[4], "\xff");
	assert_int_equal(dir_open(&d, dir, "walk", &e), 0);
	while (dir_next(&d, &e) > 0) {
		assert_int_equal(d.type, DT_DIR);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(names));
	assert_int_equal(dir_next(&d, &e), 0);
	/* A directory that is removed while it is walked is at its end. */
	dir_close(&d);
	assert_int_equal(dir_next(&d, &e), 0);
	assert_int_equal(dir_open(&d, dir, "walk/a", &e), 0);
	assert_int_equal(unlinkat(dir, "walk/a", AT_REMOVEDIR), 0);
	assert_int_equal(dir_next(&d, &e), 0);
	dir_close(&d);

	/* Errors are reported, and no part of the list is returned. */
	assert_int_equal(dir_open(&d, dir, "walk/none", &e), -ENOENT);
	assert_string_equal(e.msg, "cannot list 'walk/none': No such file or directory");
	assert_int_equal(file_write_atomic(dir, "plain", "", 0, 0600, &e), 0);
	assert_int_equal(dir_names(dir, "plain", &got, &e), -ENOTDIR);
	fd = openat(dir, "walk", O_PATH | O_CLOEXEC);
	assert_int_equal(dir_take_names(&fd, "walk", &got, &e), -EBADF);
	assert_int_equal(fd, -1);
	assert_int_equal(got.n, ARRAY_SIZE(names));
}

static void patterns(void **state)
{
	cleanup_free char *all = xasprintf("%s//match/*/x[12]", top);
	cleanup_free char *one = xasprintf("%s/match/q\\*/x2", top);
	cleanup_strv struct strv got = {0};
	struct err e;

	(void)state;
	assert_int_equal(mkdirat(dir, "match", 0700), 0);
	for (const char *const *p = (const char *const[]){"q*", "p", ".h", NULL}; *p; p++) {
		cleanup_free char *path = xasprintf("match/%s", *p), *x1 = path_join(path, "x1"),
				  *x2 = path_join(path, "x2"), *x3 = path_join(path, "x3");

		assert_int_equal(mkdirat(dir, path, 0700), 0);
		assert_int_equal(file_write_atomic(dir, x1, "", 0, 0600, &e), 0);
		assert_int_equal(symlinkat("nowhere", dir, x2), 0);
		assert_int_equal(mkdirat(dir, x3, 0700), 0);
	}
	assert_int_equal(file_write_atomic(dir, "match/file", "", 0, 0600, &e), 0);
	assert_int_equal(dir_match(all, &got, &e), 0);
	assert_int_equal(got.n, 4);
	assert_true(ends_with(got.v[0], "/match/p/x1"));
	assert_true(ends_with(got.v[3], "/match/q*/x2"));
	strv_clear(&got);
	assert_int_equal(dir_match(one, &got, &e), 0);
	assert_int_equal(got.n, 1);
	assert_int_equal(dir_match("/nowhere/*", &got, &e), 0);
	assert_int_equal(dir_match("/dev/null/*", &got, &e), 0);
	assert_int_equal(got.n, 1);
}

/*
 * Deeper than descriptors and path lengths allow, with a hard link and an inaccessible directory.
 */
static void usage(void **state)
{
	cleanup_close int at = -1, next = -1;
	struct stat file, folder;
	uint64_t bytes;
	struct err e;
	bool whole;

	(void)state;
	assert_int_equal(mkdirat(dir, "deep", 0700), 0);
	at = openat(dir, "deep", O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_write_atomic(at, "f", top, sizeof(top), 0600, &e), 0);
	assert_int_equal(linkat(at, "f", at, "g", 0), 0);
	assert_int_equal(fstatat(at, "f", &file, 0), 0);
	for (int i = 0; i < 2000; i++) {
		assert_int_equal(mkdirat(at, "down", 0700), 0);
		next = openat(at, "down", O_RDONLY | O_CLOEXEC);
		close_fd(&at);
		at = take_fd(&next);
		assert_true(at >= 0);
	}
	assert_int_equal(fstat(at, &folder), 0);
	assert_int_equal(usage_of_tree(dir, "deep", &bytes, &whole, &e), 0);
	assert_true(whole);
	assert_true(bytes >=
		    (uint64_t)file.st_blocks * 512 + 2000 * (uint64_t)folder.st_blocks * 512);
	assert_int_equal(usage_of_tree(dir, "deep/f", &bytes, &whole, &e), 0);
	assert_int_equal(bytes, (uint64_t)file.st_blocks * 512 / 2);
	assert_int_equal(usage_of_tree(dir, "deep/none", &bytes, &whole, &e), -ENOENT);
	assert_int_equal(fchmodat(dir, "deep/down", 0400, 0), 0);
	assert_int_equal(usage_of_tree(dir, "deep", &bytes, &whole, &e), 0);
	assert_int_equal(whole, geteuid() == 0);
}

/* What file systems with whole seconds give: the last change may have come at the end of it. */
static void whole_seconds(void **state)
{
	const struct timespec whole = {100, 0}, fine = {100, 1}, half = {100, 500000000};
	cleanup_buf struct buf one = BUF_INIT, two = BUF_INIT, old = BUF_INIT;
	struct timespec now = {0};

	(void)state;
	assert_true(file_time_is_before(&fine, &half));
	assert_false(file_time_is_before(&half, &fine));
	assert_false(file_time_is_before(&half, &half));
	assert_false(file_time_is_before(&whole, &half));
	assert_true(file_time_is_before(&whole, &(struct timespec){101, 0}));
	assert_false(file_time_is_before(&(struct timespec){101, 0}, &half));

	assert_true(file_time_is_fresh(&whole, &half));
	assert_true(file_time_is_fresh(&whole, &(struct timespec){102, 999999999}));
	assert_false(file_time_is_fresh(&whole, &(struct timespec){103, 0}));
	assert_false(file_time_is_fresh(&fine, &half));
	/* The clock of a server may be ahead; what somebody has chosen is no change of now. */
	assert_true(file_time_is_fresh(&whole, &(struct timespec){98, 0}));
	assert_false(file_time_is_fresh(&whole, &(struct timespec){97, 999999999}));

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_nsec = 0;
	file_time_add(&now, &one);
	file_time_add(&now, &two);
	assert_string_not_equal(one.data, two.data);
	now.tv_nsec = 1;
	assert_false(file_time_is_fresh_now(&now));
	file_time_add(&whole, &old);
	assert_string_equal(old.data, "100.000000000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),
		cmocka_unit_test(writing),
		cmocka_unit_test(writing_passing),
		cmocka_unit_test(new_files),
		cmocka_unit_test(new_file_uses_up),
		cmocka_unit_test(folders),
		cmocka_unit_test(removing),
		cmocka_unit_test(locking),
		cmocka_unit_test(kv_round_trip),
		cmocka_unit_test(kv_damaged),
		cmocka_unit_test(walking),
		cmocka_unit_test(patterns),
		cmocka_unit_test(usage),
		cmocka_unit_test(whole_seconds),
	};

	umask(022);
	return cmocka_run_group_tests_name("base/file", tests, make_top, remove_top);
}
