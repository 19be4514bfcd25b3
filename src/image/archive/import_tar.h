/*
 * import_tar.h - a root file system's archive as an image of one layer.
 */
#ifndef IMAGE_ARCHIVE_IMPORT_TAR_H
#define IMAGE_ARCHIVE_IMPORT_TAR_H

#include "image/store/store.h"

/*
 * Packs the plain bytes of a tar into one zstd layer and writes config and manifest. The image is made
 * for this machine's platform; SOURCE_DATE_EPOCH is its time, if set.
 */
int import_tar(const struct image_store *s, struct byte_source plain, struct digest *ret_manifest,
	       struct err *e);

#endif
