/*
 * change_view.h - how commands show the changes in a box, and which box they mean.
 */
#ifndef CLI_CHANGE_VIEW_H
#define CLI_CHANGE_VIEW_H

#include "base/json.h"
#include "changes/changes.h"

/*
 * Prints one line: `!` if the host would run it later, the kind of change, and a path (the one
 * inside, unless path is not NULL); made printable.
 */
void change_print(const struct change *c, const char *path);

/* The members of a JSON object for one change; path as above. */
void change_json(struct json *j, const struct change *c, const char *path);

/* The box that word means: by its name; or a project's trial, or, unless `trial`, its box. */
int change_box(const struct store *s, const char *word, bool trial, struct box *ret, struct err *e);

#endif
