/*
 * quote.h - showing untrusted text to a person: one rule for terminals, JSON and shells.
 *
 * Characters that do not show are escaped: controls (C1 too), direction marks, zero-width
 * characters, tags, variation selectors, blanks other than space, private-use characters, combining
 * marks that pile up or have no base, and bytes that are not UTF-8.
 */
#ifndef BASE_QUOTE_H
#define BASE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* The length of the UTF-8 sequence at text, and its character; 0 if it is not one (RFC 3629). */
size_t utf8_decode(const char *text, uint32_t *ret);

/*
 * The length of the run at s that may be shown as it is; 0 if the first byte must be escaped.
 * marks: state between calls for one text, initially 0; it bounds the combining marks of one
 * character.
 */
size_t quote_plain(const char *s, unsigned int *marks);

/* Longest escape, with its NUL: \UHHHHHHHH. */
#define QUOTE_ESCAPE_SIZE 11

/*
 * Writes the character at s (or the byte, if it is not UTF-8) as an escape, unless it is plain
 * ASCII. Returns the bytes of s consumed.
 */
size_t quote_escape(const char *s, char out[QUOTE_ESCAPE_SIZE]);

/*
 * Appends s with every character but plain ASCII escaped, so that letters that look alike are told
 * apart.
 */
void quote_ascii(const char *s, struct buf *out);

/*
 * s as one word of sh(1), bash and zsh, printable whatever it holds: bare, quoted, or as $'...'.
 * The caller frees it.
 */
char *quote_shell(const char *s);

/*
 * Appends text as it is, except for what a terminal would act on; newlines and tabs stay. s[len] is
 * NUL, as in a buf.
 */
void quote_text(const char *s, size_t len, struct buf *out);

#endif
