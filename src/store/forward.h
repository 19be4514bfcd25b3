/*
 * forward.h - converts a store of format 2 to format 3; for format.c.
 */
#ifndef STORE_FORWARD_H
#define STORE_FORWARD_H

#include "base/err.h"

/*
 * Renames what has a name made from a text (store_key). It can be called again after a kill, and
 * for a store that has nothing to convert. data_fd is the data directory, open for reading; path is
 * its name for messages. *ret_lease is the lease, held shared, or -1 if no layer was renamed: the
 * caller keeps it until the number is written. Before that, gc of an older program would not know
 * the new names and remove what they name.
 */
int store_forward(int data_fd, const char *path, int *ret_lease, struct err *e);

#endif
