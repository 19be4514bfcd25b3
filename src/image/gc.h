/*
 * gc.h - removing what no name and no box needs.
 *
 * Nothing is removed unless all that could need it was read. Reachable is what a name in refs/ or a manifest in `in_use` (the images that boxes are made of)
 * leads to: index, manifest, config, layers packed and unpacked, plan. Of the layers that projects had
 * prepared, reachable are those in `steps`.
 */
#ifndef IMAGE_GC_H
#define IMAGE_GC_H

#include "image/name/ref.h"
#include "image/store/store.h"

struct gc_request {
	struct image_store *store; /* whose lease is exclusive: store_lease_take_alone() */
	const struct strv *in_use; /* hex digests of manifests */
	const struct strv
		*running;	  /* of those, the ones that boxes run on; NULL: it is not known */
	const struct strv *users; /* for messages: the box that each of these is of */
	const struct strv *steps; /* prepared layers that boxes use, "step-<key>"; NULL: all stay */
	const struct strv *drop;  /* names not to count as reachable, and to remove; or NULL */
	bool asked; /* for these: they go even where another image is damaged, which keeps all else */
	bool partial; /* downloads that could be gone on with too */
	bool dry_run;
};

struct gc_result {
	size_t names, layers, blobs, plans, temporary;
	uint64_t bytes; /* of blobs, layers and temporary files, as the disk counts them */
};

int image_gc(const struct gc_request *req, struct gc_result *ret, struct err *e);

#endif
