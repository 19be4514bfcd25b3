/*
 * box_view.h - how commands show a box.
 */
#ifndef CLI_BOX_VIEW_H
#define CLI_BOX_VIEW_H

#include "base/json.h"
#include "base/usage.h"
#include "box/box.h"

/* "running" or "stopped"; "unknown", with the reason in e. */
const char *box_view_state(const struct box *b, struct err *e);

/*
 * Disk usage of its files, root, home and trial; -1 if it has none on disk, or they cannot be
 * counted. A part that cannot be read is reported in a note.
 */
long long box_view_size(const struct store *s, const struct box *b);
/* The same for display, "-" for none; and as the member "size", null for none. */
struct size_text box_view_size_text(long long size);
void box_view_json_size(struct json *j, long long size);

/* Its creation time, in local time, in the caller's buffer. */
const char *box_view_created(const struct box *b, char *dst, size_t size);

/*
 * The members name, id, state, pid, image, project, gone, temporary, created (seconds since 1970).
 * Fails, after writing all of them, if the state is unknown.
 */
int box_view_json_members(struct json *j, const struct box *b, struct err *e);

#endif
