/*
 * copy.h - copying the world-readable part of a tree.
 */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Copies the directories, regular files and symlinks beneath from into to, owned by the caller.
 * Copies only what every user may read, and no name for which skip() is true. Modes lose set-id
 * bits and gain u+rw. What disappears meanwhile (ENOENT) or may not be read (EACCES) is left out;
 * anything else is an error.
 */
int copy_public_tree(int from, int to, bool (*skip)(const char *name), struct err *e);

#endif
