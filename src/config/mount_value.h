/*
 * mount_value.h - the value of an entry of [mounts].
 *
 *	SOURCE [ro|rw|overlay] [size=SIZE] [create]
 *
 * The options are the last words, so SOURCE may contain blanks; `create` is the very last.
 *
 *	text:MODE:TEXT
 */
#ifndef CONFIG_MOUNT_VALUE_H
#define CONFIG_MOUNT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum mount_kind {
	MOUNT_SETTING_BIND,
	MOUNT_SETTING_CACHE,
	MOUNT_SETTING_VOLUME,
	MOUNT_SETTING_TMPFS,
	MOUNT_SETTING_TEXT, /* a file with the text */
};

/* Begins one with a text. */
#define MOUNT_TEXT "text:"

struct mount_value {
	enum mount_kind kind;
	char *source; /* as written: a path, the name of a cache or volume, a text; NULL for tmpfs; owned */
	bool read_only;
	unsigned long long size; /* bytes; 0: not given */
	bool overlay;
	bool create; /* a directory of the project is made if nothing is there */
	mode_t mode; /* TEXT */
};

/* On failure *ret is untouched. The caller frees ret->source. */
int mount_value_parse(const char *value, struct mount_value *ret, struct err *e);

/*
 * An entry of [mounts], parsed and resolved on first use and never again. The policy checks, the
 * question prints and the plan mounts this one value, whatever happens to symlinks meanwhile.
 */
struct mount_source {
	struct mount_value value;
	char *path;   /* BIND: absolute, resolved textually */
	char *real;   /* BIND: the same with symlinks followed; or NULL */
	int error;    /* then the errno */
	bool outside; /* BIND: outside the project */
	bool missing; /* BIND: real is to be made, a directory of the project */
};

void mount_sources_free(struct mount_source **v, size_t n);

#endif
