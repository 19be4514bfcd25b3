/*
 * copy_archive.h - archives that ADD unpacks.
 */
#ifndef BUILD_COPY_ARCHIVE_H
#define BUILD_COPY_ARCHIVE_H

#include "build/copy_layer.h"

/*
 * Is it a tar archive with at least one entry, compressed or not? Decided by its content. Reads
 * from the beginning of fd. Returns 1, 0 or a negative code.
 */
int copy_archive_is_one(int fd, struct err *e);

/*
 * Unpacks it into the directory at a real path of the layer, which exists. Symlinks in the archive
 * are followed as if that directory were "/".
 */
int copy_archive_unpack(struct copy_layer *l, const char *real, int fd, struct err *e);

#endif
