/*
 * format.h - the number of the store's format, and moving an older store forward.
 *
 *	DATA/format-2	empty; its name says the number, so that one faccessat(2) proves it
 *
 * Format 1 has no such file: every store made before there was a number. Format 2 differs from it by the
 * file alone. HACKING.md says what a format 3 takes.
 */
#ifndef STORE_FORMAT_H
#define STORE_FORMAT_H

#include "base/err.h"

#define STORE_FORMAT	  2
#define STORE_FORMAT_FILE "format-2"

/*
 * Refuses a store that a newer sandbox wrote; changes nothing. data_fd is the directory, O_PATH or not, and
 * path its name for messages.
 */
int store_format_check(int data_fd, const char *path, struct err *e);

/*
 * Moves an older store forward to STORE_FORMAT, which a new, empty one is too; refuses a newer one as above.
 * Others who open the store wait meanwhile. Comes before anything is made in the store.
 */
int store_format_settle(int data_fd, const char *path, struct err *e);

#endif
