/*
 * layer_stack.h - unpacked layers by chain-id.
 */
#ifndef IMAGE_STORE_LAYER_STACK_H
#define IMAGE_STORE_LAYER_STACK_H

#include "image/store/store.h"

/*
 * The modification time, in seconds, of a file that was found intact: any write changes it. The
 * next check compares only files modified since.
 */
#define SEEN_WHOLE 1

#define IMAGE_MAX_LAYERS 200 /* as many as the launcher can mount */

/*
 * The chain-id of a layer on top of the chain below; below has hex "" for the bottom layer
 * (image-spec, config.md).
 */
void layer_chain_id(const struct digest *below, const struct digest *diff_id, struct digest *ret);

/*
 * Each layers/<chain> has a sidecar beside it, without which it does not count. A layer that a
 * repair replaced stays as layers/<chain>.old-<random> for boxes that have it mounted, until gc
 * finds that none is running.
 */
#define LAYER_META ".meta"
#define LAYER_OLD  ".old-"

/* "layers/<chain>", or the path of a usable one in a second store; NULL if there is none. */
char *layer_find(const struct image_store *s, const struct digest *chain);

/*
 * Marks a sidecar, by a modification time that no writer sets, to record that layer and blob were
 * found intact at its last rename, or now. Any write to it removes the mark.
 */
void layer_note_whole(int meta_fd);

/*
 * Is the mark there, and was the blob not modified since? Looks at no file of the layer, so the
 * cost does not depend on its size.
 */
bool layer_is_untouched(const struct image_store *s, const char *path, const struct digest *blob,
			uint64_t size);

#endif
