/*
 * ask.h - questions on the terminal.
 */
#ifndef CLI_ASK_ASK_H
#define CLI_ASK_ASK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"

/*
 * Asks for one line on /dev/tty, with words for completion. An empty answer is the default. Returns
 * -ECANCELED if the user cancels (Ctrl-C, Ctrl-D). The caller frees *ret.
 */
int ask_line(const char *prompt, const char *preset, const struct strv *words, char **ret,
	     struct err *e);

/* Asks "QUESTION yes or no"; an empty answer is no. */
int ask_yes(const char *question, bool *ret_yes, struct err *e);

#endif
