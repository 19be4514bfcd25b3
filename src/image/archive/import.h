/*
 * import.h - images from archives and directories: OCI layouts, docker-archives, plain tars.
 */
#ifndef IMAGE_ARCHIVE_IMPORT_H
#define IMAGE_ARCHIVE_IMPORT_H

#include "image/name/conf.h"
#include "image/store/store.h"

struct import_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *source; /* file, directory or "-"; ":TAG" after it selects one of several */
	const char *name;   /* NULL: the source's own */
};

/* Appends the names that were set, in the form of ref_name(), to names. */
int image_import(const struct import_request *req, struct strv *names, struct err *e);

#endif
