/*
 * pull.h - an image from a registry, a mirror of it, or a second store.
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
	bool unnamed; /* no name is set: gc removes it, unless who holds its lease takes it */
};

struct pull_result {
	struct digest digest; /* of the manifest */
	bool changed;	      /* the name means another image than before, or is new */
	bool mended;	      /* it means the same, and what was here of it was not whole */
	size_t layers;
	uint64_t downloaded; /* bytes of layers that came over the network */
};

/*
 * A tag that still means what is here costs one request, and reading and unpacking what is here: what of it
 * is damaged is replaced.
 */
int image_pull(const struct pull_request *req, struct pull_result *ret, struct err *e);

/*
 * Makes what is needed to run a name that the store knows, or a second store does, without asking a
 * registry: -ENOENT when neither has it.
 */
int image_prepare(const struct pull_request *req, struct err *e);

#endif
