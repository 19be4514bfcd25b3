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

/* Refuses, with a message, what cannot be a box's name; NULL is fine. */
int box_check_name(const char *name, struct err *e);

/* Finds the box of that name for the directory dir, whose maker was killed before the index knew it. */
bool box_adopt(const struct store *s, const char *name, const char *dir, bool trial,
	       struct box *ret);

/*
 * Makes a new box under name, or name-2, name-3 ... when that is taken. What is public in the directory
 * dotfiles (-1: none) is copied into its home. The box is complete on disk when this returns, and a power
 * cut does not change that.
 */
int box_create(const struct store *s, const char *name, const struct box_origin *from, int dotfiles,
	       struct box *ret, struct err *e);

/*
 * Makes the directories of a box that are missing in dirfd. Returns how many that were, or an error. Whoever was
 * killed or lost its power may have left a box without one.
 */
int box_make_folders(int dirfd, struct err *e);

/*
 * Makes a throw-away box, in memory or on disk; name NULL: its id is its name. A name that is
 * taken is an error. *ret_lifetime is the lifetime lock: a box whose lock nobody holds has ended.
 */
int box_create_temporary(const struct store *s, const char *name, const char *image,
			 const struct digest *digest, bool in_memory, struct box *ret,
			 int *ret_lifetime, struct err *e);

/* Writes the record of a throw-away box in memory, which has started, and puts the box where it is seen. */
int box_publish(const struct store *s, const struct box *b, struct err *e);

/* Sets an entry of an index, in the place of one that means a box which is no more; -EEXIST when it is taken. */
int box_index_take(const struct store *s, const char *index, const char *key, const char *id,
		   struct err *e);

/* Makes the box the one of its project's directory, by path and by id. */
int box_index_project(const struct store *s, const struct box *b, struct err *e);

#endif
