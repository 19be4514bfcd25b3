/*
 * pick.h - chooses the image of an index for a platform.
 *
 * An index may lead to further indexes, and contain things other than images: attestations,
 * signatures, charts. The number and depth of documents are limited.
 */
#ifndef IMAGE_DOCUMENT_PICK_H
#define IMAGE_DOCUMENT_PICK_H

#include "image/document/manifest.h"
#include "image/store/store.h"

#define PICK_MAX_DEPTH	   8
#define PICK_MAX_DOCUMENTS 64

struct pick {
	const struct image_store *store;
	const struct platform *want;
	/*
	 * Makes sure that the store has an index or a manifest, or with `config` a manifest's
	 * config; an error ends the search.
	 */
	int (*need)(void *ctx, const struct descriptor *d, bool config, struct err *e);
	void *ctx;
};

/*
 * The image of these entries that fits best: same os and arch; the same variant, or the nearest
 * lower one. If an entry has no platform, its config is asked; a single image always fits.
 * *ret_index is the outermost index it was found by; hex "" if it was an entry itself. -ENOENT
 * lists the available platforms; -ENOTSUP: none is an image.
 */
int pick_image(const struct pick *p, const struct image_index *index, struct digest *ret_manifest,
	       struct digest *ret_index, struct err *e);

#endif
