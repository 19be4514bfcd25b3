/*
 * project.c - which folder a command is about.
 */
#include "cli/project.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "box/box.h"
#include "config/settings.h"

static int project_of_box(const char *name, char **ret, struct err *e)
{
	cleanup_store struct store store = STORE_INIT;
	cleanup_box struct box box = BOX_INIT;
	int r = store_open(&store, e);

	if (r == 0)
		r = box_find(&store, name, &box, e);
	if (r < 0)
		return r;
	*ret = xstrdup(box.project);
	return 0;
}

static int current_project(char **ret, struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	char *found;

	if (!here)
		return err_sys(e, errno, "cannot tell the current folder");
	found = project_find(here);
	*ret = found ? found : take_ptr(here);
	return 0;
}

int project_dir(const char *word, char **ret, struct err *e)
{
	cleanup_free char *dir = NULL;
	struct stat st;

	if (!word)
		return current_project(ret, e);
	if (!strchr(word, '/') && !streq(word, ".") && !streq(word, ".."))
		return project_of_box(word, ret, e);
	dir = realpath(word, NULL);
	if (!dir || stat(dir, &st) < 0)
		return err_sys(e, errno, "cannot open the project '%s'", word);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ENOTDIR, "the project '%s' is not a folder", word);
	*ret = take_ptr(dir);
	return 0;
}
