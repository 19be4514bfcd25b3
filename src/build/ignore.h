/*
 * ignore.h - .dockerignore: which files of a context a build does not see.
 *
 * The rules are Docker's: each pattern is Go's filepath.Match with `**`, relative to the context's
 * top; a pattern that matches a directory matches all below; of several, the last that matches
 * decides, and one with `!` before it brings files back.
 */
#ifndef BUILD_IGNORE_H
#define BUILD_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Bytes of a file. */
#define IGNORE_MAX (4 << 20)

struct ignore {
	struct ignore_pattern *v;
	size_t n;
	bool has_exceptions; /* a pattern with '!' */
};

/* name is for messages: ERR_USAGE with file and line. */
int ignore_parse(const char *text, size_t len, const char *name, struct ignore *ret, struct err *e);
/* Adds one pattern, without a name for messages. */
int ignore_add(struct ignore *g, const char *pattern, struct err *e);

void ignore_clear(struct ignore *g);
#define cleanup_ignore __attribute__((cleanup(ignore_clear)))

/*
 * Is the path left out? It is relative, and clean. *ret_line, if not NULL, is the line of the
 * pattern that decides, 0 if there is none.
 */
bool ignore_matches(const struct ignore *g, const char *path, size_t *ret_line);

#endif
