/*
 * caches.c - the directories of `cache:NAME`.
 */
#include "box/caches.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/folder.h"

/*
 * Older versions named a project's own cache by its path: takes it over, unless it is older than
 * the directory.
 */
static void take_over(const struct store *s, const char *name, const char *project, const char *rel)
{
	cleanup_free char *old = xasprintf("caches/%s.%s", name, store_key(project).hex);
	struct stat st;

	if (fstatat(s->data_fd, old, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
	    !folder_born_after(project, st.st_mtim.tv_sec))
		renameat(s->data_fd, old, s->data_fd, rel);
}

/*
 * A project's own cache belongs to its directory, as consent does (kept.h): another directory at
 * the same path does not get it.
 */
static char *relative(const char *name, const char *project)
{
	cleanup_free char *mark = project ? folder_mark(project) : NULL;

	return project ? xasprintf("caches/%s.%s", name, mark ? mark : "-")
		       : path_join("caches", name);
}

int cache_make(const struct store *s, const char *name, const char *project, char **ret,
	       struct err *e)
{
	cleanup_free char *rel = relative(name, project);

	if (mkdirat(s->data_fd, rel, 0700) == 0) {
		if (project)
			take_over(s, name, project, rel);
	} else if (errno != EEXIST) {
		return err_sys(e, errno, "cannot make the cache '%s/%s'", s->data, rel);
	}
	*ret = path_join(s->data, rel);
	return 0;
}
