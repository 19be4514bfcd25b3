/*
 * copy_whole.h - moving and copying what is to come back as it was, across file systems where it must.
 *
 * Files, directories and symlinks, with modes and times, holes as holes; on one file system it is the same file.
 * Anything else is refused. No link is followed. What is at the target's name is replaced; it is there whole
 * or not at all.
 */
#ifndef BASE_COPY_WHOLE_H
#define BASE_COPY_WHOLE_H

#include <sys/types.h>

#include "base/err.h"

/* A second link to a file or symlink, else a copy. */
int keep_copy(int from, const char *name, int to, const char *as, struct err *e);

/* A rename, else a copy and the removal of the original. */
int keep_move(int from, const char *name, int to, const char *as, struct err *e);

/* The bytes of one file: holes stay holes, a file of nothing but hole is as large as it says. -errno. */
int copy_bytes(int in, int out, off_t size);

#endif
