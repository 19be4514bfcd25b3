/*
 * rootfs.h - the root of a box, from overlay to pivot.
 */
#ifndef LAUNCH_ROOTFS_H
#define LAUNCH_ROOTFS_H

#include "base/err.h"
#include "launch/plan.h"

/*
 * Builds the whole mount tree of the plan in the calling process's fresh mount namespace and makes
 * it the root; nothing of the host's tree is left in view. *ret_pts is the box's devpts root.
 * On failure the process must exit: its mount namespace is half built.
 */
int rootfs_build(const struct plan *p, int *ret_pts, struct err *e);

#endif
