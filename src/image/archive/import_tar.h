/*
 * import_tar.h - the archive of a root file system as an image with one layer.
 */
#ifndef IMAGE_ARCHIVE_IMPORT_TAR_H
#define IMAGE_ARCHIVE_IMPORT_TAR_H

#include "image/store/store.h"

/*
 * Packs the bytes of an uncompressed tar into one zstd layer and writes config and manifest. The
 * image is for this machine's platform; SOURCE_DATE_EPOCH is its time, if set.
 */
int import_tar(const struct image_store *s, struct byte_source plain, struct digest *ret_manifest,
	       struct err *e);

#endif
