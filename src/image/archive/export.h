/*
 * export.h - an image as an archive that other tools read.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_H
#define IMAGE_ARCHIVE_EXPORT_H

#include "image/name/ref.h"
#include "image/store/store.h"

enum export_format {
	EXPORT_OCI,    /* a tar of an OCI layout; digests stay the same */
	EXPORT_DOCKER, /* as `docker save`; the image id stays the same */
	EXPORT_TAR,    /* only the files, with their owners in the image */
};

struct export_request {
	const struct image_store *store;
	const char *name; /* as returned by ref_name() */
	struct ref ref;
	const char *file; /* "-": standard output */
	enum export_format format;
};

/* Writes the file whole or not at all. */
int image_export(const struct export_request *req, struct err *e);

#endif
