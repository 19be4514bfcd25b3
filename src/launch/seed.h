/*
 * seed.h - copying an image's directory into what is mounted over it.
 */
#ifndef LAUNCH_SEED_H
#define LAUNCH_SEED_H

#include "base/err.h"

/*
 * Copies the content of the directory `from` to the directory `to`: files, directories, symlinks
 * and pipes, with modes and times. Sockets and devices are left out. An empty directory costs one
 * look. skip: names in `from` to leave out, NULL-terminated. Returns -EFBIG, with a part copied,
 * for more than a start can wait for: a sparse file of 40 GB takes no room in an image.
 */
int seed_folder(int from, int to, const char *const *skip, struct err *e);

/*
 * The same for a volume, which is kept: however much it is, with the directory's own mode, and with
 * the owners that are recorded for box-root (base/owner.h).
 */
int seed_whole(int from, int to, struct err *e);

#endif
