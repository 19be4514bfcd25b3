/*
 * verify.h - is everything in the store what its name says?
 */
#ifndef IMAGE_VERIFY_H
#define IMAGE_VERIFY_H

#include "image/name/conf.h"
#include "image/store/store.h"

/*
 * One thing that is not as it should be. kind is "image", "blob", "layer", "plan", "index" or "layout". help
 * says what to do, or is NULL: it was mended.
 */
struct verify_problem {
	const char *kind, *name, *what, *help;
	bool mended;
};

struct verify_request {
	const struct image_store *store;
	const struct image_conf *conf;
	const struct strv *names; /* NULL: all, and the blobs that no name needs */
	const struct strv
		*boxes; /* hex digests of the manifests that boxes are made of; with all names */
	bool repair;	/* mend what can be mended with what is here */
	bool keep;	/* but remove nothing: not all that boxes need is known */
	void (*problem)(void *ctx, const struct verify_problem *p);
	void *ctx;
};

/*
 * Reads every blob and compares its digest, makes every layer anew and compares it, and follows every
 * name to them. Problems are reported, and no failure of the function; *ret_problems counts those that
 * were not mended.
 */
int image_verify(const struct verify_request *req, size_t *ret_problems, struct err *e);

#endif
