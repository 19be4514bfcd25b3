/*
 * export_write.h - archives that are written: the file, and members of it.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_WRITE_H
#define IMAGE_ARCHIVE_EXPORT_WRITE_H

#include <archive.h>
#include <archive_entry.h>

#include "image/archive/export.h"

/*
 * Writes an archive to a file, whole or not at all, or as it goes to "-", a device or a pipe. pax: with
 * all that PAX can say of files.
 */
typedef int export_fill(struct archive *a, void *arg, struct err *e);
int export_archive(const char *file, bool pax, export_fill *fill, void *arg, struct err *e);

/* What libarchive says went wrong with what is written. */
int export_failed(struct archive *a, struct err *e);

/* A member of a document or blob: root's, 0644, of the time 0, so that equal images are equal. */
int export_text(struct archive *a, const char *name, const char *text, size_t len, struct err *e);

/* The same from a file's beginning; its digest must be that, unless hex is "". */
int export_fd(struct archive *a, const char *name, int fd, uint64_t size,
	      const struct digest *expected, struct err *e);

/* All files of the image as one tree; in export_tar.c. */
int export_tree(const struct export_request *req, struct archive *a, struct err *e);

/*
 * What a box wrote, in an overlay's upper directory (an open one of the
 * caller's), as a layer upon the image `base`. Entries have the owners of those they stand for in the image, new ones are
 * root's.
 */
int export_upper(const struct image_store *s, const struct digest *base, int upper,
		 struct archive *a, struct err *e);

#endif
