/*
 * quote.c - which characters may be shown, and how the others are escaped.
 *
 * The tables are in quote_table.c.
 */
#include "base/quote.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote_table.h"

/* Indic scripts and Vietnamese use two; more can cover the lines around. */
#define MAX_MARKS 2

/* In *marks: there is no base before for a combining mark. */
#define NO_BASE 0

size_t utf8_decode(const char *text, uint32_t *ret)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned int low = 0x80, high = 0xbf;
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	uint32_t value;

	if (n == 0 || s[0] > 0xf4)
		return 0;
	value = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	/*
	 * The range of the second byte excludes overlong forms and surrogates, which the first
	 * alone cannot.
	 */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < n; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret = value;
	return n;
}

static bool in_table(const struct char_range *v, size_t n, uint32_t c)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > v[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && c >= v[low].first;
}

/* Does a terminal show this character as itself and as nothing else? */
static bool is_visible(uint32_t c)
{
	if (c < 0x7f)
		return c >= 0x20;
	return !in_table(quote_hidden, quote_n_hidden, c);
}

/* A mark that is drawn on the character before it. */
static bool is_mark(uint32_t c)
{
	return c >= 0x300 && in_table(quote_marks, quote_n_marks, c);
}

static bool is_letter(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c > 0xa0;
}

size_t quote_plain(const char *s, unsigned int *marks)
{
	uint32_t c;
	size_t n = utf8_decode(s, &c);

	if (n == 1) {
		*marks = is_letter(c);
		return c >= 0x20 && c < 0x7f;
	}
	if (n == 0 || !is_visible(c)) {
		*marks = NO_BASE;
		return 0;
	}
	if (!is_mark(c)) {
		*marks = 1;
		return n;
	}
	if (*marks == NO_BASE || *marks > MAX_MARKS)
		return 0;
	++*marks;
	return n;
}

size_t quote_escape(const char *s, char out[QUOTE_ESCAPE_SIZE])
{
	uint32_t c;
	size_t n = utf8_decode(s, &c);

	if (n > 1)
		snprintf(out, QUOTE_ESCAPE_SIZE, c > 0xffff ? "\\U%08x" : "\\u%04x", c);
	else if (*s == '\n' || *s == '\t')
		snprintf(out, QUOTE_ESCAPE_SIZE, *s == '\n' ? "\\n" : "\\t");
	else
		snprintf(out, QUOTE_ESCAPE_SIZE, *s >= 0x20 && *s < 0x7f ? "%c" : "\\x%02x",
			 (unsigned char)*s);
	return n > 1 ? n : 1;
}

static size_t add_escape(const char *s, struct buf *out)
{
	char escape[QUOTE_ESCAPE_SIZE];
	size_t n = quote_escape(s, escape);

	buf_addstr(out, escape);
	return n;
}

void quote_ascii(const char *s, struct buf *out)
{
	while (*s)
		s += add_escape(s, out);
}

void quote_text(const char *s, size_t len, struct buf *out)
{
	unsigned int marks = NO_BASE;

	for (size_t i = 0; i < len;) {
		size_t n = quote_plain(s + i, &marks);

		if (n || s[i] == '\n' || s[i] == '\t') {
			buf_add(out, s + i, n ? n : 1);
			i += n ? n : 1;
		} else if (!s[i]) {
			buf_addstr(out, "\\x00");
			i++;
		} else {
			i += add_escape(s + i, out);
		}
	}
}

char *quote_shell(const char *s)
{
	struct buf b = BUF_INIT;
	size_t bare = 0, printable = 0;

	for (const char *c = s; *c; c++) {
		bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			      (*c >= '0' && *c <= '9');

		bare += letter || strchr("_./:@%+,-", *c);
		printable += *c >= 0x20 && *c < 0x7f;
	}
	if (*s && bare == strlen(s)) {
		buf_addstr(&b, s);
		return buf_detach(&b);
	}
	if (printable == strlen(s)) {
		buf_addch(&b, '\'');
		for (; *s; s++)
			buf_addf(&b, *s == '\'' ? "'\\''" : "%c", *s);
		buf_addch(&b, '\'');
		return buf_detach(&b);
	}
	/*
	 * For bash, ksh, zsh and POSIX 2024. Always three digits, so that a digit after it is not
	 * part of it.
	 */
	buf_addstr(&b, "$'");
	for (; *s; s++)
		if (*s == '\'' || *s == '\\')
			buf_addf(&b, "\\%c", *s);
		else if (*s >= 0x20 && *s < 0x7f)
			buf_addch(&b, *s);
		else
			buf_addf(&b, "\\%03o", (unsigned char)*s);
	buf_addch(&b, '\'');
	return buf_detach(&b);
}
