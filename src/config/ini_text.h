/*
 * ini_text.h - what stands in one line of an INI file: comments, quotes, indentation, read and written.
 */
#ifndef CONFIG_INI_TEXT_H
#define CONFIG_INI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

bool ini_is_blank(char c);
size_t ini_skip_blanks(const char *s, size_t i, size_t len);

/* Where the comment of a line begins, which is ';' after a blank and outside quotes that open the
 * text at s[from]; len when there is none. */
size_t ini_find_comment(const char *s, size_t from, size_t len);

/*
 * The end of the quoted text that begins at s[i], behind its closing quote; 0 when it isn't closed.
 * Its content, without the escapes, is appended to out, which may be NULL.
 */
size_t ini_unquote(const char *s, size_t i, size_t len, struct buf *out);

/*
 * Appends the value that stands in s[from] to s[len], without comment, blanks and quotes. Returns
 * NULL, or what is wrong with it.
 */
const char *ini_take_value(const char *s, size_t from, size_t len, struct buf *out);

/*
 * Takes from the lines of a text the indentation that all but the first one and blank ones share,
 * and a first line that is empty.
 */
void ini_dedent(struct buf *text);

/*
 * Appends a key and its value as lines that are read back as the same, each behind prefix ("" or the
 * ';' of a comment). Neither holds control characters but tabs, and newlines if verbatim.
 */
void ini_write(struct buf *out, const char *prefix, const char *key, const char *value,
	       bool verbatim);
void ini_write_value(struct buf *out, const char *value); /* in quotes, if it needs them */

#endif
