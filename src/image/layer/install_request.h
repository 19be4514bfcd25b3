/*
 * install_request.h - an image to install, and where its layers come from. For install.c, and for
 * the code that makes or fetches a layer.
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
 * Existing layers are unpacked again, beside the old ones, and compared: this costs as much as
 * unpacking them, and temporarily needs the space of the largest.
 */
struct layer_check {
	bool replace;		      /* replace what is damaged or missing by the new one */
	bool touched;		      /* only layers modified since they were last found intact */
	bool go_on;		      /* report what cannot be checked, and continue */
	const struct strv *bad_blobs; /* all others are known to be intact; NULL: check each */
	/*
	 * Called for each layer (kind "layer", by its chain-id) and plan (by its manifest) that is
	 * damaged, from the caller's thread.
	 */
	void (*damaged)(void *ctx, const char *kind, const struct digest *name, const char *what,
			bool mended);
	/*
	 * Called when a layer's blob was fetched because it was corrupt or missing; from several
	 * threads. Or NULL.
	 */
	void (*refetched)(void *ctx, const struct digest *blob);
	void *ctx;
};

/* How to get a layer's blob that the store does not have. Called from several threads. */
struct layer_fetch {
	/* Begins the transfer; what has arrived so far can be read from *ret_source at once. */
	int (*begin)(void *ctx, const struct descriptor *layer, int transfer, void **ret_handle,
		     struct byte_source *ret_source, struct err *e);
	/*
	 * Waits until the blob is in the store and checked, and frees the handle; with `cancel`
	 * does not wait for the rest. *ret_anew: the blob is there, but the first bytes that were
	 * read may have been wrong ones.
	 */
	int (*end)(void *handle, bool cancel, bool *ret_anew, struct err *e);
	void *ctx;
};

struct install_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *name;	  /* to set, in the form of ref_name(); NULL: none */
	struct ref ref;		  /* manifest, and the index it was found by; both in the store */
	struct layer_fetch fetch; /* begin NULL: every blob must be here */
	const struct layer_check *check; /* NULL: use existing layers without checking */
};

#endif
