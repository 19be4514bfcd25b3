/*
 * format.h - the format number of the store, and converting an older store.
 *
 *	DATA/format-3	empty; the number is in its name, so that one faccessat(2) checks it
 *
 * Format 1 has no such file: it is every store from before there was a number. Format 2 differs
 * from it only by the file. In format 3 a name made from a text is its SHA-256 (store_key), not its
 * FNV-1a and a slot; old names that boxes may refer to are kept (forward.h). HACKING.md says how to
 * make a format 4.
 */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

#include "base/err.h"

#define STORE_FORMAT	  3
#define STORE_FORMAT_FILE "format-3"

/*
 * Refuses a store that a newer sandbox wrote; changes nothing. data_fd is the directory (may be
 * O_PATH); path is its name for messages.
 */
int store_format_check(int data_fd, const char *path, struct err *e);

/*
 * Converts an older store, or an empty directory, to STORE_FORMAT; refuses a newer one. Others who
 * open the store wait meanwhile. Call it before making anything in the store.
 */
int store_format_settle(int data_fd, const char *path, struct err *e);

#endif
