/*
 * test_base_path.c - the resolver beneath a root, by openat2(2) and by the walk: each case runs
 * with both, and both must agree.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

static char outer[] = "/tmp/test-path-XXXXXX"; /* the root is outer/root */
static int root;

static void put(int dirfd, const char *path, const char *text)
{
	cleanup_close int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write_all(fd, text, strlen(text)), 0);
}

/*
 * outer/secret; root/: dir/file, dir/sub/, secret (another one), fifo, and symlinks that try to
 * leave.
 */
static int make_tree(void **state)
{
	static const struct {
		const char *name, *text;
	} links[] = {
		{"abs", "/dir"},
		{"rel", "dir/sub/.."},
		{"up", "../../../../secret"},
		{"absup", "/../../secret"},
		{"loop", "loop"},
		{"chain", "abs/../rel/file"},
		{"dangling", "/no/where"},
		{"tofifo", "fifo"},
		{"magic", "/proc/self/root"},
		{"dir/back", "../secret"},
		{"hop", "./abs//sub/."},
	};
	int top;

	(void)state;
	if (!mkdtemp(outer))
		return -1;
	top = open(outer, O_PATH | O_DIRECTORY | O_CLOEXEC);
	put(top, "secret", "outside");
	if (mkdirat(top, "root", 0755) < 0)
		return -1;
	root = openat(top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	close(top);
	if (mkdirat(root, "dir", 0755) < 0 || mkdirat(root, "dir/sub", 0755) < 0 ||
	    mkfifoat(root, "fifo", 0600) < 0)
		return -1;
	put(root, "secret", "inside");
	put(root, "dir/file", "file");
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].text, root, links[i].name) < 0)
			return -1;
	return 0;
}

static int remove_tree(void **state)
{
	struct err e;

	(void)state;
	close(root);
	return file_remove_tree(AT_FDCWD, outer, &e);
}

/* The result of reading path: its content, or the name of the error. */
static const char *content(const char *path, bool no_links)
{
	static char text[64];
	cleanup_close int fd = -1;
	struct err e = {0};
	ssize_t n;
	int r;

	r = no_links ? path_open_nolinks(root, path, O_RDONLY | O_NONBLOCK, 0, &fd, &e)
		     : path_open_beneath(root, path, O_RDONLY | O_NONBLOCK, 0, &fd, &e);
	if (r < 0) {
		assert_int_equal(r, -e.code);
		assert_non_null(strstr(e.msg, path));
		assert_int_equal(fd, -1);
		return strerrorname_np(-r);
	}
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return strerrorname_np(errno);
	text[n] = '\0';
	return text;
}

