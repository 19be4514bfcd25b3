/*
 * project.c - which directory a command is about, and whether it may be a project.
 */
#include "box/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/target.h"
#include "config/xdg.h"

int project_folder(const struct store *s, const char *word, char **ret, struct err *e)
{
	cleanup_target struct target t = TARGET_INIT;
	int r = target_resolve(s, word, &t, e);

	if (r < 0)
		return r;
	return target_folder(&t, ret, e);
}

int project_check(const struct store *s, const char *dir, struct err *e)
{
	const char *own[] = {s->data, s->runtime};
	cleanup_free char *home = xdg_home(), *real = realpath(home, NULL);

	if (streq(dir, "/") || (real && path_is_beneath(real, dir)))
		return err_set(e, EINVAL,
			       "it is no project, it holds your whole home: enter a project's "
			       "own directory, or use 'sandbox run host'");
	/* Access to these is access to every other box. */
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (path_is_beneath(own[i], dir) || path_is_beneath(dir, own[i]))
			return err_set(
				e, EINVAL,
				"it is no project, '%s' with all boxes is in it or around it",
				own[i]);
	return 0;
}

int project_open(struct store *s, const char *word, char **ret, struct err *e)
{
	cleanup_free char *dir = NULL;
	int r = store_open(s, e);

	if (r == 0)
		r = project_folder(s, word, &dir, e);
	if (r < 0)
		return r;
	if (!dir)
		return err_set(e, ERR_USAGE, "box '%s' has no project", word);
	if (project_check(s, dir, e) < 0)
		return err_add(e, "cannot use '%s'", dir);
	*ret = take_ptr(dir);
	return 0;
}
