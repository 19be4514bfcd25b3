/*
 * salvage.h - repairing a box whose record is damaged.
 */
#ifndef BOX_SALVAGE_H
#define BOX_SALVAGE_H

#include "box/box.h"

/*
 * The project of a damaged box, for `enter --rebuild`: the directory that word names, or one above
 * it or above the current one; word is a directory, the name of the box, or NULL. If there is none,
 * -EUCLEAN with box_load()'s message. The caller frees *ret.
 */
int salvage_find_project(const struct store *s, const char *word, char **ret, struct err *e);

/* The damaged box that the index lists for a project's directory; -ENOENT. */
int salvage_find(const struct store *s, const char *dir, struct box *ret, struct err *e);

/*
 * Repairs a damaged box, locked and not running, so that rebuild_box() can take it: with the name
 * that the index has for it, that project, and nothing agreed to. Its home and its upper stay as
 * they are.
 */
int salvage_box(const struct store *s, struct box *b, const char *dir, struct err *e);

/* The name that the index has for a box, or its id if there is none; the caller frees it. */
char *salvage_name(const struct store *s, const char *id);

#endif
