/*
 * export_archive.h - writing archives: the file, and members of it.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_ARCHIVE_H
#define IMAGE_ARCHIVE_EXPORT_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "image/document/manifest.h"
#include "image/layer/libarchive.h"
#include "image/name/digest.h"
#include "image/store/store.h"

/*
 * Writes an archive to a file, whole or not at all, or directly to "-", a device or a pipe. pax:
 * with everything that PAX can store about files.
 */
typedef int export_fill(struct archive *a, void *arg, struct err *e);
int export_archive(const char *file, bool pax, export_fill *fill, void *arg, struct err *e);

/* Packs what is filled in as a layer, a blob of the store (layer_pack()). */
int export_layer(const struct image_store *store, export_fill *fill, void *arg,
		 struct descriptor *ret, struct digest *ret_diff_id, struct err *e);

/* Turns libarchive's error of writing into e. */
int export_failed(struct archive *a, struct err *e);

#define EXPORT_COPY_BYTES (1u << 20)

/*
 * Begins a member; the caller writes its size bytes. Owner root, mode 0644, time 0, so that equal
 * images give equal archives. A name that ends with a slash is a directory.
 */
int export_begin(struct archive *a, const char *name, uint64_t size, struct err *e);

/* Writes a whole member from memory. */
int export_text(struct archive *a, const char *name, const char *text, size_t len, struct err *e);

/* The same from the beginning of a file; its digest must match, unless hex is "". */
int export_fd(struct archive *a, const char *name, int fd, uint64_t size,
	      const struct digest *expected, struct err *e);

#endif
