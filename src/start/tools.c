/*
 * tools.c - `exec --tools`: an image whose programs work on a running box.
 *
 * Nothing is recorded: the root of the tools is in memory and ends with the session.
 */
#include "start/tools.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/path.h"
#include "box/uppers.h"
#include "launch/tools.h"
#include "start/assemble.h"

static bool is_shared(const struct strv *shared, const char *path)
{
	for (size_t i = 0; i < shared->n; i++)
		if (path_is_beneath(path, shared->v[i]))
			return true;
	return false;
}

/* A path beneath another one is shared with it. */
static void share(struct strv *shared, const char *path)
{
	if (!is_shared(shared, path))
		strv_push(shared, path);
}

static const char *const of_every_box[] = {"/proc", "/dev", "/sys", "/tmp", "/run"};

static void share_folders(const struct box_session *s, struct strv *shared)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_every_box); i++)
		share(shared, of_every_box[i]);
	share(shared, s->home);
	if (s->project)
		share(shared, s->project);
}

static void note_missing(const struct strv *shared, const char *path)
{
	if (!is_shared(shared, path))
		log_note("the tools' image has no place for '%s': it is at '" TOOLS_BOX_DIR "%s'",
			 path, path);
}

/*
 * Programs rely on the system's directories, so these are required; home and project are also in
 * /box.
 */
static int check_shared(const struct box_session *s, const struct strv *shared, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_every_box); i++)
		if (!is_shared(shared, of_every_box[i]))
			return err_set(e, ENOTDIR, "the image has no place for '%s'",
				       of_every_box[i]);
	note_missing(shared, s->home);
	if (s->project)
		note_missing(shared, s->project);
	return 0;
}

/* Where a session of the box would start, if the tools see that directory. */
static void settle_cwd(struct box_session *s, struct box_tools *t)
{
	if (!is_shared(&t->shared, s->cwd))
		s->cwd = t->cwd = xasprintf(TOOLS_BOX_DIR "%s", s->cwd);
}

static int make_tree(const struct store *st, const struct box_session *s, struct box_tools *t,
		     struct err *e)
{
	cleanup_assembly struct assembly a = {0};
	struct assemble_request req = {.store = st,
				       .box = s->box,
				       .settings = s->settings,
				       .user = s->user,
				       .root = &t->root,
				       .in_memory = true};
	int r = assemble_image(&req, &a, e);

	return r < 0 ? r : tools_make(&a.plan, &t->shared, &t->session.tree, e);
}

int box_tools_make(const struct store *st, struct box_session *s, struct box_tools *tools,
		   struct err *e)
{
	cleanup_free char *here = getcwd(NULL, 0);
	struct image_request image = {
		.store = st, .image = s->options->tools, .base = here ? here : "/"};
	int r;

	if (!uppers_work_in_memory())
		return err_set(e, ENOTSUP, "--tools needs Linux 6.6 or later");
	share_folders(s, &tools->shared);
	r = image_resolve(&image, &tools->root, e);
	if (r == 0)
		r = make_tree(st, s, tools, e);
	if (r == 0)
		r = check_shared(s, &tools->shared, e);
	if (r < 0)
		return err_add(e, "cannot use the tools of '%s'", s->options->tools);
	settle_cwd(s, tools);
	tools->session.shared = tools->shared.v;
	s->tools = &tools->session;
	s->plan = &tools->root.plan;
	return 0;
}

void box_tools_clear(struct box_tools *t)
{
	close_fd(&t->session.tree);
	strv_clear(&t->shared);
	free(t->cwd);
	image_root_clear(&t->root);
}
