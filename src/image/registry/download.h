/*
 * download.h - downloads a layer's blob from a registry into the store; it can be read while it
 * arrives.
 *
 * The bytes received stay in tmp/partial-<digest> until it is complete; the next attempt, by this
 * command or a later one, continues from there. Concurrent downloads of the same blob wait for the
 * first.
 */
#ifndef IMAGE_REGISTRY_DOWNLOAD_H
#define IMAGE_REGISTRY_DOWNLOAD_H

#include "image/layer/install_request.h"
#include "image/registry/registry.h"

/* Where blobs come from: mirrors first, then the registry itself. */
struct download_from {
	const struct image_store *store;
	struct registry **registries;
	size_t n;
	_Atomic uint64_t received; /* bytes of layers received over the network */
};

/* The functions of a struct layer_fetch whose ctx is a struct download_from. */
int download_begin(void *ctx, const struct descriptor *layer, int transfer, void **ret_handle,
		   struct byte_source *ret_source, struct err *e);
int download_end(void *handle, bool cancel, bool *ret_anew, struct err *e);

#endif
