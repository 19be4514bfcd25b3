/*
 * follow.h - single files of the host that a box has read-only: a box that runs has them as they are by now.
 *
 * A file that another is renamed over is another file, and a mount stays with the first. So a box has a
 * copy mounted, in its own memory (mounts.c), and a session that joins it brings what has changed.
 */
#ifndef START_FOLLOW_H
#define START_FOLLOW_H

#include "launch/request.h"
#include "start/assembly.h"

/* Before a start: appends a line of its notes for each such file, as it is. */
void follow_note(const struct assembly *a, struct buf *out);

/* For a session that joins: the files that have changed since the start with these notes. */
void follow_changed(const char *notes, struct session_facts *ret);

#endif
