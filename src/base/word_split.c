/*
 * word_split.c - quotes and backslashes (POSIX sh, 2.2), and nothing else of a shell.
 */
#include "base/word_split.h"

#include <stddef.h>
#include <string.h>

static const char unclosed[] = "a quote is not closed";

/* The content of single quotes; *at is after the first. */
static int take_single(char **at, char **out)
{
	for (; **at && **at != '\''; (*at)++)
		*(*out)++ = **at;
	if (!**at)
		return -1;
	(*at)++;
	return 0;
}

static int take_double(char **at, char **out)
{
	for (; **at && **at != '"'; (*at)++) {
		if (**at == '\\' && (*at)[1] && strchr("$`\"\\", (*at)[1]))
			(*at)++;
		*(*out)++ = **at;
	}
	if (!**at)
		return -1;
	(*at)++;
	return 0;
}

/* Moves one word to its beginning. Returns 1 if the line ends with it, 0, or -1. */
static int take_word(char **at, char *out, const char **why)
{
	int r = 0, last;

	while (r == 0 && **at && !strchr(" \t", **at)) {
		char c = *(*at)++;

		if (c == '\'')
			r = take_single(at, &out);
		else if (c == '"')
			r = take_double(at, &out);
		else if (strchr("|&;<>()$`", c)) {
			*why = "quote what a shell would read as more than a word";
			return -1;
		} else
			*out++ = c == '\\' && **at ? *(*at)++ : c;
	}
	if (r < 0) {
		*why = unclosed;
		return -1;
	}
	last = !**at;
	*at += !last;
	*out = '\0';
	return last;
}

int word_split(char *line, char **words, size_t max, char *bare, const char **why)
{
	int n = 0, last = 0;

	line += strspn(line, " \t");
	while (*line && !last) {
		if ((size_t)n == max - 1) {
			*why = "too many words";
			return -1;
		}
		if (bare)
			bare[n] = *line == '~';
		words[n] = line;
		last = take_word(&line, words[n++], why);
		if (last < 0)
			return -1;
		if (!last)
			line += strspn(line, " \t");
	}
	words[n] = NULL;
	return n;
}
