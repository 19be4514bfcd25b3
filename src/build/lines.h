/*
 * lines.h - the lines of a Dockerfile: continuations joined, comments and parser directives taken
 * out.
 */
#ifndef BUILD_LINES_H
#define BUILD_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct lines {
	const char *at, *end;
	size_t number; /* of the line that was read last; 0: none yet */
	char escape;
	bool directives_done;
	unsigned int seen; /* directives */
	char *syntax;	   /* the caller frees it */
};

/*
 * text stays the caller's. A byte order mark is skipped; NUL bytes are an error, for which
 * ret->number is set too.
 */
int lines_begin(const char *text, size_t len, struct lines *ret, struct err *e);

/*
 * The next line that is more than blanks and comments, joined with those that it continues on, in
 * *out, whose old content is replaced. Returns 1, 0 at the end, or negative; *ret_first is then the
 * number of its first line, and l->number of its last.
 */
int lines_next(struct lines *l, struct buf *out, size_t *ret_first, struct err *e);

/* The next line as it is, with its newline, pointing into the text. Returns false at the end. */
bool lines_raw(struct lines *l, const char **ret, size_t *ret_len);

/* The length of the white space, as Unicode has it, that s begins with. */
size_t lines_blanks(const char *s, size_t len);

#endif
