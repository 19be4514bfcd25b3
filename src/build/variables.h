/*
 * variables.h - the variables that the words of a Dockerfile can name.
 */
#ifndef BUILD_VARIABLES_H
#define BUILD_VARIABLES_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/* More than any real file has; lookups are linear. */
#define VARIABLES_MAX 4096

/* Bytes of a text whose variables are replaced: eight times what execve(2) takes as one string. */
#define VARIABLES_TEXT_MAX (1 << 20)

/* Bytes of all values: these can make a small file large. */
#define VARIABLES_BYTES_MAX (64 << 20)
#define VARIABLES_TOO_LARGE "the file is larger than 64 MiB when its variables are replaced"

struct variables {
	struct strv names, values;
	bool open;    /* the base image may set others, and is not known */
	size_t bytes; /* of the values that it has and those that it had */
};

/* The value, which stays the list's; NULL if the variable is not set. */
const char *variables_get(const struct variables *v, const char *name);

/* Copies both. ERR_USAGE if there are VARIABLES_MAX others, or more than VARIABLES_BYTES_MAX. */
int variables_set(struct variables *v, const char *name, const char *value, struct err *e);

/* Replaces *ret. */
void variables_copy(const struct variables *v, struct variables *ret);
void variables_clear(struct variables *v);
#define cleanup_variables __attribute__((cleanup(variables_clear)))

#endif
