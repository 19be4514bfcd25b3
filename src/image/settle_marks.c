/*
 * settle_marks.c - whiteouts and opaque marks that hide nothing go: a folder that does not merge would
 * list them as files.
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
#include "image/settle.h"

int settle_open(struct settle *s, const char *path, int *ret_fd, struct err *e)
{
	return path_open_nolinks(s->dir, *path ? path : ".", O_RDONLY | O_DIRECTORY, 0, ret_fd, e);
}

void settle_keep_time(const struct settle *s, const char *path, struct settle_time *ret)
{
	size_t n = (size_t)(path_basename(path) - path);
	struct stat st = {0};

	ret->dir = n ? xstrndup(path, n - 1) : xstrdup(".");
	fstatat(s->dir, ret->dir, &st, 0);
	ret->times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	ret->times[1] = st.st_mtim;
}

void settle_restore_time(const struct settle *s, struct settle_time *t)
{
	utimensat(s->dir, t->dir, t->times, AT_SYMLINK_NOFOLLOW);
	free(t->dir);
}

static bool is_below(const char *path, const struct strv *dirs)
{
	for (size_t i = 0; i < dirs->n; i++) {
		size_t n = strlen(dirs->v[i]);

		if (n == 0 || (strncmp(path, dirs->v[i], n) == 0 && path[n] == '/'))
			return true;
	}
	return false;
}

static int settle_whiteout(struct settle *s, const char *path, struct err *e)
{
	struct settle_time time;
	struct stat st;
	struct err none;
	size_t layer;
	int r = 0;

	/* An entry of the layer may have taken its place. */
	if (fstatat(s->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !is_whiteout(&st))
		return 0;
	if (!is_below(path, &s->notes.opaque) &&
	    view_lookup(&s->lower, path, &layer, &st, &none) == 0)
		return 0;
	settle_keep_time(s, path, &time);
	if (unlinkat(s->dir, path, 0) < 0)
		r = err_sys(e, errno, "cannot remove a whiteout");
	settle_restore_time(s, &time);
	return r;
}

int settle_marks(struct settle *s, struct err *e)
{
	struct stat st;
	struct err none;
	size_t layer;
	int r = 0;

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
