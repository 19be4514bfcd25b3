/*
 * ini_add.h - adding to a file that a person has written.
 */
#ifndef CONFIG_INI_ADD_H
#define CONFIG_INI_ADD_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends to out the text of an INI file with a word more in the list `key` of a section: behind
 * the last word, in front of a comment; or in a line, or a section, of its own. All other bytes
 * stay. name: of the file, in messages. Fails if the file cannot be read, or its list cannot be
 * added to by that.
 */
int ini_add_word(const char *name, const char *text, const char *section, const char *key,
		 const char *word, struct buf *out, struct err *e);

#endif
