/*
 * dotfiles.c - from the host's folder to the box's home.
 */
#include "box/dotfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/copy.h"

static bool skip(const char *name)
{
	return streq(name, ".git");
}

int dotfiles_copy(const struct store *s, const struct box *b, const struct settings *settings,
		  struct err *e)
{
	const struct setting *st = settings_find(settings, "sandbox", "dotfiles");
	cleanup_free char *path = NULL, *home = NULL;
	cleanup_close int from = -1, to = -1;

	if (!st)
		return 0;
	path = settings_path(st, st->value);
	home = xasprintf("boxes/%s/home", b->id);
	from = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0)
		return err_sys(e, errno, "%s: cannot use the dotfiles '%s'", st->source, path);
	to = openat(s->data_fd, home, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->data, home);
	return copy_public_tree(from, to, skip, e);
}
