/*
 * moved.h - a project's directory keeps its box when it is moved or renamed.
 */
#ifndef BOX_MOVED_H
#define BOX_MOVED_H

#include "box/box.h"

/* Does the box run with another directory than the one that now has the path? */
bool box_folder_replaced(const struct box *b);

/*
 * Updates the record of a locked box that is not running with the present path of its project, with
 * a note if it has moved. A record from before ids were kept gets one.
 */
int box_follow(const struct store *s, struct box *b, struct err *e);

/* The same for a box that was found by its project's present path, unless it runs. */
int box_follow_at_rest(const struct store *s, struct box *b, struct err *e);

/* Renames a locked box; -EEXIST if another box has the name. */
int box_rename(const struct store *s, struct box *b, const char *name, struct err *e);

#endif
