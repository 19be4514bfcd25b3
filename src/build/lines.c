/*
 * lines.c - from physical to logical lines.
 *
 * The rules are BuildKit's: a line continues if it ends with one escape character, not two, which
 * blanks may follow; lines between that are empty or comments are skipped; a directive counts only
 * before everything else.
 */
#include "build/lines.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/mem.h"

static const char *const directives[] = {"syntax", "escape", "check"};

int lines_begin(const char *text, size_t len, struct lines *ret, struct err *e)
{
	const char *nul = memchr(text, '\0', len);

	*ret = (struct lines){.at = text, .end = text + len, .number = 1, .escape = '\\'};
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return err_set(e, ERR_USAGE, "the file is UTF-16; save it as UTF-8");
	if (nul) {
		for (const char *p = text; p < nul; p++)
			ret->number += *p == '\n';
		return err_set(e, ERR_USAGE, "a NUL byte; a Dockerfile is text");
	}
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		ret->at += 3;
	ret->number = 0;
	return 0;
}

size_t lines_blanks(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len) {
		size_t left = len - n;
		const unsigned char *p = (const unsigned char *)s + n;

		if (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))
			n++;
		else if (left > 1 && p[0] == 0xc2 && (p[1] == 0x85 || p[1] == 0xa0))
			n += 2;
		else if (left > 2 &&
			 ((p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80) ||
			  (p[0] == 0xe2 && p[1] == 0x80 &&
			   (p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf)) ||
			  (p[0] == 0xe2 && p[1] == 0x81 && p[2] == 0x9f) ||
			  (p[0] == 0xe1 && p[1] == 0x9a && p[2] == 0x80)))
			n += 3;
		else
			break;
	}
	return n;
}

bool lines_raw(struct lines *l, const char **ret, size_t *ret_len)
{
	const char *newline;

	if (l->at == l->end)
		return false;
	newline = memchr(l->at, '\n', (size_t)(l->end - l->at));
	*ret = l->at;
	l->at = newline ? newline + 1 : l->end;
	*ret_len = (size_t)(l->at - *ret);
	l->number++;
	return true;
}

static int set_directive(struct lines *l, size_t which, const char *value, struct err *e)
{
	if (l->seen & 1u << which)
		return err_set(e, ERR_USAGE, "a second '# %s=' directive; one is allowed",
			       directives[which]);
	l->seen |= 1u << which;
	if (which == 0)
		l->syntax = xstrdup(value);
	if (which == 1 && !streq(value, "\\") && !streq(value, "`"))
		return err_set(e, ERR_USAGE, "'# escape=%s'; the escape character is \\ or `",
			       value);
	if (which == 1)
		l->escape = *value;
	return 0;
}

/* s is a line without its newline and the blanks before it. Anything but a directive ends them. */
static int read_directive(struct lines *l, const char *s, size_t len, struct err *e)
{
	size_t skip = len && *s == '#' ? 1 + lines_blanks(s + 1, len - 1) : 0, n = skip, value;
	cleanup_free char *copy = NULL;

	if (l->directives_done)
		return 0;
	l->directives_done = true;
	while (skip && n < len && isalnum((unsigned char)s[n]))
		n++;
	value = n + lines_blanks(s + n, len - n);
	if (n == skip || value == len || s[value] != '=')
		return 0;
	value++;
	value += lines_blanks(s + value, len - value);
	while (len > value && strchr(" \t\r\v\f", s[len - 1]))
		len--;
	copy = xstrndup(s + value, len - value);
	for (size_t i = 0; *copy && i < ARRAY_SIZE(directives); i++)
		if (n - skip == strlen(directives[i]) &&
		    strncasecmp(s + skip, directives[i], n - skip) == 0) {
			l->directives_done = false;
			return set_directive(l, i, copy, e);
		}
	return 0;
}

/* Without the escape character that continues it. Returns whether it continues. */
static bool cut_continuation(const struct lines *l, const char *s, size_t *len)
{
	size_t n = *len;

	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	if (!n || s[n - 1] != l->escape || (n > 1 && s[n - 2] == l->escape))
		return false;
	*len = n - 1;
	return true;
}

static size_t without_newline(const char *s, size_t len)
{
	while (len && (s[len - 1] == '\n' || s[len - 1] == '\r'))
		len--;
	return len;
}

/* Appends what the line continues on. */
static void join(struct lines *l, struct buf *out)
{
	const char *s;
	size_t len;
	bool more = true;

	while (more && lines_raw(l, &s, &len)) {
		size_t blanks;

		len = without_newline(s, len);
		blanks = lines_blanks(s, len);
		if (blanks == len || s[blanks] == '#')
			continue;
		more = cut_continuation(l, s, &len);
		buf_add(out, s, len);
	}
}

int lines_next(struct lines *l, struct buf *out, size_t *ret_first, struct err *e)
{
	const char *s;
	size_t len;

	buf_reset(out);
	while (lines_raw(l, &s, &len)) {
		size_t blanks, first = l->number;
		int r;

		len = without_newline(s, len);
		blanks = lines_blanks(s, len);
		s += blanks;
		len -= blanks;
		r = read_directive(l, s, len, e);
		if (r < 0) {
			*ret_first = first;
			return r;
		}
		if (!len || *s == '#')
			continue;
		if (cut_continuation(l, s, &len)) {
			buf_add(out, s, len);
			join(l, out);
		} else {
			buf_add(out, s, len);
		}
		if (lines_blanks(out->data, out->len) == out->len) {
			buf_reset(out);
			continue;
		}
		*ret_first = first;
		return 1;
	}
	return 0;
}
