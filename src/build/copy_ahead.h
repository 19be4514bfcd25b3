/*
 * copy_ahead.h - lists the directories of a context ahead of a walk, on the other processors.
 *
 * Most of a build that finds all its layers is the kernel's time for a status of each file. The
 * walk takes directories in its own order, parents before what is in them, and lists itself what
 * no thread has begun. Threads are started only in a large tree.
 */
#ifndef BUILD_COPY_AHEAD_H
#define BUILD_COPY_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/err.h"

struct ahead;
struct ahead_dir;

struct ahead_entry {
	const char *name;
	int errnum; /* 0: there is a status */
	struct stat st;
	struct ahead_dir *dir; /* to be entered; NULL: no directory, or one that is left out */
};

struct ahead_dir {
	struct ahead_entry *v; /* sorted by name */
	size_t n;
	int fd; /* of the directory; -1: it could not be opened */

	/* Of copy_ahead.c: */
	struct ahead_dir *up, *before, *after;
	char *real, *names;
	const char *name;
	int parent_fd; /* without `up` */
	int state;
};

struct ahead_tree {
	const char *name; /* for messages */
	/* Is something in the directory at `real` copied? Called by several threads at once. */
	bool (*enters)(const void *ctx, const char *real);
	const void *ctx;
};

/*
 * For the directory openat(parent_fd, name), and all below; *ret_top is to be entered first, and is
 * freed with the rest. The tree stays the caller's.
 */
struct ahead *ahead_new(const struct ahead_tree *tree, int parent_fd, const char *name,
			const char *real, struct ahead_dir **ret_top);

/* Waits for the directory's list, or makes it. */
int ahead_enter(struct ahead *a, struct ahead_dir *d, struct err *e);

/* Frees it; *d is NULL then. All below it must have been left. */
void ahead_leave(struct ahead_dir **d);

/* Ends the threads, and frees all that has not been left. */
void ahead_free(struct ahead *a);

#endif
