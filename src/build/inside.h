/*
 * inside.h - files of a project whose build can run beside its boxes, which can replace a file or
 * directory by a symlink to anything.
 */
#ifndef BUILD_INSIDE_H
#define BUILD_INSIDE_H

#include "base/err.h"

/*
 * Opens path, which must be in top, without symlinks on the way below it; top NULL: as open(2) does.
 * Paths may be relative to the working directory. EPERM: it is elsewhere.
 */
int inside_open(const char *top, const char *path, int flags, int *ret_fd, struct err *e);

#endif
