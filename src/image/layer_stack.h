/*
 * layer_stack.h - unpacked layers by their chain-ids.
 */
#ifndef IMAGE_LAYER_STACK_H
#define IMAGE_LAYER_STACK_H

#include "image/store.h"

/* The chain-id of a layer upon the chain below; below hex "": the bottom layer (image-spec,
 * config.md). */
void layer_chain_id(const struct digest *below, const struct digest *diff_id, struct digest *ret);

/*
 * Beside layers/<chain> lies its sidecar, without which it is none. A layer that a repair has replaced stays
 * as layers/<chain>.old-<random> for boxes that have it mounted, until gc finds none that runs.
 */
#define LAYER_META ".meta"
#define LAYER_OLD  ".old-"

/* "layers/<chain>", or the path of a usable one in a second store; NULL when there is none. */
char *layer_find(const struct image_store *s, const struct digest *chain);

#endif