static void open_beneath(void **state)
{
	static const struct {
		const char *path, *want, *want_no_links;
	} cases[] = {
		{"dir/file", "file", NULL},
		{"/dir/file", "file", NULL},
		{"//dir/.//file", "file", NULL},
		{"dir/sub/../file", "file", NULL},
		{"..", "EISDIR", NULL},
		{"/", "EISDIR", NULL},
		{".", "EISDIR", NULL},
		{"", "ENOENT", NULL},
		{"../../secret", "inside", NULL},
		{"dir/../../../secret", "inside", NULL},
		{"dir/file/", "ENOTDIR", NULL},
		{"dir/file/x", "ENOTDIR", NULL},
		{"dir/sub/", "EISDIR", NULL},
		{"no/file", "ENOENT", NULL},
		{"dir/no", "ENOENT", NULL},
		{"fifo", "", NULL},
		{"fifo/x", "ENOTDIR", NULL},
		{"abs/file", "file", "ELOOP"},
		{"rel/file", "file", "ELOOP"},
		{"up", "inside", "ELOOP"},
		{"absup", "inside", "ELOOP"},
		{"chain", "file", "ELOOP"},
		{"hop/../file", "file", "ELOOP"},
		{"dir/back", "inside", "ELOOP"},
		{"abs/back", "inside", "ELOOP"},
		{"loop", "ELOOP", "ELOOP"},
		{"loop/x", "ELOOP", "ELOOP"},
		{"dangling", "ENOENT", "ELOOP"},
		{"tofifo", "", "ELOOP"},
		{"magic/etc/passwd", "ENOENT", "ELOOP"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *path = cases[i].path, *want = cases[i].want_no_links;

		assert_string_equal(content(path, false), cases[i].want);
		assert_string_equal(content(path, true), want ? want : cases[i].want);
	}
}

static void open_flags(void **state)
{
	struct err e;
	struct stat st;
	int fd = -1;

	(void)state;
	/* O_NOFOLLOW is about the last component */
	assert_int_equal(path_open_beneath(root, "up", O_RDONLY | O_NOFOLLOW, 0, &fd, &e), -ELOOP);
	assert_int_equal(path_open_beneath(root, "abs/back", O_PATH | O_NOFOLLOW, 0, &fd, &e), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	close_fd(&fd);
	assert_int_equal(path_open_beneath(root, "abs/file", O_PATH | O_DIRECTORY, 0, &fd, &e),
			 -ENOTDIR);
	assert_int_equal(path_open_beneath(root, "abs", O_RDONLY | O_DIRECTORY, 0, &fd, &e), 0);
	close_fd(&fd);

	/* creating: through a symlink, but not with O_EXCL */
	unlinkat(root, "made", 0);
	assert_int_equal(
		path_open_beneath(root, "abs/../made", O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &e),
		0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close_fd(&fd);
	assert_int_equal(path_open_beneath(root, "up", O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &e),
			 -EEXIST);
	assert_int_equal(path_open_beneath(root, "dangling", O_WRONLY | O_CREAT, 0600, &fd, &e),
			 -ENOENT);
}

static void many_links(void **state)
{
	char name[16], text[16];
	struct err e;
	int fd = -1;

	(void)state;
	assert_int_equal(symlinkat("secret", root, "l0"), 0);
	for (int i = 1; i <= 40; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		snprintf(text, sizeof(text), "l%d", i - 1);
		assert_int_equal(symlinkat(text, root, name), 0);
	}
	assert_int_equal(path_open_beneath(root, "l39", O_RDONLY, 0, &fd, &e), 0);
	close_fd(&fd);
	assert_int_equal(path_open_beneath(root, "l40", O_RDONLY, 0, &fd, &e), -ELOOP);
	for (int i = 0; i <= 40; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		unlinkat(root, name, 0);
	}
}

static void mkdirs(void **state)
{
	cleanup_close int fd = -1;
	struct stat st, outside;
	struct err e;

	(void)state;
	assert_int_equal(path_mkdirs_beneath(root, "new/er/est/", 0700, &fd, &e), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	close_fd(&fd);
	assert_int_equal(fstatat(root, "new/er", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(path_mkdirs_beneath(root, "/new/er/est", 0755, &fd, &e), 0);
	close_fd(&fd);
	assert_int_equal(path_mkdirs_beneath(root, "/", 0755, &fd, &e), 0);
	close_fd(&fd);
	assert_int_equal(path_mkdirs_beneath(root, "abs/sub/x/../y", 0755, &fd, &e), 0);
	close_fd(&fd);
	assert_int_equal(fstatat(root, "dir/sub/y", &st, AT_SYMLINK_NOFOLLOW), 0);

	/* not a directory */
	assert_int_equal(path_mkdirs_beneath(root, "dir/file", 0755, &fd, &e), -ENOTDIR);
	assert_int_equal(path_mkdirs_beneath(root, "dir/file/x", 0755, &fd, &e), -ENOTDIR);
	assert_int_equal(path_mkdirs_beneath(root, "fifo/x", 0755, &fd, &e), -ENOTDIR);
	assert_int_equal(path_mkdirs_beneath(root, "loop/x", 0755, &fd, &e), -ELOOP);

	/* symlinks that lead out, and a dangling one, end beneath the root */
	assert_int_equal(symlinkat("../../out", root, "leave"), 0);
	assert_int_equal(path_mkdirs_beneath(root, "leave/x", 0755, &fd, &e), 0);
	assert_int_equal(fstatat(root, "out/x", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(fstatat(root, "../out", &outside, AT_SYMLINK_NOFOLLOW), -1);

	/* nolinks: follows none, and none stands for a missing directory */
	assert_int_equal(path_mkdirs_nolinks(root, "new/er/still", 0700, &fd, &e), 0);
	close_fd(&fd);
	assert_int_equal(path_mkdirs_nolinks(root, "abs/sub", 0755, &fd, &e), -ELOOP);
	assert_int_equal(path_mkdirs_nolinks(root, "abs/sub/z", 0755, &fd, &e), -ELOOP);
	assert_int_equal(path_mkdirs_nolinks(root, "new/er/../../leave/z", 0755, &fd, &e), -ELOOP);
	assert_int_equal(path_mkdirs_nolinks(root, "dir/file/x", 0755, &fd, &e), -ENOTDIR);
	assert_int_equal(fstatat(root, "out/z", &st, AT_SYMLINK_NOFOLLOW), -1);

	assert_int_equal(unlinkat(root, "leave", 0), 0);
	assert_int_equal(file_remove_tree(root, "new", &e), 0);
	assert_int_equal(file_remove_tree(root, "out", &e), 0);
	assert_int_equal(file_remove_tree(root, "dir/sub/x", &e), 0);
	assert_int_equal(file_remove_tree(root, "dir/sub/y", &e), 0);
}

/*
 * Somebody continually exchanges a directory with a symlink that leads out: the outside is never
 * read or written.
 */
static void swapped(void **state)
{
	struct err e;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdirat(root, "swap", 0755), 0);
	assert_int_equal(symlinkat("../", root, "evil"), 0);
	pid = fork();
	if (pid == 0) {
		alarm(60); /* in case the test dies */
		for (;;)
			renameat2(root, "swap", root, "evil", RENAME_EXCHANGE);
	}
	for (int i = 0; i < 2000; i++) {
		cleanup_close int fd = -1;

		assert_string_not_equal(content("swap/secret", false), "outside");
		assert_string_not_equal(content("swap/../secret", false), "outside");
		assert_string_not_equal(content("evil/secret", true), "outside");
		path_mkdirs_beneath(root, "swap/planted/deeper", 0755, &fd, &e);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(faccessat(root, "../planted", F_OK, 0), -1);
	assert_int_equal(file_remove_tree(root, "swap", &e), 0);
	assert_int_equal(file_remove_tree(root, "evil", &e), 0);
	assert_int_equal(file_remove_tree(root, "planted", &e), 0);
}

static void lexical(void **state)
{
	static const struct {
		const char *base, *path, *want;
	} cases[] = {
		{"/a/b", "c", "/a/b/c"},
		{"/a/b", "/c", "/c"},
		{"/a/b", "..", "/a"},
		{"/a/b", "../../../c", "/c"},
		{"/a//b/", "./c/.", "/a/b/c"},
		{"/", "", "/"},
		{"/", "..", "/"},
		{"/a", "../..", "/"},
		{"/a", "...", "/a/..."},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_free char *got = path_normalize(cases[i].base, cases[i].path);

		assert_string_equal(got, cases[i].want);
	}
	assert_true(path_is_beneath("/a/b", "/a"));
	assert_true(path_is_beneath("/a", "/a"));
	assert_true(path_is_beneath("/a", "/"));
	assert_false(path_is_beneath("/ab", "/a"));
	assert_false(path_is_beneath("/", "/a"));
	assert_string_equal(path_basename("/a/b"), "b");
	assert_string_equal(path_basename("b"), "b");

	cleanup_free char *joined = path_join("/", "x"), *deeper = path_join("/a", "x");

	assert_string_equal(joined, "/x");
	assert_string_equal(deeper, "/a/x");
}

/* What /proc says and what is found without it are the same. */
static void real(void **state)
{
	static const char *const ways[] = {"real/dir",	"link/dir",  "real/../real/dir",
					   "real//dir", "real/dir/", "./real/dir"};
	char dir[] = "/tmp/test-path.XXXXXX", *none;
	cleanup_free char *top = realpath(mkdtemp(dir), NULL);
	cleanup_free char *want = path_join(top, "real/dir"), *parent = path_join(top, "real");
	cleanup_free char *link = path_join(top, "link");
	int fd = -1;

	(void)state;
	assert_int_equal(mkdir(parent, 0755), 0);
	assert_int_equal(mkdir(want, 0755), 0);
	assert_int_equal(symlink("real", link), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		cleanup_free char *path = path_join(top, ways[i]);

		assert_int_equal(path_is_real(path), i == 0);
		assert_int_equal(path_open_real(&path, O_DIRECTORY, &fd), 0);
		assert_string_equal(path, want);
		close_fd(&fd);
	}
	none = path_join(top, "none");
	assert_false(path_is_real(none));
	assert_int_equal(path_open_real(&none, O_DIRECTORY, &fd), -ENOENT);
	free(none);
	assert_int_equal(chdir(top), 0);
	assert_false(path_is_real("real"));
	unlink(link);
	rmdir(want);
	rmdir(parent);
	assert_int_equal(chdir("/"), 0);
	rmdir(top);
}

static int with_kernel(void **state)
{
	(void)state;
	path_force_walk(false);
	return 0;
}

static int with_walk(void **state)
{
	(void)state;
	path_force_walk(true);
	return 0;
}

#define BOTH(test)                                 \
	cmocka_unit_test_setup(test, with_kernel), \
		cmocka_unit_test_setup_teardown(test, with_walk, with_kernel)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(open_beneath), BOTH(open_flags),	       BOTH(many_links),       BOTH(mkdirs),
		BOTH(swapped),	    cmocka_unit_test(lexical), cmocka_unit_test(real),
	};

	umask(022);
	return cmocka_run_group_tests_name("base/path", tests, make_tree, remove_tree);
}
