/*
 * word_split.h - splits a line into words as sh(1) does.
 */
#ifndef BASE_WORD_SPLIT_H
#define BASE_WORD_SPLIT_H

#include <stddef.h>

/*
 * Splits a line in place, handling quotes and backslashes. Expands nothing (bare, unless NULL,
 * marks words that begin with an unquoted tilde), and refuses what a shell would read as more than
 * a word (| & ; < > ( ) $ ` outside of quotes). words has room for max, ends with NULL and points
 * into line. Returns their number, or -1 with the reason in *why. Uses nothing else of base/
 * (ask_main.c says why).
 */
int word_split(char *line, char **words, size_t max, char *bare, const char **why);

#endif
