/*
 * mask.h - what of the kernel's own file systems a box does not see, or cannot write.
 */
#ifndef LAUNCH_MASK_H
#define LAUNCH_MASK_H

#include "base/err.h"

/*
 * In the host's /sys: its cgroups, and what traces the kernel where the user may look at it. rootfd is the
 * box's root, scratch the tmpfs that holds all of its memory.
 */
int mask_host_sys(int rootfd, int scratch, struct err *e);

/* For the host's root, whom no mode keeps out: what would change the host, and what tells of the kernel. */
int mask_host_root(int rootfd, int scratch, struct err *e);

#endif
