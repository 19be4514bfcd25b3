/*
 * dev.h - the minimal /dev of a box.
 */
#ifndef LAUNCH_DEV_H
#define LAUNCH_DEV_H

#include <stdbool.h>
#include <sys/ioctl.h>

#include "base/err.h"

/*
 * Builds /dev beneath rootfd: memory (a detached mount of the scratch tmpfs) with the host's
 * harmless nodes, an own devpts instance, shm and the usual symlinks. Called while the host's tree
 * is still visible. host_root: the box could change modes and owners of the nodes, so their mounts
 * are read-only, which does not prevent writing to the devices. Returns the devpts root, O_PATH,
 * through which pid 1 opens terminals whatever the box does to its /dev later.
 */
int dev_build(int rootfd, int memory, bool host_root, int *ret_pts, struct err *e);

/* A new terminal of that devpts: its master, which the caller closes, or -errno. */
int dev_open_terminal(int pts, const struct winsize *size);

#endif
