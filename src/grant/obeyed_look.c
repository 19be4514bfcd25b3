/*
 * obeyed_look.c - one look at a project: what has changed since a box was started.
 */
#include "grant/obeyed_look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file_time.h"
#include "base/path.h"

bool obeyed_is_late(const struct obeyed_look *l)
{
	return clock_ms() - l->walk_began >= l->walk_ms;
}

void obeyed_add(struct obeyed_look *l, const char *path, const struct stat *st, const char *why)
{
	char quoted[512], *line;

	for (size_t i = 0; i < l->safe.n; i++)
		if (path_is_beneath(path, l->safe.v[i]))
			return;
	line = xasprintf("%llu %lld.%09ld %s%s", (unsigned long long)st->st_ino,
			 (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
			 err_quote(quoted, sizeof(quoted), path), why);
	l->n_found++;
	/* Something that the index names is found twice. */
	if (l->found.n < OBEYED_MAX_FOUND && !strv_has(&l->found, line))
		strv_push_take(&l->found, line);
	else
		free(line);
}

bool obeyed_has_changed(const struct obeyed_look *l, int dir, const char *name, struct stat *ret)
{
	return fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW) == 0 &&
	       !file_time_is_before(&ret->st_ctim, &l->since);
}

bool obeyed_file(struct obeyed_look *l, int dir, const char *at, const char *name)
{
	cleanup_free char *path = NULL;
	struct stat st;

	if (!obeyed_has_changed(l, dir, name, &st))
		return false;
	path = path_join(at, name);
	obeyed_add(l, path, &st, "");
	return true;
}

void obeyed_folder(struct obeyed_look *l, int dir, const char *at, size_t unsaid)
{
	struct stat st;

	if (unsaid && fstat(dir, &st) == 0 && !file_time_is_before(&st.st_ctim, &l->since))
		obeyed_add(l, at, &st, "/");
}

void obeyed_look_clear(struct obeyed_look *l)
{
	strv_clear(&l->found);
	strv_clear(&l->safe);
}
