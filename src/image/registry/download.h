/*
 * download.h - a layer's blob on its way from a registry into the store, readable while it comes.
 *
 * What was received stays in tmp/partial-<digest> until it is complete; the next attempt, of this
 * command or a later one, goes on from there. Whoever wants the same blob at the same time waits
 * for the one who is at it.
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
	_Atomic uint64_t received; /* bytes of layers that came over the network */
};

/* The functions of a struct layer_fetch whose ctx is a struct download_from. */
int download_begin(void *ctx, const struct descriptor *layer, int transfer, void **ret_handle,
		   struct byte_source *ret_source, struct err *e);
int download_end(void *handle, bool cancel, bool *ret_anew, struct err *e);

#endif
