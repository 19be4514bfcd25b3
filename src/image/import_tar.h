/*
 * import_tar.h - a root file system's archive as an image of one layer.
 */
#ifndef IMAGE_IMPORT_TAR_H
#define IMAGE_IMPORT_TAR_H

#include "image/store.h"

/*
 * Reads fd, in any compression that libarchive knows, into one zstd layer and writes config and
 * manifest. The image is made for this machine's platform; SOURCE_DATE_EPOCH is its time, if set.
 */
int import_tar(const struct image_store *s, int fd, const char *name, struct digest *ret_manifest,
	       struct err *e);

#endif
