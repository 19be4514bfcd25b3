/*
 * pick.h - which image an index means on a platform.
 *
 * An index may lead to further indexes, and hold what is no image: attestations, signatures, charts.
 * Bounded: so many documents, so deep.
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
	 * Sees to it that the store has an index or a manifest, or with `config` a manifest's config; an
	 * error ends the search.
	 */
	int (*need)(void *ctx, const struct descriptor *d, bool config, struct err *e);
	void *ctx;
};

/*
 * The image of these entries that fits best: same os and arch, the variant equal, or the nearest lower
 * one. Where an entry says no platform its config does, and one image alone fits. *ret_index is the
 * outermost index that it came out of, hex "" when it was an entry itself. -ENOENT names the platforms
 * there are; -ENOTSUP: none is an image.
 */
int pick_image(const struct pick *p, const struct image_index *index, struct digest *ret_manifest,
	       struct digest *ret_index, struct err *e);

#endif
