/*
 * console_words.c - completing a word of the console.
 */
#include "cli/console_words.h"

#include <string.h>

char *console_match(char *const *words, const char *text, int state)
{
	static char *const *at;

	if (state == 0)
		at = words;
	while (at && *at) {
		const char *word = *at++;

		if (strncmp(word, text, strlen(text)) == 0)
			return strdup(word);
	}
	return NULL;
}
