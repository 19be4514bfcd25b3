/*
 * ini_text.h - the syntax of one line of an INI file: comments, quotes, indentation, read and
 * written.
 */
#ifndef CONFIG_INI_TEXT_H
#define CONFIG_INI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

bool ini_is_blank(char c);
size_t ini_skip_blanks(const char *s, size_t i, size_t len);

/*
 * Where the comment of a line begins: a ';' after a blank, outside quotes that open the text at
 * s[from]. len if there is none.
 */
size_t ini_find_comment(const char *s, size_t from, size_t len);

/*
 * The end of the quoted text that begins at s[i], behind its closing quote; 0 if it is not closed.
 * Appends its content without escapes to out, which may be NULL.
 */
size_t ini_unquote(const char *s, size_t i, size_t len, struct buf *out);

/*
 * Appends the value in s[from] to s[len], without comment, blanks and quotes. Returns NULL, or what
 * is wrong with it.
 */
const char *ini_take_value(const char *s, size_t from, size_t len, struct buf *out);

/*
 * Removes the indentation that all lines share, except the first and blank ones, and an empty first
 * line.
 */
void ini_dedent(struct buf *text);

/*
 * Appends a key and its value as lines that read back the same, each after prefix ("" or the ';' of
 * a comment). Neither holds control characters, except tabs, and newlines if verbatim.
 */
void ini_write(struct buf *out, const char *prefix, const char *key, const char *value,
	       bool verbatim);
void ini_write_value(struct buf *out, const char *value); /* quoted if necessary */

#endif
