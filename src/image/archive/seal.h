/*
 * seal.h - the layers of a project's steps, on top of their image, as a new image.
 */
#ifndef IMAGE_ARCHIVE_SEAL_H
#define IMAGE_ARCHIVE_SEAL_H

#include "image/name/conf.h"
#include "image/store/store.h"

struct seal_step {
	const char *layer; /* an upper directory without writers, relative to DATA */
	const char *title; /* for the image's history */
};

struct seal_request {
	const struct image_store *store;
	const struct image_conf *conf;
	struct digest base;	       /* the manifest they were made on top of */
	const char *name;	       /* as returned by ref_name() */
	const struct seal_step *steps; /* bottom first */
	size_t n_steps;
};

/*
 * Names the image once all of it is in the store. Its config is the base's, with the steps added to
 * its history. The same layers give the same digest: its time is that of the last one.
 */
int image_seal(const struct seal_request *req, struct digest *ret, struct err *e);

#endif
