/*
 * dir.h - the one way to walk a directory.
 *
 * A directory that cannot be read to its end is an error and never an end: who removes, copies or
 * compares by a list must know that it is whole. Nothing else calls readdir(3) and its kin
 * (tests/lint-layers).
 */
#ifndef BASE_DIR_H
#define BASE_DIR_H

#include <dirent.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct dir {
	char *entries;	/* as the kernel gives them; NULL: not open, and so at its end */
	size_t at, len; /* in entries: the next one; all of them */
	int fd;
	char *path;	    /* for messages */
	const char *name;   /* of the entry; valid until the next call */
	unsigned char type; /* DT_DIR and kin; DT_UNKNOWN where the file system does not say */
};

/*
 * Opens path, relative to dirfd, to be walked; a symlink at its end is followed. Returns 0, or -errno
 * ("cannot list 'path'").
 */
int dir_open(struct dir *ret, int dirfd, const char *path, struct err *e);

/* The same for what was opened with other rules, not O_PATH; takes *fd, whether it fails or not. */
int dir_take(struct dir *ret, int *fd, const char *path, struct err *e);

/* Steps to the next entry, "." and ".." left out. Returns 1, 0 at the end, or -errno. */
int dir_next(struct dir *d, struct err *e);

/* The descriptor of an open one, for openat(2) and kin; it stays d's. */
int dir_fd(const struct dir *d);

void dir_close(struct dir *d);
#define cleanup_dir __attribute__((cleanup(dir_close)))

/* Appends all names in a directory, sorted by their bytes among each other; all or none. */
int dir_names(int dirfd, const char *path, struct strv *ret, struct err *e);
int dir_take_names(int *fd, const char *path, struct strv *ret, struct err *e);

/*
 * Appends the absolute paths that a pattern of glob(7) means, sorted; none is no error. What may not be
 * read by this user (EACCES) has none.
 */
int dir_match(const char *pattern, struct strv *ret, struct err *e);

#endif
