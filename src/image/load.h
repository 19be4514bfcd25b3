/*
 * load.h - the documents of an image of the store.
 */
#ifndef IMAGE_LOAD_H
#define IMAGE_LOAD_H

#include "image/document/image_config.h"
#include "image/document/manifest.h"
#include "image/store/store.h"

/* Reads and checks manifest and config of an image; the caller clears both. */
int image_load(const struct image_store *s, const struct digest *manifest, struct manifest *ret_m,
	       struct image_config *ret_c, struct err *e);

#endif
