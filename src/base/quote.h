/*
 * quote.h - text of others shown to a person: one rule for terminals, JSON and shells.
 *
 * What does not show itself is written as an escape: controls, C1 among them, direction marks, blanks
 * of no width, tags, variation selectors, blanks that look like others, private characters, marks that
 * pile up or stand on nothing, and bytes that are no UTF-8.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The length of the UTF-8 sequence at text and its character; 0 when it is none (RFC 3629). */
size_t utf8_decode(const char *text, uint32_t *ret);

/*
 * The length of the piece at s that may be shown as it is, 0 when its first byte is to be escaped. marks:
 * state between calls for one text, 0 to begin with; it bounds how many marks one character has.
 */
size_t quote_plain(const char *s, unsigned int *marks);

/* Longest escape, with its end: \UHHHHHHHH. */
#define QUOTE_ESCAPE_SIZE 11

/*
 * Writes the character at s, or of what is none a byte, as an escape, unless it is plain ASCII; returns how many
 * bytes of s that was.
 */
size_t quote_escape(const char *s, char out[QUOTE_ESCAPE_SIZE]);

/* Adds s, every character that is not plain ASCII as an escape: letters that look alike are told apart. */
void quote_ascii(const char *s, struct buf *out);

/*
 * s as one word of sh(1), bash and zsh, printable whatever it holds: bare, in quotes, or as $'...'. The
 * caller frees.
 */
char *quote_shell(const char *s);

/* Adds text as it is, but for what a terminal would act on; lines and tabs stay. s[len] is NUL, as in a buf. */
void quote_text(const char *s, size_t len, struct buf *out);

#endif
