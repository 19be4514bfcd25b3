/*
 * seed.h - what an image has in a folder that lies in memory.
 */
#ifndef LAUNCH_SEED_H
#define LAUNCH_SEED_H

#include "base/err.h"

/*
 * Copies what is in the folder `from` to the folder `to`: files, folders, links and pipes, with their modes and
 * times. Sockets and devices are nobody's any more and left out. An empty folder costs a look. skip: names in `from` that stay behind, ends with NULL.
 */
int seed_folder(int from, int to, const char *const *skip, struct err *e);

#endif
