/*
 * usage.c - disk space, counted and written for people.
 */
#include "base/usage.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define BLOCK 512 /* stat(3type): st_blocks */

/* The kernel shuts it, and keeps next to nothing in it: Documentation/filesystems/overlayfs.rst. */
static bool is_overlay_work(const FTSENT *at)
{
	return strcmp(at->fts_name, "work") == 0 && strcmp(at->fts_parent->fts_name, "work") == 0;
}

int tree_usage(const char *path, uint64_t *ret, bool *ret_whole, struct err *e)
{
	char *roots[] = {(char *)path, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL, NULL);
	uint64_t bytes = 0;
	bool whole = true;
	FTSENT *at;

	if (!tree)
		return err_sys(e, errno, "cannot count '%s'", path);
	for (errno = 0; (at = fts_read(tree)); errno = 0) {
		const struct stat *st = at->fts_statp;

		if (at->fts_info == FTS_DNR && is_overlay_work(at))
			continue;
		if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS) {
			/* Gone meanwhile is not there. */
			whole = whole && at->fts_errno == ENOENT;
			continue;
		}
		/* Folders come twice. */
		if (at->fts_info != FTS_DP)
			bytes += (uint64_t)st->st_blocks * BLOCK /
				 (at->fts_info == FTS_D || !st->st_nlink ? 1 : st->st_nlink);
	}
	whole = whole && errno == 0;
	fts_close(tree);
	*ret = bytes;
	*ret_whole = whole;
	return 0;
}

struct size_text size_text(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
	struct size_text t;
	double n = (double)bytes;
	size_t u = 0;

	while (n >= 999.5 && u + 1 < ARRAY_SIZE(units)) {
		n /= 1000;
		u++;
	}
	snprintf(t.s, sizeof(t.s), u && n < 99.95 ? "%.1f %s" : "%.0f %s", n, units[u]);
	return t;
}
