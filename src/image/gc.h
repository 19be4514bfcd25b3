/*
 * gc.h - removing what no name and no box needs.
 *
 * Nothing is removed unless everything that could need it was read. Reachable is what a name in
 * refs/ or a manifest in `in_use` (the images that boxes were made from) leads to: index, manifest,
 * config, layers packed and unpacked, plan. Of the prepared layers of projects, those in `steps`
 * are reachable; the layers of builds are if `steps` is NULL.
 */
#ifndef IMAGE_GC_H
#define IMAGE_GC_H

#include "image/name/ref.h"
#include "image/store/store.h"

struct gc_request {
	struct image_store *store;  /* with an exclusive lease: store_lease_take_alone() */
	const struct strv *in_use;  /* hex digests of manifests */
	const struct strv *running; /* of those, the ones that running boxes use; NULL: unknown */
	const struct strv *users;   /* for messages: the box of each of these */
	const struct strv *steps; /* prepared layers that boxes use, "step-<key>"; NULL: keep all */
	const struct strv *drop;  /* names to be removed, so not reachable; or NULL */
	bool asked;   /* remove these even if another image is damaged, which keeps all else */
	bool partial; /* remove partial downloads too */
	bool dry_run;
};

struct gc_result {
	size_t names, layers, blobs, plans, temporary;
	uint64_t bytes; /* disk usage of blobs, layers and temporary files */
};

int image_gc(const struct gc_request *req, struct gc_result *result, struct err *e);

#endif
