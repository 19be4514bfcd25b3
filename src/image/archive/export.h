/*
 * export.h - an image as an archive that other tools read.
 */
#ifndef IMAGE_ARCHIVE_EXPORT_H
#define IMAGE_ARCHIVE_EXPORT_H

#include "image/name/ref.h"
#include "image/store/store.h"

enum export_format {
	EXPORT_OCI,    /* a tar of an OCI layout; digests stay */
	EXPORT_DOCKER, /* as `docker save`; the image id stays */
	EXPORT_TAR,    /* the files alone, with the owners that the image gives them */
};

struct export_request {
	const struct image_store *store;
	const char *name; /* as of ref_name() */
	struct ref ref;
	const char *file; /* "-": standard output */
	enum export_format format;
};

/* The file is there wholly or not at all. */
int image_export(const struct export_request *req, struct err *e);

#endif
