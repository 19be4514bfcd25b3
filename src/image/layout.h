/*
 * layout.h - index.json: the names of the store, for other tools that read it as an OCI layout.
 */
#ifndef IMAGE_LAYOUT_H
#define IMAGE_LAYOUT_H

#include "image/store.h"

/*
 * Writes index.json from refs/, under a lock, so that of several commands the last one sees what all
 * have done. An image whose blobs are not all here (some are lent by a second store) is left out:
 * other tools could not read it.
 */
int layout_update(const struct image_store *s, struct err *e);

#endif
