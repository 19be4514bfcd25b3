/*
 * pack.h - from an uncompressed tar to a layer's blob.
 */
#ifndef IMAGE_LAYER_PACK_H
#define IMAGE_LAYER_PACK_H

#include <time.h>

#include "image/document/manifest.h"
#include "image/store/store.h"

/*
 * Packs the bytes into one zstd layer, a blob of the store. ret_layer's media type is a constant,
 * not to be freed; ret_diff_id is the digest of the uncompressed bytes.
 */
int layer_pack(const struct image_store *s, struct byte_source plain, struct descriptor *ret_layer,
	       struct digest *ret_diff_id, struct err *e);

/* A time in the format of image-spec, RFC 3339; the caller frees it. */
char *image_time(time_t t);

#endif
