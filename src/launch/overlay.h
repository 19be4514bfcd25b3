/*
 * overlay.h - the overlay of a box's image and its own files, mounted on the staging folder.
 */
#ifndef LAUNCH_OVERLAY_H
#define LAUNCH_OVERLAY_H

#include "base/err.h"
#include "launch/plan.h"

/* Without an upper folder in the plan, one is made in the folder `scratch`. Changes the directory. */
int overlay_mount(const struct plan *p, int scratch, struct err *e);

/*
 * Mounts an overlay on the open folder target: the folder m->source below, m->upper above. What is
 * mounted beneath the source does not show. name: of a folder of scratch, for an upper in memory.
 */
int overlay_mount_folder(const struct plan_mount *m, int hostfd, int scratch, const char *name,
			 int target, struct err *e);

/* The same upon what the open folder target has, always in memory, with m->mode. */
int overlay_mount_upon(const struct plan_mount *m, int scratch, const char *name, int target,
		       struct err *e);

#endif
