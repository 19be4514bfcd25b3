/*
 * push.h - sending an image to a registry.
 */
#ifndef IMAGE_PUSH_H
#define IMAGE_PUSH_H

#include "image/name/conf.h"
#include "image/name/reference.h"
#include "image/store/store.h"

struct push_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const char *name;	    /* in the store, in the form of ref_name() */
	const struct reference *to; /* with a tag */
};

struct push_result {
	struct digest digest;
	size_t uploaded, mounted, existing; /* numbers of blobs */
};

/*
 * Sends the blobs first and the manifest last: a name in the registry never means an incomplete
 * image.
 */
int image_push(const struct push_request *req, struct push_result *result, struct err *e);

#endif
