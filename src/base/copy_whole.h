/*
 * copy_whole.h - moving and copying files that must stay as they are, across file systems if
 * necessary.
 *
 * Files, directories and symlinks keep modes, times and holes; on one file system the file itself
 * is moved. Any other type is refused. No symlink is followed. An existing target is replaced; the
 * new one appears whole or not at all.
 */
#ifndef BASE_COPY_WHOLE_H
#define BASE_COPY_WHOLE_H

#include <sys/types.h>

#include "base/err.h"

/* Makes a hard link to a file or symlink, or copies it; a copy is on disk on return. */
int copy_whole(int from, const char *name, int to, const char *as, struct err *e);

/* Renames, or copies and removes the original. */
int copy_whole_move(int from, const char *name, int to, const char *as, struct err *e);

/*
 * Copies the bytes of one file. Holes stay holes, at the end too, so that sizes agree. Returns 0 or
 * -errno.
 */
int copy_bytes(int in, int out, off_t size);

#endif
