/*
 * matrix_run.c - a throw-away box of a project.
 */
#include "flow/matrix_run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "box/box_create.h"
#include "prepare/locked.h"
#include "prepare/origin.h"
#include "start/assemble.h"
#include "start/hooks.h"
#include "start/session.h"

int matrix_settings(const struct matrix_options *o, const struct matrix_row *row,
		    const struct setting *from, struct settings *ret, struct err *e)
{
	struct setting image = {.section = (char *)"sandbox",
				.key = (char *)"image",
				.value = row->image,
				.source = from ? from->source : (char *)"flag",
				.dir = from ? from->dir : (char *)o->settings.project_dir,
				.users = !from};
	struct settings_request req = o->settings;

	req.above = &image;
	return settings_load(&req, ret, e);
}

static int start_and_run(const struct store *s, const struct matrix_options *o,
			 const struct settings *settings, const struct strv *granted,
			 const struct matrix_row *row, struct image_root *root, struct box *b,
			 int *lifetime, int *ret_status, struct err *e)
{
	cleanup_assembly struct assembly a = {0};
	cleanup_close int pidfd = -1, boot = -1;
	cleanup_user struct user u = {0};
	cleanup_free char *cwd = NULL;
	struct started_box started;
	struct assemble_request req = {.store = s,
				       .box = b,
				       .settings = settings,
				       .user = &u,
				       .root = root,
				       .in_memory = b->in_memory,
				       .project_overlay = true};
	struct session_options options = {.root = o->root, .argv = o->argv};
	struct box_session session = {.box = b,
				      .settings = settings,
				      .user = &u,
				      .options = &options,
				      .plan = &root->plan};
	int r;

	user_self(&u);
	strv_push_take(&options.env, xasprintf("SANDBOX_MATRIX=%s", row->name));
	for (size_t i = 0; i < o->env.n; i++)
		strv_push(&options.env, o->env.v[i]);
	r = assemble(&req, &a, e);
	/* Whoever changes what a link means while the question stands gets nothing by it. */
	if (r == 0)
		r = reach_check(NULL, settings, &a.reach, &a.own, granted, &o->asker, e);
	if (r >= 0)
		r = 0;
	if (r == 0)
		r = box_make_runtime(s, b, e);
	if (r == 0)
		r = box_start(s, b, &a, *lifetime, NULL, &started, e);
	if (r == 0) {
		close_fd(lifetime);
		pidfd = started.pidfd;
		boot = started.boot_fd;
		session.home = a.home;
		session.project = a.project;
		session.cwd = cwd = box_session_cwd(b, a.project, a.home);
		r = hooks_at_start(&session, &boot, e);
	}
	if (r == 0)
		r = box_session_run(&session, boot, ret_status, e);
	strv_clear(&options.env);
	return r;
}

int matrix_run(const struct store *s, const struct matrix_options *o,
	       const struct settings *settings, const struct strv *granted,
	       const struct matrix_row *row, int *ret_status, struct err *e)
{
	cleanup_origin struct origin origin = ORIGIN_INIT;
	cleanup_box struct box b = BOX_INIT;
	cleanup_close int lifetime = -1;
	struct err ignored;
	cleanup_lock struct lock_file lock = {0};
	int r = locked_read_for_image(settings, &lock, e);

	if (r >= 0)
		r = origin_make(s, settings, r ? &lock : NULL, false, &origin, e);
	if (r < 0)
		return r;
	image_root_stack(s, &origin.layers, &origin.root);
	r = box_create_temporary(s, NULL, row->image, &origin.root.digest, memory_holds_uppers(),
				 &b, &lifetime, e);
	if (r < 0)
		return r;
	b.project = xstrdup(settings->project_dir);
	r = start_and_run(s, o, settings, granted, row, &origin.root, &b, &lifetime, ret_status, e);
	if (!b.in_memory)
		box_wait_gone(&b, BOX_GONE_MS);
	box_remove(s, &b, &ignored);
	return r;
}
