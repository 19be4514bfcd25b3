/*
 * assemble_extra.c - mounts that are no settings.
 *
 * Whoever asks for them has already decided that the box gets them.
 */
#include "start/assemble_extra.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "box/caches.h"
#include "start/assemble_protect.h"

int assemble_extra(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	for (size_t i = 0; i < req->n_mounts; i++) {
		const struct extra_mount *x = &req->mounts[i];
		char *source = NULL;
		int r = 0;

		if (x->memory) {
			assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_TMPFS,
								  .target = x->target,
								  .mode = 01777,
								  .size = x->size});
			continue;
		}
		if (x->cache)
			r = cache_make(req->store, x->source, NULL, &source, e);
		else if (!(source = realpath(x->source, NULL)))
			r = err_sys(e, errno, "cannot mount '%s'", x->source);
		if (r < 0)
			return r;
		assembly_add_mount(a, (struct plan_mount){.kind = PLAN_MOUNT_BIND,
							  .source = assembly_keep(a, source),
							  .target = x->target,
							  .follow = x->read_only && !req->bare,
							  .unfilled = x->unfilled,
							  .read_only = x->read_only});
	}
	return 0;
}

int assemble_added(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	const char *target = settings_get(req->settings, KEY_PROJECT);
	int r = assemble_extra(req, a, e);

	if (r < 0)
		return r;
	/* The project's git data is protected if the box has the project. */
	if (req->box->project && !(target && streq(target, "no")))
		a->project = assembly_keep(a, xstrdup(target ? target : req->box->project));
	a->plan.nested = settings_bool(req->settings, KEY_NESTED);
	r = assemble_protection(req, a, e);
	if (r < 0)
		return r;
	assemble_hide_sockets(req, a);
	a->plan.mounts = a->mounts;
	a->plan.n_mounts = a->n_mounts;
	return plan_check_mounts(&a->plan, e);
}
