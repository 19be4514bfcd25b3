/*
 * install_request.h - an image that is to be installed, and where its layers come from. For install.c, and for
 * who makes a layer or fetches one.
 */
#ifndef IMAGE_LAYER_INSTALL_REQUEST_H
#define IMAGE_LAYER_INSTALL_REQUEST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/source.h"
#include "image/document/manifest.h"
#include "image/name/conf.h"
#include "image/name/ref.h"
#include "image/store/store.h"

/*
 * The layers that are here are made anew, beside, and compared: that costs as much as unpacking them, and
 * needs the room of the largest for a while.
 */
struct layer_check {
	bool replace; /* what is damaged or missing gives way to what was made anew */
	bool touched; /* only layers that were touched since they were seen to be whole */
	bool go_on;   /* what cannot be checked is told of, and no error */
	const struct strv
		*bad_blobs; /* all others are known to be sound; NULL: each is looked at */
	/*
	 * Told of each layer (kind "layer", by its chain-id) and of the plan (by its manifest) that are not
	 * as they should be, from the caller's thread.
	 */
	void (*damaged)(void *ctx, const char *kind, const struct digest *name, const char *what,
			bool mended);
	/* A layer's blob was fetched, for it was corrupt or missing; from several threads. Or NULL. */
	void (*refetched)(void *ctx, const struct digest *blob);
	void *ctx;
};

/* How to get a layer's blob that the store does not have. Called from several threads. */
struct layer_fetch {
	/* Begins; what has come so far can be read from *ret_source at once. */
	int (*begin)(void *ctx, const struct descriptor *layer, int transfer, void **ret_handle,
		     struct byte_source *ret_source, struct err *e);
	/* Waits until the blob is in the store, and checked, and frees the handle; with `cancel`
	 * the rest is not waited for. *ret_anew: it is there, and what was read may have been other
	 * bytes, which came first. */
	int (*end)(void *handle, bool cancel, bool *ret_anew, struct err *e);
	void *ctx;
};

struct install_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *name;	  /* to set, as of ref_name(); NULL: none */
	struct ref ref;		  /* manifest, and the index it came out of; both in the store */
	struct layer_fetch fetch; /* begin NULL: every blob must be here */
	const struct layer_check *check; /* NULL: what is here is taken as it is */
};

#endif
