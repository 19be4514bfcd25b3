/*
 * pull.h - getting an image from a registry, a mirror of it, or a second store.
 */
#ifndef IMAGE_PULL_H
#define IMAGE_PULL_H

#include "image/name/conf.h"
#include "image/name/reference.h"
#include "image/store/store.h"

struct pull_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const struct reference *ref;
	const struct platform *platform; /* NULL: this machine's */
	bool unnamed; /* set no name: gc removes it, unless its lease holder uses it */
};

struct pull_result {
	struct digest digest; /* of the manifest */
	bool changed;	      /* the name is new, or now means another image */
	bool mended;	      /* the same image, but it was damaged or incomplete here */
	size_t layers;
	uint64_t downloaded; /* bytes of layers received over the network */
};

/*
 * If a tag still means the image that is here, this costs one request. Layers that were touched
 * since they were last found intact are unpacked again and compared; what is damaged is replaced.
 */
int image_pull(const struct pull_request *req, struct pull_result *result, struct err *e);

/*
 * Provides what is needed to run a name that this store or a second store knows, without asking a
 * registry: -ENOENT if neither has it.
 */
int image_prepare(const struct pull_request *req, struct err *e);

#endif
