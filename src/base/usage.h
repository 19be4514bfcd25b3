/*
 * usage.h - disk space, counted and written for people.
 */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Disk space of what is at path, relative to dirfd, and below it, in bytes, links not followed; a file
 * counts for a share under each of its names. *ret_whole: false when some of it cannot be read, which is
 * not in it then. However deep the tree is, it takes a few descriptors.
 */
int tree_usage(int dirfd, const char *path, uint64_t *ret, bool *ret_whole, struct err *e);

/* "12.3 MB": at most 9 characters; powers of 1000, as docker and podman have them. */
struct size_text {
	char s[16];
};
struct size_text size_text(uint64_t bytes);

#endif
