/*
 * copy_stamps.h - digests of files that were read before, by what changes when a file is written:
 * device, inode, size, and the times of content and status.
 *
 * Kept in a file of a cache directory, which is replaced whole: a build that is killed loses what
 * it learnt, and a damaged file counts as empty. What was written a moment before it was read is
 * not kept, since the next write might have the same time.
 */
#ifndef BUILD_COPY_STAMPS_H
#define BUILD_COPY_STAMPS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

#define COPY_STAMP_BYTES 32 /* of a digest */

struct copy_stamps;

/* What the directory cache_fd has for the tree whose top is of_fd; cache_fd -1: nothing is kept. */
struct copy_stamps *copy_stamps_open(int cache_fd, int of_fd);

/*
 * Writes what was learnt, if that costs less than to learn it again next time; so it is if writing
 * fails.
 */
void copy_stamps_close(struct copy_stamps *s);

/* The digest of a file with this status, or NULL; valid until the next call. */
const unsigned char *copy_stamps_find(struct copy_stamps *s, const struct stat *st);

/* begun: the time of CLOCK_REALTIME before the file was read. */
void copy_stamps_add(struct copy_stamps *s, const struct stat *st, const struct timespec *begun,
		     const unsigned char digest[COPY_STAMP_BYTES]);

/* Is it the same version of the same file? */
bool copy_stamps_same(const struct stat *a, const struct stat *b);

#endif
