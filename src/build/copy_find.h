/*
 * copy_find.h - the files that a source of COPY or ADD means.
 */
#ifndef BUILD_COPY_FIND_H
#define BUILD_COPY_FIND_H

#include "build/copy_view.h"

/* Does the path have a pattern: one of *?[ that is not escaped? */
bool copy_find_is_pattern(const char *path);

/* The length of what comes before the first component that has a pattern, without its slash. */
size_t copy_find_prefix(const char *path);

/*
 * Appends the real paths, relative to the tree's top, that a source means: its own, with symlinks
 * followed, or those that match its pattern, sorted; "" is the top. names gets for each the last
 * component by which it was found. A pattern that matches nothing is not an error; a path without a
 * file is (-ENOENT).
 */
int copy_find(const struct copy_view *v, const char *source, struct strv *reals, struct strv *names,
	      struct err *e);

#endif
