/*
 * image.h - from the name of an image to the folders a box's root is made of.
 */
#ifndef BOX_IMAGE_H
#define BOX_IMAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "box/store.h"

struct image_root {
	struct strv lowers; /* layer folders, top first */
	struct strv binds;  /* host folders that appear at their own path, read-only */
	bool read_only;	    /* the lower layers are not ours: nothing of them can be changed */
};

/* Is it the name of an image that there can be? Whether there is one, image_resolve() finds out. */
int image_check_name(const char *image, struct err *e);

/*
 * Resolves `host` and `dir:PATH`; base is the folder a relative PATH starts from. The caller
 * releases *ret with image_root_clear().
 */
int image_resolve(const struct store *s, const char *image, const char *base,
		  struct image_root *ret, struct err *e);
void image_root_clear(struct image_root *r);

#endif
