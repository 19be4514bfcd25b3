/*
 * obeyed_git.h - what git on the host obeys of a directory; for obeyed.c.
 */
#ifndef GRANT_OBEYED_GIT_H
#define GRANT_OBEYED_GIT_H

#include "grant/obeyed_look.h"

/* What of that name is there. */
enum obeyed_dot_git { OBEYED_NO_GIT, OBEYED_GIT_DIR, OBEYED_GIT_OTHER };

/* The git data of the checkout at path, open as dir, and repositories that were made in it. */
void obeyed_git(struct obeyed_look *l, int dir, const char *path, enum obeyed_dot_git dot_git);

#endif
