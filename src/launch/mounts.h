/*
 * mounts.h - adding mounts to a root that is not trusted.
 *
 * Targets are resolved beneath the root's descriptor, created if missing, and mounted on by
 * descriptor; sources are cloned by descriptor. No path of an image is ever followed on the host's
 * side.
 */
#ifndef LAUNCH_MOUNTS_H
#define LAUNCH_MOUNTS_H

#include "base/err.h"
#include "launch/plan.h"

/* The plan's mounts on top of the image, and those on top of the /dev we build. */
enum mounts_part { MOUNTS_OF_IMAGE, MOUNTS_OF_DEV };

/*
 * Adds one part of the plan's mounts, in order. Called while the host's tree is still visible:
 * hostfd is its root, scratch the box's memory.
 */
int mounts_apply(const struct plan *p, enum mounts_part part, int rootfd, int hostfd, int scratch,
		 struct err *e);

/*
 * Opens (O_PATH) the target of a BIND whose source is open; creates it, and the directories on the
 * way, if it is missing: a directory for a directory, else an empty file.
 */
int mounts_open_target(const struct plan_mount *m, int rootfd, int source, int *ret_fd,
		       struct err *e);

#endif
