/*
 * obeyed_git.h - what git on the host obeys in a directory; for obeyed.c.
 */
#ifndef GRANT_OBEYED_GIT_H
#define GRANT_OBEYED_GIT_H

#include "grant/obeyed_look.h"

/* The type of the .git that is there. */
enum obeyed_dot_git { OBEYED_NO_GIT, OBEYED_GIT_DIR, OBEYED_GIT_OTHER };

/* Looks at the git data of the checkout at path, open as dir, and at repositories made in it. */
void obeyed_git(struct obeyed_look *l, int dir, const char *path, enum obeyed_dot_git dot_git);

#endif
