/*
 * image_needs.h - what the boxes of this store are made of: gc keeps it.
 */
#ifndef CLI_IMAGE_IMAGE_NEEDS_H
#define CLI_IMAGE_IMAGE_NEEDS_H

#include "base/err.h"
#include "base/mem.h"

struct needs {
	struct strv images, users; /* hex digests, and the name of the box that each is of */
	struct strv running;	   /* of these digests, those that boxes run on */
	struct strv steps;	   /* prepared layers, "step-<key>" */
	struct err unknown; /* code 0: the lists are whole; else which box cannot say, and why */
};

/* Of all boxes, running or not. */
int needs_find(struct needs *ret, struct err *e);

/* The same for who removes: a box that cannot say what it needs, or whose prepared layers are not there, is an error. */
int needs_find_all(struct needs *ret, struct err *e);

void needs_clear(struct needs *n);
#define cleanup_needs __attribute__((cleanup(needs_clear)))

#endif
