/*
 * rebuild.c - moving a box to another image or other prepared layers of its project.
 *
 * In this order: a new work directory (that of the old upper does not fit another; a start makes a
 * missing one), the swap of the uppers, the record, the recipe. After a kill in between the box
 * still has the old recipe, so the user is told to rebuild again.
 */
#include "flow/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "box/record.h"

static int make_dir(int dirfd, const char *path, mode_t mode, struct err *e)
{
	if (mkdirat(dirfd, path, mode) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make '%s' of the box", path);
	return 0;
}

/* Makes snapshots/<time> with an empty upper/ in it; the caller frees *ret. */
static int make_snapshot(const struct box *b, char **ret, struct err *e)
{
	cleanup_free char *path = NULL, *upper = NULL;
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int r = make_dir(b->dir_fd, "snapshots", 0700, e);

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 1; r == 0 && i < 100; i++) {
		free(path);
		path = i == 1 ? xasprintf("snapshots/%s", stamp)
			      : xasprintf("snapshots/%s-%d", stamp, i);
		if (mkdirat(b->dir_fd, path, 0700) == 0)
			break;
		if (errno != EEXIST)
			return err_sys(e, errno, "cannot make '%s' of the box", path);
	}
	if (r < 0)
		return r;
	upper = path_join(path, "upper");
	r = make_dir(b->dir_fd, upper, 0755, e);
	if (r == 0)
		*ret = take_ptr(upper);
	return r;
}

static void take_origin(struct box *b, const struct box_origin *from)
{
	free(b->image);
	b->image = xstrdup(from->image);
	b->digest = *from->digest;
	strv_clear(&b->prepared);
	for (size_t i = 0; i < from->prepared->n; i++)
		strv_push(&b->prepared, from->prepared->v[i]);
}

int rebuild_box(const struct store *s, struct box *b, const struct box_origin *from, struct err *e)
{
	cleanup_free char *old = NULL, *path = path_join("boxes", b->id);
	cleanup_close int dir = openat(s->data_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, path);
	r = make_snapshot(b, &old, e);
	if (r == 0)
		r = file_remove_tree(dir, "work", e);
	if (r == 0)
		r = make_dir(dir, "work", 0700, e);
	if (r == 0 && renameat2(dir, "upper", dir, old, RENAME_EXCHANGE) < 0)
		r = err_sys(e, errno, "cannot change the files of box '%s'", b->name);
	if (r == 0)
		take_origin(b, from);
	if (r == 0)
		r = record_write(b, dir, e);
	return r < 0 ? r
		     : file_write_atomic(dir, "recipe", from->recipe, strlen(from->recipe), 0600,
					 e);
}
