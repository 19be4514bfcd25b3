/*
 * words.h - the ways in which a line of a Dockerfile is split into words.
 */
#ifndef BUILD_WORDS_H
#define BUILD_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mem.h"

/* The length of the blanks that s begins with, and of what comes before the next blank. */
size_t words_blanks(const char *s);
size_t words_length(const char *s);

/*
 * Takes the words with "--" at the beginning of s, without their quotes and escapes; "--" ends them.
 * Returns what is left of s.
 */
const char *words_flags(const char *s, char escape, struct strv *out);

/* Splits at blanks. */
void words_split(const char *s, struct strv *out);

/* Splits at blanks outside quotes and not escaped; quotes and escapes stay. */
void words_quoted(const char *s, char escape, struct strv *out);

/*
 * The strings of a JSON array. Returns 1; 0 if s is not one, and then is no JSON: a command in shell
 * form; ERR_USAGE if the array has anything but strings.
 */
int words_json(const char *s, struct strv *out, struct err *e);

/* Splits a line of comma-separated values, of which some may be quoted. ERR_USAGE. */
int words_commas(const char *s, struct strv *out, struct err *e);

#endif
