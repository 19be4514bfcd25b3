/*
 * file_time.h - what the times of a file tell. Many file systems have whole seconds: ext4 with inodes of 128
 * bytes, HFS+, NFS 2; FAT has two of them. A file that is changed twice in that time may look the same.
 *
 * A time without nanoseconds counts as such a one. By chance, or because somebody has chosen it, it only
 * costs what a new file costs.
 */
#ifndef BASE_FILE_TIME_H
#define BASE_FILE_TIME_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"

#define FILE_TIME_COARSE_S 2

/* Did the change that gave a file the time a come before b? False if it is not certain. */
bool file_time_is_before(const struct timespec *a, const struct timespec *b);

/* Could a change at now, or a bit later, leave a file the time that it has? */
bool file_time_is_fresh(const struct timespec *t, const struct timespec *now);

/* The same for the present. */
bool file_time_is_fresh_now(const struct timespec *t);

/*
 * Appends the time, for a text that identifies a version of a file. While it is fresh, the text is one
 * that no other call appends: what is compared with it has changed.
 */
void file_time_add(const struct timespec *t, struct buf *out);

#endif
