/*
 * mount.h - mount system calls by descriptor: no path of an image is ever followed on the host's
 * side.
 */
#ifndef LAUNCH_MOUNT_H
#define LAUNCH_MOUNT_H

#include <sys/types.h>

#include "base/err.h"

/* "/proc/self/fd/N", for mount calls that only take a path. */
struct fd_path {
	char s[32];
};
struct fd_path fd_path(int fd);

/* Opens (O_PATH) a directory by its path, such as the root. */
int mount_open_dir(const char *path, int *ret_fd, struct err *e);

/* Mounts a tmpfs, which ends with the mount namespace, on a directory, and opens (O_PATH) its root. */
int mount_memory(const char *directory, int *ret_fd, struct err *e);

/*
 * Clones the mounts at source and below it into *ret_fd, detached. A symlink anywhere in source is
 * an error: the plan holds real paths, and code in another box may be swapping them. attrs:
 * MOUNT_ATTR_* to set on the whole tree (mount_setattr(2)).
 */
int mount_clone(int hostfd, const char *source, unsigned long long attrs, int *ret_fd,
		struct err *e);

/* The same for what is open at from; name is for messages. */
int mount_clone_open(int from, const char *name, unsigned long long attrs, int *ret_fd,
		     struct err *e);

/* Attaches a detached tree at an open target. name is for messages. */
int mount_attach(int tree, int target, const char *name, struct err *e);

/* mount(2) of a kernel file system at an open directory. data may be NULL. */
int mount_fs(const char *type, int target, unsigned long flags, const char *data, const char *name,
	     struct err *e);

/* Opens (O_PATH) a directory of the image that must not be a symlink: /proc, /sys, /dev. */
int mount_open_fixed_dir(int rootfd, const char *path, int *ret_fd, struct err *e);

/*
 * A directory of the box's scratch tmpfs as a detached mount. One file system holds all memory of a
 * box, because making one costs the kernel more than the files in it do.
 */
int mount_scratch(int scratch, const char *name, mode_t mode, int *ret_fd, struct err *e);

#endif
