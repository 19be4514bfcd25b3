/*
 * build_tidy.c - the launcher makes mount points in the box's upper directory, two files in /etc, and
 * a symlink for sudo. A layer has none of them, as in Docker.
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
#include "launch/box_paths.h"

/* The owner that root of a box set; "" if there is none. */
static int read_mark(int fd, char ret[OWNER_MAX], struct err *e)
{
	ssize_t n = fgetxattr(fd, OWNER_XATTR, ret, OWNER_MAX - 1);

	if (n < 0 && errno != ENODATA && errno != EOPNOTSUPP)
		return err_sys(e, errno, "cannot read the attributes of a mount point");
	ret[n > 0 ? n : 0] = '\0';
	return 0;
}

/* Has it another attribute than those that a copy has? More than fit are others, too. */
static int has_attributes(int fd, struct err *e)
{
	char names[1024];
	ssize_t n = flistxattr(fd, names, sizeof(names));

	if (n < 0 && errno != ERANGE)
		return err_sys(e, errno, "cannot read the attributes of a mount point");
	for (const char *name = names; name < names + n; name += strlen(name) + 1)
		if (!streq(name, "user.overlay.origin") && !streq(name, "user.overlay.impure") &&
		    !streq(name, OWNER_XATTR))
			return 1;
	return n < 0;
}

/* Is the directory like the one below it? Then it is only a copy: 1, else 0. */
static int is_untouched(int fd, int below, struct err *e)
{
	char mark[OWNER_MAX], old_mark[OWNER_MAX];
	struct stat st, old;
	int r;

	if (fstat(fd, &st) < 0 || fstat(below, &old) < 0)
		return err_sys(e, errno, "cannot look at a mount point");
	if ((st.st_mode & 07777) != (old.st_mode & 07777))
		return 0;
	r = has_attributes(fd, e);
	if (r != 0)
		return r < 0 ? r : 0;
	r = read_mark(fd, mark, e);
	if (r == 0)
		r = read_mark(below, old_mark, e);
	return r < 0 ? r : streq(mark, old_mark);
}

/* Nothing is there, or what no launcher made: a symlink, or a file on the way. */
static bool is_elsewhere(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* May the directory go, if it is empty? 1 or 0. */
static int is_launchers(int upper, const struct view *below, const char *path, struct err *e)
{
	cleanup_close int fd = -1, old = -1;
	struct stat st;
	size_t layer;
	int r = view_lookup(below, path, &layer, &st, e);

	if (r == -ENOENT || r == -ENOTDIR)
		return 1;
	if (r < 0 || !S_ISDIR(st.st_mode))
		return r < 0 ? r : 0;
	r = path_open_nolinks(upper, path, O_RDONLY | O_DIRECTORY, 0, &fd, e);
	if (r == 0)
		r = path_open_nolinks(below->layers[layer], path, O_RDONLY | O_DIRECTORY, 0, &old,
				      e);
	if (r < 0)
		return is_elsewhere(r) ? 0 : r;
	return is_untouched(fd, old, e);
}

/* Opens the directory that path is in: 1; 0 if it, too, is not in the upper. */
static int open_parent(int upper, const char *path, int *ret_fd, struct err *e)
{
	cleanup_free char *dir = xstrndup(path, (size_t)(path_basename(path) - path));
	int r;

	dir[strlen(dir) - (ends_with(dir, "/") && dir[1])] = '\0';
	r = path_open_nolinks(upper, *dir && !streq(dir, "/") ? dir : ".", O_PATH | O_DIRECTORY, 0,
			      ret_fd, e);
	if (r < 0)
		return is_elsewhere(r) ? 0 : r;
	return 1;
}

static int remove_name(int dir, const char *name, int flags, struct err *e)
{
	if (unlinkat(dir, name, flags) == 0 || errno == ENOENT)
		return 1;
	if (flags && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR))
		return 0;
	return err_sys(e, errno, "cannot remove the mount point '%s' of the layer", name);
}

/* An empty file over which something was mounted, unless the image has one. */
static int remove_empty_file(int dir, const char *name, const struct view *below, const char *path,
			     struct err *e)
{
	struct stat st;
	size_t layer;
	int r = view_lookup(below, path, &layer, &st, e);

	if (r == -ENOENT || r == -ENOTDIR)
		return remove_name(dir, name, 0, e);
	return r < 0 ? r : 1;
}

/* One of the components, the first one may be a file. 0: it stays, and so do those above it. */
static int remove_component(int upper, const struct view *below, const char *path, bool first,
			    struct err *e)
{
	const char *name = path_basename(path);
	cleanup_close int dir = -1;
	struct stat st;
	int r = open_parent(upper, path, &dir, e);

	if (r <= 0)
		return r < 0 ? r : 1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 1
			       : err_sys(e, errno, "cannot look at the mount point '%s'", path);
	if (first && S_ISREG(st.st_mode) && st.st_size == 0)
		return remove_empty_file(dir, name, below, path, e);
	r = is_launchers(upper, below, path, e);
	return r > 0 ? remove_name(dir, name, AT_REMOVEDIR, e) : r;
}

/* The mount point and, as long as they are empty, the directories around it. */
static int remove_point(int upper, const struct view *below, const char *point, struct err *e)
{
	cleanup_free char *path = xstrdup(point);
	bool first = true;
	int r = 1;

	while (r > 0 && path[0] && path[1]) {
		const char *name = path_basename(path);

		r = remove_component(upper, below, path, first, e);
		first = false;
		path[name - path - (name - path > 1)] = '\0';
	}
	return r < 0 ? r : 0;
}

static int remove_file(int upper, const char *path, struct err *e)
{
	cleanup_close int dir = -1;
	int r = open_parent(upper, path, &dir, e);

	if (r <= 0 || unlinkat(dir, path_basename(path), 0) == 0 || errno == ENOENT)
		return r < 0 ? r : 0;
	return err_sys(e, errno, "cannot remove '%s' of the layer", path);
}

/* The symlink that makes a step's sudo ours. */
static int remove_sudo(int upper, const struct view *below, struct err *e)
{
	static const char path[] = "/" BOX_SUDO_LINK;
	char target[sizeof(BOX_SUDO_BIN)];
	cleanup_close int dir = -1;
	int r = open_parent(upper, path, &dir, e);
	ssize_t n;

	if (r <= 0)
		return r;
	n = readlinkat(dir, path_basename(path), target, sizeof(target));
	if (n != (ssize_t)strlen(BOX_SUDO_BIN) || memcmp(target, BOX_SUDO_BIN, (size_t)n) != 0)
		return 0;
	r = remove_file(upper, path, e);
	return r < 0 ? r : remove_point(upper, below, path, e);
}

int build_tidy(int upper, const struct view *below, const struct strv *mounts, struct err *e)
{
	static const char *const files[] = {"/etc/hosts", "/etc/resolv.conf"};
	static const char *const points[] = {"/proc", "/sys", "/dev", BOX_RUN_DIR};
	int r = remove_sudo(upper, below, e);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(files); i++) {
		r = remove_file(upper, files[i], e);
		if (r == 0)
			r = remove_point(upper, below, files[i], e);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(points); i++)
		r = remove_point(upper, below, points[i], e);
	for (size_t i = 0; r == 0 && i < mounts->n; i++)
		r = remove_point(upper, below, mounts->v[i], e);
	return r;
}
