/*
 * assemble_volume.c - volumes of the project in its own boxes: those that its services have by the
 * same name.
 *
 * Between making a volume and noting that the box has it, the lock on all volumes is held, so that
 * nobody removes it meanwhile. A trial changes nothing: it gets an overlay, or what is in the image
 * if the volume was never filled.
 */
#include "start/assemble_volume.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "box/folder.h"
#include "box/volume.h"

#define LOOK_MS 2

static int find_volume(const struct assemble_request *req, struct assembly *a,
		       const struct mount_setting *ms, char **ret_id, struct err *e)
{
	const char *project = req->settings->project_dir;
	const char *name = settings_get(req->settings, KEY_NAME);
	cleanup_free char *mark = project ? folder_mark(project) : NULL;
	cleanup_free char *base = project && !name ? folder_box_name(project) : xstrdup(name);
	const struct volume want = {
		.mark = mark, .project = (char *)project, .label = (char *)ms->source};
	int r = 0;

	if (!mark)
		return err_set(e, ERR_USAGE, "%s: only a project has volumes", ms->where);
	if (!a->locks_volumes) {
		r = volume_lock(req->store, &a->volumes_lock, e);
		a->locks_volumes = r == 0;
	}
	return r < 0 ? r : volume_make(req->store, &want, base, ret_id, e);
}

int assemble_volume(const struct assemble_request *req, struct assembly *a,
		    const struct mount_setting *ms, struct err *e)
{
	struct plan_mount m = {.kind = PLAN_MOUNT_BIND,
			       .target = assembly_keep(a, xstrdup(ms->target)),
			       .read_only = ms->read_only};
	cleanup_free char *id = NULL;
	int lock = a->fills ? a->filling : -1, r = find_volume(req, a, ms, &id, e);
	char *mark = NULL;

	if (r == 0 && !strv_has(&a->volumes, id)) /* the first mount of it fills it */
		r = volume_begin(req->store, id, &lock, &mark, e);
	if (lock >= 0) {
		a->fills = true;
		a->filling = lock;
	}
	if (r < 0)
		return r;
	if (!strv_has(&a->volumes, id))
		strv_push(&a->volumes, id);
	if (mark)
		m.unfilled = assembly_keep(a, mark);
	if (req->box->trial && mark)
		return 0;
	m.source = assembly_keep(a, volume_data(req->store, id));
	if (req->box->trial && !m.read_only)
		return assembly_overlay(req, a, m.source, m.target, e);
	assembly_add_mount(a, m);
	return 0;
}

int assemble_volumes_used(const struct assemble_request *req, struct assembly *a, struct err *e)
{
	int r = 0;

	if (!a->locks_volumes)
		return 0;
	if (!req->box->temporary && !req->box->trial)
		r = volume_set_uses(req->box->dir_fd, &a->volumes, e);
	close_fd(&a->volumes_lock);
	a->locks_volumes = false;
	return r;
}

void assemble_volumes_filled(struct assembly *a, int pidfd)
{
	for (size_t i = 0; a->fills && i < a->n_mounts; i++)
		while (a->mounts[i].unfilled && access(a->mounts[i].unfilled, F_OK) == 0 &&
		       !proc_wait_pidfd(pidfd, LOOK_MS))
			;
	if (a->fills)
		close_fd(&a->filling);
	a->fills = false;
}
