/*
 * assembly.c - a plan while it is put together, with everything it points to.
 */
#include "start/assembly.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "box/overlays.h"
#include "box/uppers.h"

void assembly_clear(struct assembly *a)
{
	strv_clear(&a->reach);
	strv_clear(&a->own);
	strv_clear(&a->guarded);
	strv_clear(&a->git);
	strv_clear(&a->missing);
	strv_clear(&a->strings);
	strv_clear(&a->volumes);
	if (a->locks_volumes)
		close(a->volumes_lock);
	if (a->fills)
		close(a->filling);
	free(a->mounts);
	*a = (struct assembly){0};
}

char *assembly_keep(struct assembly *a, char *s)
{
	strv_push_take(&a->strings, s);
	return s;
}

void assembly_add_mount(struct assembly *a, struct plan_mount m)
{
	if (a->n_mounts == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 32;
		a->mounts = xrealloc(a->mounts, a->cap, sizeof(*a->mounts));
	}
	a->mounts[a->n_mounts++] = m;
}

int assembly_overlay(const struct assemble_request *req, struct assembly *a, const char *source,
		     const char *target, struct err *e)
{
	struct plan_mount m = {.kind = PLAN_MOUNT_OVERLAY, .source = source, .target = target};
	cleanup_free char *path = NULL;
	int r;

	if (path_is_beneath(req->store->data, source))
		return err_set(e, EINVAL,
			       "'%s' cannot be an overlay: what boxes write is kept in it, in '%s'",
			       source, req->store->data);
	if (req->in_memory || !a->plan.upper) {
		if (!uppers_work_in_memory())
			return err_set(e, ENOTSUP,
				       "an overlay on '%s' needs Linux 6.6, or a box on disk",
				       target);
		assembly_add_mount(a, m);
		return 0;
	}
	r = overlay_make(req->store, req->box, target, source, &path, e);
	if (r < 0)
		return r;
	m.upper = assembly_keep(a, xasprintf("%s/%s/upper", req->store->data, path));
	m.work = assembly_keep(a, xasprintf("%s/%s/work", req->store->data, path));
	assembly_add_mount(a, m);
	return 0;
}
