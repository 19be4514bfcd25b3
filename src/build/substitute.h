/*
 * substitute.h - what `${X#pattern}` and `${X/pattern/text}` make of a value.
 */
#ifndef BUILD_SUBSTITUTE_H
#define BUILD_SUBSTITUTE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the value without its beginning, or its end, that the pattern matches. ERR_USAGE. */
int substitute_trim(const char *value, const char *pattern, bool at_end, bool longest,
		    struct buf *out, struct err *e);

/* Appends the value with the first match, or all of them, replaced. ERR_USAGE. */
int substitute_replace(const char *value, const char *pattern, const char *with, bool all,
		       struct buf *out, struct err *e);

#endif
