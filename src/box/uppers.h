/*
 * uppers.h - where the upper directory of an overlay can be.
 */
#ifndef BOX_UPPERS_H
#define BOX_UPPERS_H

#include <stdbool.h>

#include "store/store.h"

/* Can it be in the data directory? If not, *ret_why names the obstacle. */
bool uppers_work_in_store(const struct store *s, const char **ret_why);

/* Can it be in memory? tmpfs has user xattrs since Linux 6.6. */
bool uppers_work_in_memory(void);

#endif
