/*
 * image_root.h - the directories of a box's root, and the request for them.
 */
#ifndef ROOTFS_IMAGE_ROOT_H
#define ROOTFS_IMAGE_ROOT_H

#include <stdbool.h>

#include "base/err.h"
#include "image/store/plan.h"
#include "store/store.h"

struct image_root {
	struct strv lowers; /* layer directories, top first */
	struct strv binds;  /* host directories that appear at the same path, read-only */
	bool read_only;	    /* the lower layers are another user's and cannot be changed */

	/* Of an image from a registry or archive; empty for `host` and `dir:`. */
	struct digest digest;	/* of its manifest */
	struct image_plan plan; /* what it says about its sessions */
	int lease;		/* keeps gc from its layers until the box is recorded, or -1 */
};

#define IMAGE_ROOT_INIT      \
	{                    \
		.lease = -1, \
	}

struct image_request {
	const struct store *store;
	const char *image;
	const char *base; /* the directory that a relative PATH starts from */
	const struct digest
		*digest; /* the one a box was made from; hex "": what the name means now */
};

/* Puts layers (topmost first, relative to DATA) on top of an image's. */
void image_root_stack(const struct store *s, const struct strv *layers, struct image_root *root);
void image_root_clear(struct image_root *r);
#define cleanup_image_root __attribute__((cleanup(image_root_clear)))

#endif
