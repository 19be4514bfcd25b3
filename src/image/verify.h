/*
 * verify.h - is everything in the store what its name says?
 */
#ifndef IMAGE_VERIFY_H
#define IMAGE_VERIFY_H

#include "image/store.h"

/* What was found: kind is "image", "blob" or "layer". */
struct verify_report {
	void (*problem)(void *ctx, const char *kind, const char *name, const char *what);
	void *ctx;
};

/*
 * Reads every blob and compares its digest, follows every name to its layers. names NULL: all, and
 * the blobs that no name needs. Problems are reported, and no failure of the function.
 */
int image_verify(const struct image_store *s, const struct strv *names,
		 const struct verify_report *report, size_t *ret_problems, struct err *e);

#endif
