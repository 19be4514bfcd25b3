/*
 * mount_value.h - the value of an entry of [mounts].
 *
 *	SOURCE [ro|rw|overlay] [size=SIZE]
 *
 * The options are the last words, so SOURCE may hold blanks.
 */
#ifndef CONFIG_MOUNT_VALUE_H
#define CONFIG_MOUNT_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum mount_kind { MOUNT_SETTING_BIND, MOUNT_SETTING_CACHE, MOUNT_SETTING_TMPFS };

struct mount_value {
	enum mount_kind kind;
	char *source; /* a path as written, or a cache's name; NULL for tmpfs; owned */
	bool read_only;
	unsigned long long size; /* bytes; 0: not given */
	bool overlay;
};

/* On failure *ret is untouched. The caller frees ret->source. */
int mount_value_parse(const char *value, struct mount_value *ret, struct err *e);

/*
 * An entry of [mounts], parsed and resolved when it is first asked for and never again: what a policy
 * refuses, the question prints and the plan mounts is this one value, whatever becomes of links meanwhile.
 */
struct mount_source {
	struct mount_value value;
	char *path;   /* BIND: absolute, by text alone */
	char *real;   /* BIND: the same with links followed, or NULL: */
	int error;    /* why not, an errno */
	bool outside; /* BIND: it is not a part of the project */
};

void mount_sources_free(struct mount_source **v, size_t n);

#endif
