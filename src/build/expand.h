/*
 * expand.h - quotes, escapes and variables in the words of a Dockerfile, with BuildKit's rules.
 *
 * These are not a shell's: inside double quotes `\` escapes only `"`, `$` and itself; quotes inside
 * the word of `${X:-word}` count; `~`, backquotes and `$(...)` mean nothing.
 */
#ifndef BUILD_EXPAND_H
#define BUILD_EXPAND_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "build/variables.h"

/* Which names of variables that are not set stay as written. */
enum expand_keep {
	EXPAND_KEEP_NONE,
	EXPAND_KEEP_PLAIN, /* those that would be replaced by nothing, or fail: $X, ${X}, ${X?m} */
	EXPAND_KEEP_ALL,
};

struct expand_options {
	char escape;	  /* '\\' or '`' */
	bool raw_quotes;  /* quotes stay, and still quote */
	bool raw_escapes; /* escapes stay, and still escape */
	bool no_quotes;	  /* quotes are ordinary characters */
	enum expand_keep keep;
};

/*
 * Appends text with its variables replaced to out. *kept, if not NULL, becomes true if an unset
 * variable stayed as written; all do if vars->open. ERR_USAGE.
 */
int expand(const char *text, const struct expand_options *options, const struct variables *vars,
	   struct buf *out, bool *kept, struct err *e);

/*
 * The same, split into words at blanks that are not quoted; those in values of variables split too.
 * Appends to out, also on failure.
 */
int expand_words(const char *text, const struct expand_options *options,
		 const struct variables *vars, struct strv *out, bool *kept, struct err *e);

#endif
