/*
 * settle_marks.c - removes whiteouts and opaque marks that hide nothing: a directory that does not
 * merge would list them as files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "image/layer/settle.h"
#include "image/layer/unpack.h"

int settle_open(const struct settle *s, const char *path, int *ret_fd, struct err *e)
{
	return path_open_nolinks(s->dir, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd, e);
}

int settle_open_parent(const struct settle *s, const char *path, int *ret_fd, struct err *e)
{
	size_t n = (size_t)(path_basename(path) - path);
	cleanup_free char *parent = xstrndup(path, n ? n - 1 : 0);

	return settle_open(s, parent, ret_fd, e);
}

bool settle_gone(int r)
{
	return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

void settle_keep_time(int fd, struct timespec ret[2])
{
	struct stat st = {0};

	fstat(fd, &st);
	ret[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	ret[1] = st.st_mtim;
}

static bool is_opaque(int fd)
{
	char value;

	return fgetxattr(fd, "user.overlay.opaque", &value, 1) == 1 && value == 'y';
}

/* Does a directory on the way hide the layers below? */
static bool is_below_opaque(const struct settle *s, const char *path)
{
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		cleanup_free char *prefix = xstrndup(path, (size_t)(slash - path));
		cleanup_close int fd = -1;
		struct err none;

		if (settle_open(s, prefix, &fd, &none) == 0 && is_opaque(fd))
			return true;
	}
	return false;
}

static int settle_whiteout(struct settle *s, const char *path, struct err *e)
{
	const char *name = path_basename(path);
	struct timespec times[2];
	cleanup_close int dir = -1;
	struct stat st;
	struct err none;
	size_t layer;
	int r = settle_open_parent(s, path, &dir, e);

	/* Entries of the layer may have replaced it or its directory. */
	if (r < 0)
		return settle_gone(r) ? 0 : r;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_whiteout(&st))
		return 0;
	if (!is_below_opaque(s, path) && view_lookup(&s->lower, path, &layer, &st, &none) == 0)
		return 0;
	settle_keep_time(dir, times);
	if (unlinkat(dir, name, 0) < 0)
		return err_sys(e, errno, "cannot remove a whiteout");
	futimens(dir, times);
	return 0;
}

/* Hides one name of the layers below. */
static int hide(struct settle *s, const char *name, struct err *e)
{
	cleanup_close int fd = -1;
	struct stat st;

	if (fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unpack_make_whiteout(s->dir, name, e);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (settle_open(s, name, &fd, e) < 0)
		return -e->code;
	strv_push(&s->notes.opaque, name);
	return fsetxattr(fd, "user.overlay.opaque", "y", 1, 0) < 0
		       ? err_sys(e, errno, "cannot mark the directory '%s' as opaque", name)
		       : 0;
}

/* Overlayfs ignores the opaque mark on a layer's root: each name needs its own whiteout. */
static int settle_root(struct settle *s, struct err *e)
{
	cleanup_strv struct strv names = {0};
	struct timespec times[2];
	int r = 0;

	if (!is_opaque(s->dir))
		return 0;
	settle_keep_time(s->dir, times);
	if (s->lower.n)
		r = view_list(&s->lower, "", &names, e);
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = hide(s, names.v[i], e);
	if (r == 0 && fremovexattr(s->dir, "user.overlay.opaque") < 0)
		r = err_sys(e, errno, "cannot remove a mark");
	futimens(s->dir, times);
	return r;
}

int settle_marks(struct settle *s, struct err *e)
{
	struct stat st;
	struct err none;
	size_t layer;
	int r = settle_root(s, e);

	for (size_t i = 0; r == 0 && i < s->notes.whiteouts.n; i++)
		r = settle_whiteout(s, s->notes.whiteouts.v[i], e);
	for (size_t i = 0; i < s->notes.opaque.n; i++) {
		const char *path = s->notes.opaque.v[i];
		cleanup_close int fd = -1;

		if (view_lookup(&s->lower, path, &layer, &st, &none) == 0 && S_ISDIR(st.st_mode))
			continue;
		if (settle_open(s, path, &fd, &none) == 0)
			fremovexattr(fd, "user.overlay.opaque");
	}
	return r;
}
