/*
 * shell_words.c - quoting.
 */
#include "cli/shell_words.h"

void shell_words_add(struct buf *b, const char *text, bool fish)
{
	buf_addch(b, '\'');
	for (; *text; text++)
		if (*text == '\'')
			buf_addstr(b, "'\\''");
		else if (*text == '\\' && fish)
			buf_addstr(b, "\\\\");
		else
			buf_addch(b, *text);
	buf_addch(b, '\'');
}
