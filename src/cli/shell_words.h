/*
 * shell_words.h - data as words of a shell's text.
 */
#ifndef CLI_SHELL_WORDS_H
#define CLI_SHELL_WORDS_H

#include <stdbool.h>

#include "base/buf.h"

/* Adds text as one word of sh(1), bash and zsh; with fish, of fish, whose quotes know backslashes. */
void shell_words_add(struct buf *b, const char *text, bool fish);

#endif
