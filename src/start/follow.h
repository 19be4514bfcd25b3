/*
 * follow.h - keeping read-only single files of the host up to date in a running box.
 *
 * Replacing a file by rename makes a new file, and a mount stays with the old one. So a box mounts
 * a copy in its own memory (mounts.c), and each session that joins it brings the changes.
 */
#ifndef START_FOLLOW_H
#define START_FOLLOW_H

#include "launch/request.h"
#include "start/assembly.h"

/* Before a start: appends a line to its notes for each such file, as it is now. */
void follow_note(const struct assembly *a, struct buf *out);

/* For a session that joins: the files that have changed since the start with these notes. */
void follow_changed(const char *notes, struct session_facts *ret);

#endif
