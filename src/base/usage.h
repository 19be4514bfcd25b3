/*
 * usage.h - disk usage, counted and formatted.
 */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Disk usage in bytes of path, relative to dirfd, and everything below; symlinks are not followed.
 * A file with several links counts a share for each. *ret_whole is false if a part could not be
 * read; that part is not counted. Needs only a few descriptors, however deep the tree is.
 */
int usage_of_tree(int dirfd, const char *path, uint64_t *ret, bool *ret_whole, struct err *e);

/* "12.3 MB": at most 9 characters; powers of 1000, as docker and podman use. */
struct size_text {
	char s[16];
};
struct size_text size_text(uint64_t bytes);

#endif
