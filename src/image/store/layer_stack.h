/*
 * layer_stack.h - unpacked layers by their chain-ids.
 */
#ifndef IMAGE_STORE_LAYER_STACK_H
#define IMAGE_STORE_LAYER_STACK_H

#include "image/store/store.h"

/*
 * The modification time, in seconds, of a file that was seen to be what it should be: a write takes it away. Who
 * looks again compares only what was touched since.
 */
#define SEEN_WHOLE 1

#define IMAGE_MAX_LAYERS 200 /* as many as the launcher can mount */

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

/*
 * Notes of a sidecar, by a time of change that no writer gives it, that layer and blob were just seen to be whole;
 * the next rename of it, or this call, is when. Whoever writes to it takes the note away.
 */
void layer_note_whole(int meta_fd);

/*
 * Has nobody touched the blob or the sidecar since? No file of the layer is looked at, so it takes no time
 * that grows with the image.
 */
bool layer_is_untouched(const struct image_store *s, const char *path, const struct digest *blob,
			uint64_t size);

#endif
