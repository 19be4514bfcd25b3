/*
 * json_mend.c - see json_read.h. Invalid JSON stays invalid: only what a strict reader refuses and
 * Go accepts is rewritten.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/document/json_read.h"

#define REPLACEMENT    "\xef\xbf\xbd" /* U+FFFD */
#define SAFE_DIGITS    18	      /* this many always fit into 63 bits */
#define NUMBER_LETTERS "+-.0123456789eE"

/* The value of the four hexadecimal digits of a \\u escape at s, or -1. */
static long escape_value(const char *s, const char *end)
{
	char digits[5] = "";

	if (end - s < 6 || s[0] != '\\' || s[1] != 'u')
		return -1;
	memcpy(digits, s + 2, 4);
	return digits[strspn(digits, "0123456789abcdefABCDEF")] ? -1 : strtol(digits, NULL, 16);
}

static bool is_high(long c)
{
	return c >= 0xd800 && c < 0xdc00;
}

static bool is_low(long c)
{
	return c >= 0xdc00 && c < 0xe000;
}

static const char *mend_escape(const char *s, const char *end, struct buf *out)
{
	long c = escape_value(s, end), next = is_high(c) ? escape_value(s + 6, end) : -1;
	size_t n = c < 0 ? 2 : is_high(c) && is_low(next) ? 12 : 6;

	if (c == 0 || is_low(c) || (is_high(c) && n == 6))
		buf_addstr(out, REPLACEMENT);
	else
		buf_add(out, s, (size_t)(end - s) < n ? (size_t)(end - s) : n);
	return (size_t)(end - s) < n ? end : s + n;
}

/* The length of the UTF-8 character at s (RFC 3629, 4); 0 if it is not one. */
static size_t utf8_length(const unsigned char *s, const unsigned char *end)
{
	size_t n = *s < 0x80   ? 1
		   : *s < 0xc2 ? 0
		   : *s < 0xe0 ? 2
		   : *s < 0xf0 ? 3
		   : *s < 0xf5 ? 4
			       : 0;

	if ((size_t)(end - s) < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* From after its opening quote to after its closing quote. */
static const char *mend_string(const char *s, const char *end, struct buf *out)
{
	while (s < end && *s != '"') {
		size_t n = utf8_length((const unsigned char *)s, (const unsigned char *)end);

		if (*s == '\\') {
			s = mend_escape(s, end, out);
			continue;
		}
		if (n)
			buf_add(out, s, n);
		else
			buf_addstr(out, REPLACEMENT);
		s += n ? n : 1;
	}
	if (s < end)
		buf_addch(out, *s++);
	return s;
}

static bool fits(const char *number)
{
	errno = 0;
	if (strpbrk(number, ".eE"))
		return isfinite(strtod(number, NULL));
	strtoll(number, NULL, 10);
	return errno == 0;
}

static const char *mend_number(const char *s, const char *end, struct buf *out)
{
	size_t n = 0;
	cleanup_free char *copy = NULL;

	while (s + n < end && s[n] && strchr(NUMBER_LETTERS, s[n]))
		n++;
	copy = xstrndup(s, n);
	if ((n <= SAFE_DIGITS && !strpbrk(copy, "eE")) || fits(copy))
		buf_add(out, s, n);
	else
		buf_addstr(out, "null");
	return s + n;
}

void json_mend(const char *text, size_t len, struct buf *out)
{
	const char *s = text, *end = text + len;

	while (s < end) {
		if (*s == '"') {
			buf_addch(out, *s++);
			s = mend_string(s, end, out);
		} else if (*s == '-' || (*s >= '0' && *s <= '9')) {
			s = mend_number(s, end, out);
		} else {
			buf_addch(out, *s++);
		}
	}
}
