/*
 * compare.c - compares two trees.
 *
 * Promises a limited number of descriptors however deep they are: directories still to be visited
 * are kept as paths. A file that is the same inode in both (a hard link into a layer below) is not
 * read.
 */
#include "image/layer/compare.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/capability.h"
#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define READ_BYTES (256u << 10)

struct comparison {
	const struct layer_tree *made, *there;
	struct strv folders; /* still to be compared */
	char *buffers;	     /* two of READ_BYTES; or of XATTR_SIZE_MAX */
	char *what;	     /* first difference, once there is one */
};

static int differs(struct comparison *c, const char *path, const char *how)
{
	char quoted[400];

	c->what = xasprintf("'/%s' %s", err_quote(quoted, sizeof(quoted), path), how);
	return 1;
}

/* 1: they differ, or `there` cannot be read. */
static int compare_content(struct comparison *c, int made, int there, const char *path,
			   struct err *e)
{
	off_t at = 0;
	ssize_t n;

	do {
		n = file_read_at(made, c->buffers, READ_BYTES, at);
		if (n < 0)
			return err_sys(e, (int)-n, "cannot read '%s'", path);
		if (file_read_at(there, c->buffers + READ_BYTES, READ_BYTES, at) != n ||
		    memcmp(c->buffers, c->buffers + READ_BYTES, (size_t)n) != 0)
			return 1;
		at += n;
	} while (n > 0);
	return 0;
}

/* The attributes that our files can have; without the mark of capabilities if !marked. */
static void list_xattrs(int fd, bool marked, struct strv *ret)
{
	cleanup_free char *names = xcalloc(1, XATTR_LIST_MAX);
	ssize_t len = flistxattr(fd, names, XATTR_LIST_MAX);

	for (const char *n = names; len > 0 && n < names + len; n += strlen(n) + 1)
		if (starts_with(n, "user.") && (marked || !streq(n, CAPABILITY_MARK)))
			strv_push(ret, n);
}

static bool same_xattrs(struct comparison *c, int made, int there)
{
	cleanup_strv struct strv a = {0}, b = {0};
	/* A layer that an older program made has none. */
	bool marked = fgetxattr(there, CAPABILITY_MARK, NULL, 0) >= 0;

	list_xattrs(made, marked, &a);
	list_xattrs(there, marked, &b);
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		ssize_t n = fgetxattr(made, a.v[i], c->buffers, XATTR_SIZE_MAX);

		if (n < 0 ||
		    fgetxattr(there, a.v[i], c->buffers + READ_BYTES, XATTR_SIZE_MAX) != n ||
		    memcmp(c->buffers, c->buffers + READ_BYTES, (size_t)n) != 0)
			return false;
	}
	return true;
}

/* Two regular files, or two directories. */
static int compare_open(struct comparison *c, int made, int there, const char *path, bool content,
			struct err *e)
{
	int r = content ? compare_content(c, made, there, path, e) : 0;

	if (r != 0)
		return r < 0 ? r : differs(c, path, "has another content");
	return same_xattrs(c, made, there) ? 0 : differs(c, path, "has other attributes");
}

static int compare_files(struct comparison *c, int made_dir, int there_dir, const char *name,
			 const char *path, struct err *e)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	cleanup_close int made = openat(made_dir, name, flags),
			  there = openat(there_dir, name, flags);

	if (made < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	return there < 0 ? differs(c, path, "cannot be read")
			 : compare_open(c, made, there, path, true, e);
}

static bool same_link(struct comparison *c, int made_dir, int there_dir, const char *name)
{
	ssize_t n = readlinkat(made_dir, name, c->buffers, PATH_MAX);

	return n >= 0 && readlinkat(there_dir, name, c->buffers + READ_BYTES, PATH_MAX) == n &&
	       memcmp(c->buffers, c->buffers + READ_BYTES, (size_t)n) == 0;
}

