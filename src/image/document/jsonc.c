/*
 * jsonc.c - removes comments from JSON: from two slashes to the end of the line, and as in C.
 */
#include "image/document/jsonc.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The length of a string literal at s, with its quotes. */
static size_t string_len(const char *s, const char *end)
{
	const char *p = s + 1;

	while (p < end && *p != '"')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return (size_t)((p < end ? p + 1 : end) - s);
}

static size_t comment_len(const char *s, const char *end)
{
	const char *close;

	if (end - s < 2 || s[0] != '/' || (s[1] != '/' && s[1] != '*'))
		return 0;
	if (s[1] == '/') {
		close = memchr(s, '\n', (size_t)(end - s));
		return (size_t)((close ? close : end) - s);
	}
	close = memmem(s + 2, (size_t)(end - s - 2), "*/", 2);
	return (size_t)((close ? close + 2 : end) - s);
}

void jsonc_strip(const char *text, size_t len, struct buf *out)
{
	const char *end = text + len;
	size_t comma = SIZE_MAX; /* position of a comma that nothing has followed yet */
	bool bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;

	if (bom)
		buf_addstr(out, "   ");
	for (const char *s = text + (bom ? 3 : 0); s < end;) {
		size_t n = *s == '"' ? string_len(s, end) : 1, comment = comment_len(s, end);

		for (size_t i = 0; i < comment; i++)
			buf_addch(out, s[i] == '\n' ? '\n' : ' ');
		s += comment;
		if (comment)
			continue;
		if ((*s == '}' || *s == ']') && comma != SIZE_MAX)
			out->data[comma] = ' ';
		if (*s == ',')
			comma = out->len;
		else if (!*s || !strchr(" \t\r\n", *s))
			comma = SIZE_MAX;
		buf_add(out, s, n);
		s += n;
	}
}
