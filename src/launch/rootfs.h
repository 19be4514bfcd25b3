/*
 * rootfs.h - the root of a box, from overlay to pivot.
 */
#ifndef LAUNCH_ROOTFS_H
#define LAUNCH_ROOTFS_H

#include "base/err.h"
#include "launch/plan.h"

/* A root under construction. */
struct rootfs {
	int fd;	     /* the new root, O_PATH */
	int pts;     /* the box's devpts root, O_PATH */
	int scratch; /* the tmpfs that holds all memory of the box, O_PATH */
	int sysfs;   /* PLAN_NET_GATEWAY: what becomes /sys, a detached mount */
};

/*
 * Builds the part that comes from the image: overlay, lines of /etc, the plan's mounts. host: the
 * host's root. Descriptors in *root belong to the caller, after a failure too.
 */
int rootfs_image(const struct plan *p, int host, struct rootfs *root, struct err *e);

/*
 * Builds the plan's mount tree in the calling process's fresh mount namespace: everything that does
 * not depend on the network namespace. On failure the process must exit, with its mounts half
 * built.
 */
int rootfs_build(const struct plan *p, struct rootfs *root, struct err *e);

/*
 * Adds /sys, for which the process must be in its final network namespace, and pivots into the
 * tree; nothing of the host remains visible.
 */
int rootfs_enter(const struct plan *p, const struct rootfs *root, struct err *e);

#endif
