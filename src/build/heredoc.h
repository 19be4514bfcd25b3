/*
 * heredoc.h - here-documents of RUN, COPY and ADD.
 */
#ifndef BUILD_HEREDOC_H
#define BUILD_HEREDOC_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "build/instruction.h"
#include "build/lines.h"

/*
 * Does the word begin a here-document: `<<NAME`, `<<-NAME`, `3<<NAME`? Then sets *ret_name, which the
 * caller frees, *ret_expand (the name is not quoted) and *ret_tabs (leading tabs go). ERR_USAGE if it
 * looks like one and has unbalanced quotes. Returns 1 or 0.
 */
int heredoc_word(const char *word, char **ret_name, bool *ret_expand, bool *ret_tabs,
		 struct err *e);

/* Appends the content, without the tabs that `<<-` takes away. */
void heredoc_text(const struct heredoc *doc, struct buf *out);

/* Reads the here-documents that the instruction's text begins into it. */
int heredoc_read(struct lines *lines, struct instruction *in, struct err *e);

#endif
