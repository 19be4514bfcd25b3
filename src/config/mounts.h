/*
 * mounts.h - the value of an entry of [mounts].
 *
 *	SOURCE [ro|rw|overlay] [size=SIZE]
 *
 * The options are the last words, so SOURCE may hold blanks.
 */
#ifndef CONFIG_MOUNTS_H
#define CONFIG_MOUNTS_H

#include <stdbool.h>

#include "base/err.h"
#include "config/settings.h"

struct mount_value {
	enum mount_kind kind;
	char *source; /* a path as written, or a cache's name; NULL for tmpfs; owned */
	bool read_only;
	unsigned long long size; /* bytes; 0: not given */
	bool overlay;
};

/* On failure *ret is untouched. The caller frees ret->source. */
int mount_value_parse(const char *value, struct mount_value *ret, struct err *e);

#endif
