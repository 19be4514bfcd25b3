/*
 * record.h - the record of a box on disk. For the files that make, find and remove boxes.
 */
#ifndef BOX_RECORD_H
#define BOX_RECORD_H

#include "box/box.h"

/*
 * Opens run_fd anew; where there is no RUNTIME/<id> it is -1. Looking at a box must not make it a
 * directory: it may be going at this moment.
 */
int record_open_runtime(const struct store *s, struct box *b, struct err *e);

/* Writes the record into the directory dirfd; readers see all of it or nothing. */
int record_write(const struct box *b, int dirfd, struct err *e);

/*
 * Reads again what a box that is locked by now is: another image, say, after a rebuild that was waited
 * for. -ERR_RETRY when it is called otherwise or has another project, and so is not what was looked for.
 */
int record_read_again(const struct store *s, struct box *b, struct err *e);

/*
 * A directory in that of a throw-away box on disk. The record of one is not waited for, so that a power cut
 * may leave it empty; a directory is there as soon as what it lies in.
 */
#define RECORD_TEMPORARY "temporary"

/* Is boxes/<id> a box that is thrown away when it ends? Asks the record and that directory. */
bool record_says_temporary(const struct store *s, const char *id);

/*
 * A parked box is what its record says, without a descriptor: one of many in a list. box_open() makes it
 * whole again; -ENOENT when it has gone meanwhile.
 */
void box_park(struct box *b);
int box_open(const struct store *s, struct box *b, struct err *e);

/* Makes the lifetime lock of a new box in its directory; nobody ever sees it unlocked. */
int box_make_lifetime(int dirfd, int *ret_fd, struct err *e);

#endif
