/*
 * inside.h - files of a project whose build can run beside its boxes, which can change a file, or
 * replace it by a symlink to anything, after it was looked at.
 */
#ifndef BUILD_INSIDE_H
#define BUILD_INSIDE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

struct inside {
	const char *top; /* the directory that they must be in; NULL: they may be anywhere */
	/* FILE=sha256:HEX, or FILE=none for one that must not exist; or NULL. */
	const struct strv *checksums;
};

/*
 * Opens path, which must be in top; a symlink that leads out of it is EPERM. top NULL: as open(2)
 * does. Paths may be relative to the working directory.
 */
int inside_open(const char *top, const char *path, int flags, int *ret_fd, struct err *e);

/* Appends the content of a file; ESTALE: it has another checksum. */
int inside_read(const struct inside *in, const char *path, size_t max, struct buf *out,
		struct err *e);

/* Has the content of path the checksum that in has of it, if any? data NULL: there is no file. */
int inside_check(const struct inside *in, const char *path, const char *data, size_t len,
		 struct err *e);

/* A checksum from outside: ERR_USAGE. */
int inside_check_words(const struct strv *checksums, struct err *e);

/* Appends the checksum of a file, as above. */
void inside_add_checksum(const char *path, const char *data, size_t len, struct strv *out);

#endif
