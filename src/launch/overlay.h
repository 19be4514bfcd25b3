/*
 * overlay.h - the overlay of a box's image and its own files, mounted on the staging directory.
 */
#ifndef LAUNCH_OVERLAY_H
#define LAUNCH_OVERLAY_H

#include "base/err.h"
#include "launch/plan.h"

/* Without an upper directory in the plan, one is made in the directory `scratch`. Changes the directory. */
int overlay_mount(const struct plan *p, int scratch, struct err *e);

/*
 * Mounts an overlay on the open directory target: the directory m->source below, m->upper above. What is
 * mounted beneath the source does not show. name: of a directory of scratch, for an upper in memory.
 */
int overlay_mount_folder(const struct plan_mount *m, int hostfd, int scratch, const char *name,
			 int target, struct err *e);

/* The same upon what the open directory target has, always in memory, with m->mode. */
int overlay_mount_upon(const struct plan_mount *m, int scratch, const char *name, int target,
		       struct err *e);

#endif
