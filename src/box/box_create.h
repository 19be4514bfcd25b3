/*
 * box_create.h - making boxes.
 */
#ifndef BOX_BOX_CREATE_H
#define BOX_BOX_CREATE_H

#include "box/box.h"

/* What a box that stays is made from. */
struct box_origin {
	const char *project; /* or NULL */
	bool trial;	     /* as in struct box */
	const char *image;
	const struct digest *digest; /* of its manifest, hex "" for an image without one */
	const struct strv *prepared; /* as in struct box */
	const char *recipe;	     /* what they were prepared from, recipe.h; "": nothing */
};

/*
 * Makes a new box under name, or name-2, name-3 ... when that is taken. The box is complete on disk
 * when this returns.
 */
int box_create(const struct store *s, const char *name, const struct box_origin *from,
	       struct box *ret, struct err *e);

/*
 * Makes a throw-away box, in memory or on disk; name NULL: its id is its name. A name that is
 * taken is an error. *ret_lifetime is the lifetime lock: a box whose lock nobody holds has ended.
 */
int box_create_temporary(const struct store *s, const char *name, const char *image,
			 const struct digest *digest, bool in_memory, struct box *ret,
			 int *ret_lifetime, struct err *e);

#endif
