/*
 * glob.h - patterns, compared in time that grows with the product of both lengths and no faster,
 * whatever the pattern: it and the text come from outside.
 *
 * Two languages: the shell's of `${X#PATTERN}`, and that of .dockerignore.
 */
#ifndef BUILD_GLOB_H
#define BUILD_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* Bytes of a pattern. */
#define GLOB_MAX 4096

/* UTF-8 as code points; a byte that is not UTF-8 is a character of its own. */
struct glob_text {
	uint32_t *v;
	size_t n;
};

void glob_text_read(const char *s, struct glob_text *ret);
void glob_text_clear(struct glob_text *t);
/* Appends the characters from..to-1 as the bytes that they were read from. */
void glob_text_write(const struct glob_text *t, size_t from, size_t to, struct buf *out);
void glob_text_reverse(struct glob_text *t);
#define cleanup_glob_text __attribute__((cleanup(glob_text_clear)))

struct glob {
	struct glob_token *tokens;
	size_t n;
};

void glob_clear(struct glob *g);
#define cleanup_glob __attribute__((cleanup(glob_clear)))

/*
 * `*` any characters, `?` one; `\` before `*`, `?` and `\` makes them plain, and before `}` and `/`
 * it is not part of the pattern. reversed: for text that is reversed too. ERR_USAGE.
 */
int glob_shell(const char *pattern, bool reversed, struct glob *ret, struct err *e);

/*
 * Go's filepath.Match, and `**`: any number of directories. The pattern is clean: without "."
 * components and double slashes. ERR_USAGE.
 */
int glob_path(const char *pattern, struct glob *ret, struct err *e);

/* Does it match all of the text, or what comes before one of its slashes? */
bool glob_matches_path(const struct glob *g, const struct glob_text *text);

#define GLOB_NONE ((size_t)-1)

/* The end of the longest, or shortest, match that begins at `from`; GLOB_NONE. */
size_t glob_prefix(const struct glob *g, const struct glob_text *text, size_t from, bool longest);

#endif
