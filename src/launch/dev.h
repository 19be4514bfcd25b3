/*
 * dev.h - the minimal /dev of a box.
 */
#ifndef LAUNCH_DEV_H
#define LAUNCH_DEV_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Builds /dev beneath rootfd: memory (a detached mount of the scratch tmpfs) with the host's
 * harmless nodes, a devpts instance of its own, shm and the usual links. Called while the host's
 * tree is in view. host_root: modes and owners of the nodes are ours to change, so their mounts are
 * read-only; that keeps nobody from writing to the devices. Returns the devpts root, O_PATH,
 * through which pid 1 opens terminals whatever the box does to its /dev later.
 */
int dev_build(int rootfd, int memory, bool host_root, int *ret_pts, struct err *e);

#endif
