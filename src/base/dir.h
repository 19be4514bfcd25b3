/*
 * dir.h - the one way to walk a directory.
 *
 * A directory that cannot be read to its end is an error, never a shorter list: code that removes,
 * copies or compares by a list must know that it is complete. Nothing else calls readdir(3) and its
 * kin (tests/lint-layers).
 */
#ifndef BASE_DIR_H
#define BASE_DIR_H

#include <dirent.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

struct dir {
	char *entries;	/* as the kernel wrote them; NULL: not open, so at the end */
	size_t at, len; /* offset of the next entry; bytes in entries */
	int fd;
	char *path;	    /* for messages */
	const char *name;   /* of the current entry; valid until the next call */
	unsigned char type; /* DT_DIR etc.; DT_UNKNOWN if the file system does not say */
};

/*
 * Opens path, relative to dirfd, to be walked. Follows a symlink at its end. Returns 0, or -errno
 * ("cannot list 'path'").
 */
int dir_open(struct dir *ret, int dirfd, const char *path, struct err *e);

/*
 * As dir_open(), for a descriptor that the caller opened by other rules (not O_PATH). Takes *fd, on
 * failure too.
 */
int dir_take(struct dir *ret, int *fd, const char *path, struct err *e);

/* Steps to the next entry, skipping "." and "..". Returns 1, 0 at the end, or -errno. */
int dir_next(struct dir *d, struct err *e);

/* The descriptor, for openat(2) and the like. It still belongs to d. */
int dir_fd(const struct dir *d);

void dir_close(struct dir *d);
#define cleanup_dir __attribute__((cleanup(dir_close)))

/* Appends all names of a directory, sorted by bytes; on failure none. */
int dir_names(int dirfd, const char *path, struct strv *ret, struct err *e);
int dir_take_names(int *fd, const char *path, struct strv *ret, struct err *e);

/*
 * Appends the absolute paths that match a glob(7) pattern, sorted; no match is not an error. A
 * directory that this user may not read (EACCES) matches nothing.
 */
int dir_match(const char *pattern, struct strv *ret, struct err *e);

#endif
