/*
 * change_view.h - how commands show what has changed in a box, and which box they mean.
 */
#ifndef CLI_CHANGE_VIEW_H
#define CLI_CHANGE_VIEW_H

#include "base/json.h"
#include "changes/changes.h"

/*
 * One line on stdout: `!` where the host would run it later, what happened, and a path, in place of the
 * one inside when it is not NULL; made printable.
 */
void change_print(const struct change *c, const char *path);

/* The members of an object for one change; path as above. */
void change_json(struct json *j, const struct change *c, const char *path);

/* The box that word means: by its name; or a project's trial, or, unless `trial`, its box. */
int change_box(const struct store *s, const char *word, bool trial, struct box *ret, struct err *e);

#endif
