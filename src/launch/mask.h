/*
 * mask.h - what of the kernel's own file systems a box does not see, or cannot write.
 */
#ifndef LAUNCH_MASK_H
#define LAUNCH_MASK_H

#include "launch/rootfs.h"

/* In the host's /sys: its cgroups, and what traces the kernel where the user may look at it. */
int mask_host_sys(const struct rootfs *root, struct err *e);

/* For the host's root, whom no mode keeps out: what would change the host, and what tells of the kernel. */
int mask_host_root(const struct rootfs *root, struct err *e);

#endif
