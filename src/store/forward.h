/*
 * forward.h - converts a store of format 2 to format 3; for format.c.
 */
#ifndef STORE_FORWARD_H
#define STORE_FORWARD_H

#include "base/err.h"

/*
 * Renames what has a name made from a text (store_key). It can be called again after a kill, and
 * for a store that has nothing to convert. data_fd is the data directory, open for reading; path is
 * its name for messages.
 */
int store_forward(int data_fd, const char *path, struct err *e);

#endif
