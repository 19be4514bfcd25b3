/*
 * mask.h - hiding or write-protecting parts of the kernel's file systems in a box.
 */
#ifndef LAUNCH_MASK_H
#define LAUNCH_MASK_H

#include "base/err.h"

/*
 * In the host's /sys: hides its cgroups, and kernel tracing where the user may look at it. rootfd
 * is the box's root, scratch the tmpfs that holds its memory.
 */
int mask_host_sys(int rootfd, int scratch, struct err *e);

/*
 * For boxes of the host's root, which file modes do not stop: hides or write-protects what
 * would change the host or reveal the kernel.
 */
int mask_host_root(int rootfd, int scratch, struct err *e);

#endif
