/*
 * copy.c - copying the world-readable part of a tree.
 *
 * Follows no symlink and opens nothing but regular files and directories.
 */
#include "base/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/mem.h"

#define COPY_MAX_DEPTH 32

struct copy {
	bool (*skip)(const char *name);
	int depth;
};

static int copy_tree(struct copy *c, int from, int to, struct err *e);

/*
 * What has disappeared, or may not be read by this user, is left out; any other error fails the
 * copy.
 */
static int left_out(const char *name, struct err *e)
{
	return errno == ENOENT || errno == EACCES ? 0 : err_sys(e, errno, "cannot copy '%s'", name);
}

static int copy_link(int from, int to, const char *name, struct err *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(from, name, target, sizeof(target) - 1);

	if (n < 0)
		return left_out(name, e);
	target[n] = '\0';
	if (symlinkat(target, to, name) < 0)
		return err_sys(e, errno, "cannot copy link '%s'", name);
	return 0;
}

static int copy_file(int from, int to, const char *name, mode_t mode, struct err *e)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_close int out = -1;
	ssize_t n;

	if (in < 0)
		return left_out(name, e);
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(e, errno, "cannot copy '%s'", name);
	while ((n = sendfile(out, in, NULL, 1u << 20)) > 0)
		;
	if (n < 0 || fchmod(out, (mode & 0777) | 0600) < 0)
		return err_sys(e, errno, "cannot copy '%s'", name);
	return 0;
}

static int copy_dir(struct copy *c, int from, int to, const char *name, mode_t mode, struct err *e)
{
	cleanup_close int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	cleanup_close int out = -1;
	int r;

	if (in < 0)
		return left_out(name, e);
	if (mkdirat(to, name, (mode & 0777) | 0700) < 0)
		return err_sys(e, errno, "cannot copy '%s'", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_sys(e, errno, "cannot copy '%s'", name);
	if (c->depth >= COPY_MAX_DEPTH)
		return err_set(e, ELOOP, "'%s' is nested deeper than %d directories", name,
			       COPY_MAX_DEPTH);
	c->depth++;
	r = copy_tree(c, in, out, e);
	c->depth--;
	return r;
}

static int copy_entry(struct copy *c, int from, int to, const char *name, struct err *e)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return left_out(name, e);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, e);
	if (S_ISREG(st.st_mode) && st.st_mode & S_IROTH)
		return copy_file(from, to, name, st.st_mode, e);
	if (S_ISDIR(st.st_mode) && (st.st_mode & 05) == 05)
		return copy_dir(c, from, to, name, st.st_mode, e);
	return 0;
}

static int copy_tree(struct copy *c, int from, int to, struct err *e)
{
	cleanup_dir struct dir d = {0};
	int r = dir_open(&d, from, ".", e);

	while (r == 0 && (r = dir_next(&d, e)) > 0)
		r = c->skip(d.name) ? 0 : copy_entry(c, from, to, d.name, e);
	return r;
}

int copy_public_tree(int from, int to, bool (*skip)(const char *name), struct err *e)
{
	struct copy c = {.skip = skip};

	return copy_tree(&c, from, to, e);
}
