/*
 * seed.h - what an image has in a directory that lies in memory.
 */
#ifndef LAUNCH_SEED_H
#define LAUNCH_SEED_H

#include "base/err.h"

/*
 * Copies what is in the directory `from` to the directory `to`: files, directories, links and pipes, with their modes and
 * times. Sockets and devices are nobody's any more and left out. An empty directory costs a look. skip: names
 * in `from` that stay behind, ends with NULL. -EFBIG, when some of it may have been copied, for more
 * than a start can wait for: a file of 40 GB takes no room in an image.
 */
int seed_folder(int from, int to, const char *const *skip, struct err *e);

#endif