static int compare_entry(struct comparison *c, int made_dir, int there_dir, const char *name,
			 const char *path, struct err *e)
{
	struct stat a, b;

	if (fstatat(made_dir, name, &a, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, errno, "cannot look at '%s'", path);
	if (fstatat(there_dir, name, &b, AT_SYMLINK_NOFOLLOW) < 0)
		return differs(c, path, "cannot be looked at");
	if ((a.st_mode & S_IFMT) != (b.st_mode & S_IFMT) || a.st_rdev != b.st_rdev)
		return differs(c, path, "is of another kind");
	if (a.st_ino == b.st_ino && a.st_dev == b.st_dev)
		return 0;
	if (a.st_mode != b.st_mode)
		return differs(c, path, "has another mode");
	if (S_ISDIR(a.st_mode)) {
		strv_push(&c->folders, path);
		return 0;
	}
	if (S_ISREG(a.st_mode) && a.st_size != b.st_size)
		return differs(c, path, "has another size");
	if (S_ISREG(a.st_mode)) {
		int r = compare_files(c, made_dir, there_dir, name, path, e);

		if (r != 0)
			return r;
	}
	if (S_ISLNK(a.st_mode) && !same_link(c, made_dir, there_dir, name))
		return differs(c, path, "leads elsewhere");
	/* A whiteout has the time at which it was made, which nobody sees. */
	if (S_ISCHR(a.st_mode))
		return 0;
	if (a.st_mtim.tv_sec != b.st_mtim.tv_sec || a.st_mtim.tv_nsec != b.st_mtim.tv_nsec)
		return differs(c, path, "has another time");
	return 0;
}

/* Both lists are sorted: finds the first name that only one of them has. */
static int compare_names(struct comparison *c, const struct strv *a, const struct strv *b,
			 const char *folder)
{
	for (size_t i = 0; i < a->n || i < b->n; i++) {
		int order = i == a->n ? 1 : i == b->n ? -1 : strcmp(a->v[i], b->v[i]);
		cleanup_free char *path = NULL;

		if (order == 0)
			continue;
		path = path_join(folder, order < 0 ? a->v[i] : b->v[i]);
		return differs(c, *folder ? path : path + 1,
			       order < 0 ? "is missing" : "does not belong there");
	}
	return 0;
}

static int open_folder(int root, const char *path, int *ret_fd, struct err *e)
{
	return path_open_nolinks(root, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd, e);
}

static int compare_folder(struct comparison *c, const char *folder, struct err *e)
{
	cleanup_close int made = -1, there = -1;
	cleanup_strv struct strv a = {0}, b = {0};
	struct err why;
	int r = open_folder(c->made->dir, folder, &made, e);

	if (r == 0)
		r = dir_names(made, ".", &a, e);
	if (r < 0)
		return r;
	if (open_folder(c->there->dir, folder, &there, &why) < 0 ||
	    dir_names(there, ".", &b, &why) < 0)
		return differs(c, folder, "cannot be read");
	r = compare_names(c, &a, &b, folder);
	if (r == 0)
		r = compare_open(c, made, there, folder, false, e);
	for (size_t i = 0; r == 0 && i < a.n; i++) {
		cleanup_free char *path = *folder ? path_join(folder, a.v[i]) : xstrdup(a.v[i]);

		r = compare_entry(c, made, there, a.v[i], path, e);
	}
	return r;
}

static int compare_metas(struct comparison *c, struct err *e)
{
	int r;

	if (c->there->meta < 0) {
		c->what = xstrdup("its .meta is missing");
		return 1;
	}
	r = compare_content(c, c->made->meta, c->there->meta, "a sidecar", e);
	if (r == 1)
		c->what = xstrdup("its .meta is damaged");
	return r;
}

/* The root's mode; others are compared by their parent. */
static int compare_roots(struct comparison *c, struct err *e)
{
	struct stat a, b;

	if (fstat(c->made->dir, &a) < 0 || fstat(c->there->dir, &b) < 0)
		return err_sys(e, errno, "cannot look at a layer");
	return a.st_mode == b.st_mode ? 0 : differs(c, "", "has another mode");
}

int layer_compare(const struct layer_tree *made, const struct layer_tree *there, char **ret_what,
		  struct err *e)
{
	struct comparison c = {.made = made, .there = there, .buffers = xcalloc(2, READ_BYTES)};
	int r = compare_metas(&c, e);

	if (r == 0)
		r = compare_roots(&c, e);
	if (r == 0)
		strv_push(&c.folders, "");
	while (r == 0 && c.folders.n) {
		cleanup_free char *folder = c.folders.v[--c.folders.n];

		c.folders.v[c.folders.n] = NULL;
		r = compare_folder(&c, folder, e);
	}
	if (r == 1)
		*ret_what = take_ptr(c.what);
	free(c.what);
	free(c.buffers);
	strv_clear(&c.folders);
	return r;
}
