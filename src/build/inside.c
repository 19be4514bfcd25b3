/*
 * inside.c - see inside.h.
 */
#include "build/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"

/* What follows the directory in a path, however that is spelt; NULL: the path does not go through it. */
static const char *below(char *path, const struct stat *dir)
{
	for (char *end = path; *end; end++) {
		char was = end[1];
		struct stat st;
		bool found;

		if (end[1] && end[1] != '/' && end != path)
			continue;
		end[1] = '\0';
		found = stat(path, &st) == 0 && st.st_dev == dir->st_dev &&
			st.st_ino == dir->st_ino;
		end[1] = was;
		if (found)
			return end + 1 + strspn(end + 1, "/");
	}
	return NULL;
}

static int open_beneath(const char *top, const char *path, int flags, int *ret_fd, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	cleanup_free char *full = path_normalize(here ? here : "/", path);
	cleanup_close int dir = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *rest;
	struct stat st;

	if (dir < 0 || fstat(dir, &st) < 0)
		return err_sys(e, errno, "cannot open '%s'", top);
	rest = below(full, &st);
	if (!rest)
		return err_set(e, EPERM, "'%s' is not in '%s'", path, top);
	return path_open_nolinks(dir, *rest ? rest : ".", flags, 0, ret_fd, e);
}

int inside_open(const char *top, const char *path, int flags, int *ret_fd, struct err *e)
{
	int fd;

	if (top)
		return open_beneath(top, path, flags, ret_fd, e);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s'", path);
	*ret_fd = fd;
	return 0;
}
