/*
 * dotfiles.c - from the host's directory to the box's home.
 */
#include "grant/dotfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "grant/reach.h"

/* granted has real paths: a symlink that has changed since means another directory. */
static int check_source(const struct settings *settings, const struct setting *st, const char *real,
			const struct strv *granted, struct err *e)
{
	cleanup_free char *line = xasprintf("dotfiles = %s", real);

	if (st->users || path_is_beneath(real, settings->project_dir) ||
	    reach_is_granted(granted, line))
		return 0;
	return err_set(e, EPERM, "%s: the dotfiles '%s' are not those that were asked for",
		       st->source, real);
}

int dotfiles_open(const struct settings *settings, const struct strv *granted, int *ret_fd,
		  struct err *e)
{
	const struct setting *st = settings_find(settings, KEY_DOTFILES);
	cleanup_free char *path = NULL, *real = NULL;
	cleanup_close int root = -1;
	int r;

	if (!st)
		return 0;
	path = settings_path(st, st->value);
	real = realpath(path, NULL);
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!real || root < 0)
		return err_sys(e, errno, "%s: cannot use the dotfiles '%s'", st->source, path);
	r = check_source(settings, st, real, granted, e);
	if (r == 0)
		r = path_open_nolinks(root, real, O_RDONLY | O_DIRECTORY, 0, ret_fd, e);
	return r < 0 ? err_add(e, "cannot use the dotfiles") : 0;
}
