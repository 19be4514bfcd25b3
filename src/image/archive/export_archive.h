/*
 * export_archive.h - archives that are written: the file, and members of it.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_ARCHIVE_H
#define IMAGE_ARCHIVE_EXPORT_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/layer/libarchive.h"
#include "image/name/digest.h"

/*
 * Writes an archive to a file, whole or not at all, or as it goes to "-", a device or a pipe. pax: with
 * all that PAX can say of files.
 */
typedef int export_fill(struct archive *a, void *arg, struct err *e);
int export_archive(const char *file, bool pax, export_fill *fill, void *arg, struct err *e);

/* What libarchive says went wrong with what is written. */
int export_failed(struct archive *a, struct err *e);

#define EXPORT_COPY_BYTES (1u << 20)

/*
 * Begins a member, whose size bytes the caller writes: root's, 0644, of the time 0, so that equal images are
 * equal. A name that ends with a slash is a directory's.
 */
int export_begin(struct archive *a, const char *name, uint64_t size, struct err *e);

/* A whole member, from memory. */
int export_text(struct archive *a, const char *name, const char *text, size_t len, struct err *e);

/* The same from a file's beginning; its digest must be that, unless hex is "". */
int export_fd(struct archive *a, const char *name, int fd, uint64_t size,
	      const struct digest *expected, struct err *e);

#endif
