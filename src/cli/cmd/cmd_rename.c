/*
 * cmd_rename.c - `sandbox rename`: renames a box, or moves it to another project directory.
 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "box/box_create.h"
#include "box/lifecycle.h"
#include "box/moved.h"
#include "box/project.h"
#include "box/target.h"
#include "cli/commands.h"

struct rename_cli {
	const char *project;
};

static const struct opt options[] = {
	{.name = "project",
	 .arg = "DIR",
	 .help = "set the project's directory to DIR",
	 .word = WORD_DIR,
	 OPT_STRING(struct rename_cli, project)},
	OPTS_END,
};

static int give_folder(const struct store *s, struct box *b, const char *word, struct err *e)
{
	cleanup_box struct box other = BOX_INIT;
	cleanup_target struct target t = TARGET_INIT;
	cleanup_free char *path = xasprintf("%s/.", word);
	int r;

	if (!b->project)
		return err_set(e, EINVAL, "box '%s' has no project", b->name);
	/* A path, even if a box has that name; and not the project around it. */
	r = target_find(s, path, false, &t, e);
	if (r < 0)
		return r;
	if (t.above)
		return err_set(e, EINVAL, "'%s' is a part of the project '%s'", word, t.dir);
	if (project_check(s, t.dir, e) < 0)
		return err_add(e, "cannot use '%s'", t.dir);
	r = b->trial ? box_find_trial(s, t.dir, &other, e) : box_find_project(s, t.dir, &other, e);
	if (r == 0 && !streq(other.id, b->id))
		return err_set(e, EEXIST, "directory '%s' has the box '%s' already", t.dir,
			       other.name);
	if (r < 0 && r != -ENOENT)
		return r;
	if (streq(b->project, t.dir))
		return 0;
	free(b->moved_from);
	b->moved_from = b->project;
	b->project = take_ptr(t.dir);
	return box_follow(s, b, e);
}

static int run(const struct args *args, int *ret_status, struct err *e)
{
	const struct rename_cli *cli = args->options;
	const char *name = args->n > 1 ? args->v[1] : NULL;
	cleanup_store struct store s = STORE_INIT;
	cleanup_box struct box b = BOX_INIT;
	bool running;
	int r;

	(void)ret_status;
	if (!name && !cli->project)
		return err_set(e, ERR_USAGE, "missing argument: sandbox rename PROJECT NAME");
	r = box_check_name(name, e);
	if (r == 0)
		r = store_open(&s, e);
	if (r == 0)
		r = box_find(&s, args->v[0], &b, e);
	if (r == 0 && cli->project)
		r = box_check_ended(&b, e);
	if (r == 0)
		r = box_lock(&s, &b, e);
	if (r == 0 && cli->project)
		r = box_check_ended(&b, e);
	running = r == 0 && box_is_running(&b);
	if (r == 0 && cli->project)
		r = give_folder(&s, &b, cli->project, e);
	if (r == 0 && name)
		r = box_rename(&s, &b, name, e);
	if (r == 0 && name && running)
		log_note("box '%s' runs: it keeps its host name until its next start", b.name);
	return r < 0 ? err_add(e, "cannot rename '%s'", args->v[0]) : 0;
}

const struct command cmd_rename = {
	.name = "rename",
	.summary = "give a box another name, or its project another directory",
	.usage = "[OPTIONS] PROJECT [NAME]",
	.options = options,
	.options_size = sizeof(struct rename_cli),
	.min_words = 1,
	.max_words = 2,
	.words = {WORD_BOX, WORD_ANY},
	.run = run,
};
