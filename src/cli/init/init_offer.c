/*
 * init_offer.c - `enter` in a directory without a sandbox.ini.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "box/project.h"
#include "box/target.h"
#include "cli/ask/ask.h"
#include "cli/init/init.h"

/* The directory, if it is a project that nothing is known about; else NULL. */
static char *new_project(const char *project)
{
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *dir = NULL;
	struct err ignored;

	if (store_open(&s, &ignored) < 0 || target_find(&s, project, false, &t, &ignored) < 0 ||
	    target_folder(&t, &dir, &ignored) < 0 || !dir)
		return NULL;
	/* enter reports what is not a project. */
	if (target_has_file(dir) || box_find_project(&s, dir, &b, &ignored) == 0 ||
	    project_check(&s, dir, &ignored) < 0 || access(dir, W_OK) < 0)
		return NULL;
	return take_ptr(dir);
}

int init_offer(const char *project, struct err *e)
{
	cleanup_free char *dir = NULL, *question = NULL;
	struct init_options o = {0};
	char quoted[1024];
	bool yes = false;
	int r;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO) || !(dir = new_project(project)))
		return 0;
	question = xasprintf("'%s' has no sandbox.ini: write one?",
			     err_quote(quoted, sizeof(quoted), dir));
	r = ask_yes(question, &yes, e);
	if (r < 0 || !yes)
		return r;
	return init_folder(dir, &o, e);
}
