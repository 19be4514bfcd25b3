/*
 * shell_words.h - quoting words for shells.
 */
#ifndef CLI_SHELL_WORDS_H
#define CLI_SHELL_WORDS_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Adds text as one word for sh(1), bash and zsh; with fish, for fish, where backslashes work in
 * quotes.
 */
void shell_words_add(struct buf *b, const char *text, bool fish);

#endif
