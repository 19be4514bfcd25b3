/*
 * dev.h - the minimal /dev of a box.
 */
#ifndef LAUNCH_DEV_H
#define LAUNCH_DEV_H

#include <stdbool.h>

#include "base/err.h"

/*
 * The host's device nodes, cloned while the host's tree is in view. host_root: their modes and
 * owners are ours to change, so the mounts are read-only; that keeps nobody from writing to the
 * devices.
 */
#define DEV_NODES 6
int dev_clone_nodes(bool host_root, int nodes[DEV_NODES], struct err *e);

/*
 * Builds /dev beneath rootfd: memory (a detached mount of the scratch tmpfs) with the cloned nodes,
 * a devpts instance of its own, shm and the usual links. Returns the devpts root, O_PATH, through which pid 1 opens terminals whatever
 * the box does to its /dev later.
 */
int dev_build(int rootfd, int memory, const int nodes[DEV_NODES], int *ret_pts, struct err *e);

#endif
