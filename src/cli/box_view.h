/*
 * box_view.h - how commands show a box.
 */
#ifndef CLI_BOX_VIEW_H
#define CLI_BOX_VIEW_H

#include "base/json.h"
#include "box/box.h"

/* "running" or "stopped". */
const char *box_view_state(const struct box *b);

/* When it was made, in local time, in the caller's buffer. */
const char *box_view_created(const struct box *b, char *dst, size_t size);

/* One object: name, id, state, pid, image, project, gone, temporary, created (seconds since 1970). */
void box_view_json(struct json *j, const struct box *b);
/* The same members, for an object that has more. */
void box_view_json_members(struct json *j, const struct box *b);

#endif
