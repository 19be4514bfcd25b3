/*
 * test_base_file.c - reading with a bound, atomic writes, folders, removal of hostile trees, locks,
 * and the flat key-value files built on them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/kv.h"

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

	/* says that it is empty, and is not */
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
	cleanup_closedir DIR *d = opendir(top);
	int n = 0;

	while (readdir(d))
		n++;
	return n;
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
	/* a link is replaced, not written through */
	assert_int_equal(symlinkat("w", dir, "link"), 0);
	assert_int_equal(file_write_atomic(dir, "link", "x", 1, 0600, &e), 0);
	assert_int_equal(fstatat(dir, "w", &st, 0), 0);
	assert_int_equal(st.st_size, 5);
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

	/* 1,500 folders deep, the last ones shut to their owner */
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
	const size_t most = 1 << 20; /* as kv.c has it */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reading),    cmocka_unit_test(writing),
		cmocka_unit_test(folders),    cmocka_unit_test(removing),
		cmocka_unit_test(locking),    cmocka_unit_test(kv_round_trip),
		cmocka_unit_test(kv_damaged),
	};

	umask(022);
	return cmocka_run_group_tests_name("base/file", tests, make_top, remove_top);
}
