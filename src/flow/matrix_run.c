/*
 * matrix_run.c - a throw-away box of a project.
 */
#include "flow/matrix_run.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "box/box_create.h"
#include "box/uppers.h"
#include "prepare/locked.h"
#include "prepare/origin.h"
#include "start/boot.h"

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
			 struct settings *settings, const struct strv *granted,
			 const struct matrix_row *row, const struct origin *origin, struct box *b,
			 int *lifetime, int *ret_status, struct err *e)
{
	cleanup_user struct user u = {0};
	/* No record names the layers of a throw-away box: the origin keeps its lease. */
	struct image_root root = origin->root;
	struct session_options session = {.root = o->root, .argv = o->argv};
	const struct boot_request req = {.store = s,
					 .box = b,
					 .settings = settings,
					 .user = &u,
					 .root = &root,
					 .lifetime = lifetime,
					 .asker = &o->asker,
					 .granted = granted,
					 .project_overlay = true,
					 .quiet = true,
					 .hooks = true,
					 .session = &session};
	int r;

	root.lease = -1;
	user_self(&u);
	strv_push_take(&session.env, xasprintf("SANDBOX_MATRIX=%s", row->name));
	for (size_t i = 0; i < o->env.n; i++)
		strv_push(&session.env, o->env.v[i]);
	r = boot(&req, ret_status, e);
	strv_clear(&session.env);
	return r;
}

int matrix_run(const struct store *s, const struct matrix_options *o, struct settings *settings,
	       const struct strv *granted, const struct matrix_row *row, int *ret_status,
	       struct err *e)
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
	r = start_and_run(s, o, settings, granted, row, &origin, &b, &lifetime, ret_status, e);
	if (!b.in_memory)
		box_wait_gone(&b, BOX_GONE_MS);
	box_remove(s, &b, &ignored);
	return r;
}
