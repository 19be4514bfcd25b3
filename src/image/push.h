/*
 * push.h - an image to a registry.
 */
#ifndef IMAGE_PUSH_H
#define IMAGE_PUSH_H

#include "image/name/conf.h"
#include "image/name/reference.h"
#include "image/store/store.h"

struct push_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *name;	    /* in the store, as of ref_name() */
	const struct reference *to; /* with a tag */
};

struct push_result {
	struct digest digest;
	size_t uploaded, mounted, existing; /* numbers of blobs */
};

/* Blobs first, the manifest last: a name of the registry never means half an image. */
int image_push(const struct push_request *req, struct push_result *ret, struct err *e);

#endif
