/*
 * salvage.h - a box whose record is damaged, and whose files are not.
 */
#ifndef BOX_SALVAGE_H
#define BOX_SALVAGE_H

#include "box/box.h"

/*
 * The project of a damaged box, for `enter --rebuild`: the directory that word names, or one around it, or around
 * the current one; word is a directory, the name of the box, or NULL. -EUCLEAN as box_load() says it when there is
 * no such directory. The caller frees *ret.
 */
int salvage_find_project(const struct store *s, const char *word, char **ret, struct err *e);

/* The damaged box that the index has for a project's directory; -ENOENT. */
int salvage_find(const struct store *s, const char *dir, struct box *ret, struct err *e);

/*
 * Makes of a damaged box, locked and not running, one that box_rebuild() can take: with the name that leads to
 * it, of that project, and with nothing agreed to. Its home and its upper stay as they are.
 */
int salvage_box(const struct store *s, struct box *b, const char *dir, struct err *e);

/* The name that leads to a box, or its id where none does; the caller frees. */
char *salvage_name(const struct store *s, const char *id);

#endif
