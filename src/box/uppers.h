/*
 * uppers.h - where the upper directory of an overlay can lie.
 */
#ifndef BOX_UPPERS_H
#define BOX_UPPERS_H

#include <stdbool.h>

#include "store/store.h"

/* Can an upper directory lie in the data directory? If not, *ret_why says what it is on. */
bool store_holds_uppers(const struct store *s, const char **ret_why);

/* Can an upper directory lie in memory: tmpfs has user xattrs since Linux 6.6. */
bool memory_holds_uppers(void);

#endif
