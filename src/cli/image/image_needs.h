/*
 * image_needs.h - what the boxes of this store need: gc keeps it.
 */
#ifndef CLI_IMAGE_IMAGE_NEEDS_H
#define CLI_IMAGE_IMAGE_NEEDS_H

#include "base/err.h"
#include "base/mem.h"

struct needs {
	struct strv images, users; /* hex digests, and the name of the box for each */
	struct strv running;	   /* of these digests, those of running boxes */
	struct strv steps;	   /* prepared layers, "step-<key>" */
	struct err unknown;	   /* code 0: the lists are complete; else which box is unknown */
};

/* For all boxes, running or not. */
int needs_find(struct needs *out, struct err *e);

/*
 * The same for removing: a box whose needs are unknown, or whose prepared layers are missing, is an
 * error.
 */
int needs_find_all(struct needs *out, struct err *e);

void needs_clear(struct needs *n);
#define cleanup_needs __attribute__((cleanup(needs_clear)))

#endif
