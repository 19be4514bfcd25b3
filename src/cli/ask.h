/*
 * ask.h - a question on the terminal.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/err.h"
#include "base/mem.h"

/*
 * Asks for one line on /dev/tty, with words to complete. An empty answer is the default. Returns
 * -ECANCELED when the user gave none (Ctrl-C, Ctrl-D). The caller frees *ret.
 */
int ask_line(const char *prompt, const char *preset, const struct strv *words, char **ret,
	     struct err *e);

#endif
