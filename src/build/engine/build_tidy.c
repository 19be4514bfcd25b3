/*
 * build_tidy.c - the launcher makes mount points in the box's upper directory, and two files in
 * /etc. A layer has none of them, as in Docker.
 *
 * What is not empty stays: something of the step is in it. Follows no symlinks: a mount point that
 * an image's symlink leads to stays too.
 */
#include "build/engine/build_tidy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/owner.h"
#include "base/path.h"

/* The owner that root of a box set; "" if there is none. */
static void read_mark(int fd, char ret[OWNER_MAX])
{
	ssize_t n = fgetxattr(fd, OWNER_XATTR, ret, OWNER_MAX - 1);

	ret[n > 0 ? n : 0] = '\0';
}

/* Is the directory like the one below it? Then it is only a copy. */
static bool is_untouched(int fd, int below)
{
	char names[1024], mark[OWNER_MAX], old_mark[OWNER_MAX];
	ssize_t n = flistxattr(fd, names, sizeof(names));
	struct stat st, old;

	if (n < 0 || fstat(fd, &st) < 0 || fstat(below, &old) < 0 ||
	    (st.st_mode & 07777) != (old.st_mode & 07777))
		return false;
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (!streq(name, "user.overlay.origin") && !streq(name, "user.overlay.impure") &&
		    !streq(name, OWNER_XATTR))
			return false;
	read_mark(fd, mark);
	read_mark(below, old_mark);
	return streq(mark, old_mark);
}

/* May the directory go, if it is empty? */
static bool is_launchers(int upper, const struct view *below, const char *path)
{
	cleanup_close int fd = -1, old = -1;
	struct err ignored;
	struct stat st;
	size_t layer;
	int r = view_lookup(below, path, &layer, &st, &ignored);

	if (r == -ENOENT || r == -ENOTDIR)
		return true;
	return r == 0 && S_ISDIR(st.st_mode) &&
	       path_open_nolinks(upper, path, O_RDONLY | O_DIRECTORY, 0, &fd, &ignored) == 0 &&
	       path_open_nolinks(below->layers[layer], path, O_RDONLY | O_DIRECTORY, 0, &old,
				 &ignored) == 0 &&
	       is_untouched(fd, old);
}

/* Opens the directory that path is in: -ENOENT if it, too, is not in the upper. */
static int open_parent(int upper, const char *path, int *ret_fd)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(path_basename(path) - path));
	struct err ignored;
	int r;

	dir[strlen(dir) - (ends_with(dir, "/") && dir[1])] = '\0';
	r = path_open_nolinks(upper, *dir && !streq(dir, "/") ? dir : ".", O_PATH | O_DIRECTORY, 0,
			      ret_fd, &ignored);
	return r < 0 ? -ENOENT : 0;
}

static bool is_empty_file(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       st.st_size == 0;
}

/* The mount point and, as long as they are empty, the directories around it. */
static void remove_point(int upper, const struct view *below, const char *point)
{
	cleanup_free char *path = xstrdup(point);
	bool first = true;

	while (path[0] && path[1]) {
		cleanup_close int dir = -1;
		const char *name = path_basename(path);
		struct err ignored;
		struct stat st;
		size_t layer;

		if (open_parent(upper, path, &dir) < 0)
			; /* it was not even made */
		else if (first && is_empty_file(dir, name)) {
			if (view_lookup(below, path, &layer, &st, &ignored) == -ENOENT)
				unlinkat(dir, name, 0);
		} else if (!is_launchers(upper, below, path) ||
			   (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)) {
			return;
		}
		first = false;
		path[name - path - (name - path > 1)] = '\0';
	}
}

static int remove_file(int upper, const char *path, struct err *e)
{
	cleanup_close int dir = -1;

	if (open_parent(upper, path, &dir) < 0 || unlinkat(dir, path_basename(path), 0) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_sys(e, errno, "cannot remove '%s' of the layer", path);
}

int build_tidy(int upper, const struct view *below, const struct strv *mounts, struct err *e)
{
	static const char *const files[] = {"/etc/hosts", "/etc/resolv.conf"};
	static const char *const points[] = {"/proc", "/sys", "/dev"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		r = remove_file(upper, files[i], e);
		remove_point(upper, below, files[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(points); i++)
		remove_point(upper, below, points[i]);
	for (size_t i = 0; i < mounts->n; i++)
		remove_point(upper, below, mounts->v[i]);
	return r;
}
