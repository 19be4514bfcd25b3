/*
 * moved.h - a project's directory is known by more than its path: moved or renamed, it keeps its box.
 */
#ifndef BOX_MOVED_H
#define BOX_MOVED_H

#include "box/box.h"

/* Does the box run, and is what it runs with another directory than the one that is there now? */
bool box_folder_replaced(const struct box *b);

/*
 * Brings the record of a locked box that does not run up to where its project is by now, with a note when
 * it has moved; a record from before ids were kept gains one.
 */
int box_follow(const struct store *s, struct box *b, struct err *e);

/* The same for a box that was found by where its project is by now, unless it runs. */
int box_follow_at_rest(const struct store *s, struct box *b, struct err *e);

/* Gives a locked box another name; -EEXIST when that is another's. */
int box_rename(const struct store *s, struct box *b, const char *name, struct err *e);

#endif
