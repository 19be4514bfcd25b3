/*
 * box_create.h - making boxes.
 */
#ifndef BOX_BOX_CREATE_H
#define BOX_BOX_CREATE_H

#include "box/box.h"

struct service_tie; /* service_tie.h */

/* What a persistent box is made from. */
struct box_origin {
	const char *project; /* or NULL */
	bool trial;	     /* as in struct box */
	const char *image;
	const struct digest *digest; /* of its manifest; hex is "" for an image without one */
	const struct strv *prepared; /* as in struct box */
	const char *recipe;	     /* the recipe of the prepared layers, recipe.h; "": none */
	const struct service_tie *service; /* of a service; else NULL */
};

/* Refuses an invalid box name, with a message; NULL is fine. */
int box_check_name(const char *name, struct err *e);

/*
 * Finds a box with that name for the directory dir whose creator was killed before the index was
 * updated.
 */
bool box_adopt(const struct store *s, const char *name, const char *dir, bool trial,
	       struct box *ret);

/*
 * Makes a new box called name, or name-2, name-3 ... if that is taken. Copies the public files of
 * the directory dotfiles (-1: none) into its home. On return the box is complete on disk, safe from
 * a power cut.
 */
int box_create(const struct store *s, const char *name, const struct box_origin *from, int dotfiles,
	       struct box *ret, struct err *e);

/*
 * Makes those directories of a box that are missing in dirfd. Returns how many, or an error. A kill
 * or a power cut may have left a box without one.
 */
int box_make_folders(int dirfd, struct err *e);

/*
 * Makes a throw-away box, in memory or on disk; name NULL: its id is its name. A name that is taken
 * is an error. *ret_lifetime is the lifetime lock: a box whose lock nobody holds has ended.
 */
int box_create_temporary(const struct store *s, const char *name, const char *image,
			 const struct digest *digest, bool in_memory, struct box *ret,
			 int *ret_lifetime, struct err *e);

/* Writes the record of a started throw-away box in memory, and makes the box visible. */
int box_publish(const struct store *s, const struct box *b, struct err *e);

/* Sets an index entry, replacing one whose box no longer exists; -EEXIST if it is taken. */
int box_index_take(const struct store *s, const char *index, const char *key, const char *id,
		   struct err *e);

/* Makes the box that of its project's directory, by path and by id. */
int box_index_project(const struct store *s, const struct box *b, struct err *e);

#endif
