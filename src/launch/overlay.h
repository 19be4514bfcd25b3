/*
 * overlay.h - mounts the overlay of a box's image and its own files on the staging directory.
 */
#ifndef LAUNCH_OVERLAY_H
#define LAUNCH_OVERLAY_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * If the plan has no upper directory, makes one in the directory `scratch`. *ret_etc: its /etc is
 * in line with the plan already, else that is left to etc_apply(). Changes the working directory.
 */
int overlay_mount(const struct plan *p, int scratch, bool *ret_etc, struct err *e);

/*
 * Mounts an overlay on the open directory target, with m->source as lower and m->upper as upper.
 * Mounts beneath the source are not visible in it. name: a directory of scratch, for an upper in
 * memory.
 */
int overlay_mount_folder(const struct plan_mount *m, int hostfd, int scratch, const char *name,
			 int target, struct err *e);

/*
 * The same over the present content of the open directory target, always in memory, with m->mode.
 */
int overlay_mount_upon(const struct plan_mount *m, int scratch, const char *name, int target,
		       struct err *e);

#endif
