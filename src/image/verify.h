/*
 * verify.h - checks that everything in the store is what its name says.
 */
#ifndef IMAGE_VERIFY_H
#define IMAGE_VERIFY_H

#include "image/name/conf.h"
#include "image/store/store.h"

/*
 * One defect. kind is "image", "blob", "layer", "plan", "index" or "layout". help says what to do;
 * NULL: it was repaired.
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
		*boxes; /* hex digests of the manifests that boxes were made from; with all names */
	bool repair;	/* repair what can be repaired with what is here */
	bool keep;	/* but remove nothing: not everything that boxes need is known */
	void (*problem)(void *ctx, const struct verify_problem *p);
	void *ctx;
};

/*
 * Reads every blob and compares its digest, unpacks every layer again and compares it, and follows
 * every name to them. Defects are reported, and are not a failure of the function; *ret_problems
 * counts those that were not repaired.
 */
int image_verify(const struct verify_request *req, size_t *ret_problems, struct err *e);

#endif
