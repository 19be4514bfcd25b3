/*
 * err.c - making, extending and classifying errors.
 *
 * Owns the form of every message. Control characters from a file name or an image never reach the
 * terminal: each message is made printable as it is built.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"

char *err_quote(char *dst, size_t size, const char *s)
{
	unsigned int marks = 0;
	size_t n = 0;

	while (*s && n + 5 < size) {
		size_t len = quote_plain(s, &marks), wrote = len;
		char escape[QUOTE_ESCAPE_SIZE];
		const char *shown = s;

		if (!len) {
			len = quote_escape(s, escape);
			wrote = strlen(escape);
			shown = escape;
		}
		if (wrote >= size - n)
			break;
		memcpy(dst + n, shown, wrote);
		n += wrote;
		s += len;
	}
	dst[n] = '\0';
	return dst;
}

char *err_quote_all(const char *s)
{
	/* err_quote() stops unless this much room is left. */
	size_t size = strlen(s) * strlen("\\xHH") + 6;

	return err_quote(xcalloc(size, 1), size, s);
}

/* Cuts the middle of text so that it fits max bytes; too long a text is nearly always a path. */
static void shorten(char *text, size_t max)
{
	static const char gap[] = "[...]";
	size_t len = strlen(text), half;

	if (len <= max || max < 64)
		return;
	half = (max - sizeof(gap)) / 2;
	memcpy(text + half, gap, sizeof(gap) - 1);
	memmove(text + half + sizeof(gap) - 1, text + len - half, half + 1);
}

/* Formats the message and appends tail, whatever the length. */
static void build(struct err *e, const char *tail, const char *fmt, va_list ap)
{
	char raw[4 * sizeof(e->msg)], quoted[4 * sizeof(e->msg)];
	size_t room, len, tail_len = strlen(tail); /* at most three quarters of msg */

	vsnprintf(raw, sizeof(raw), fmt, ap);
	err_quote(quoted, sizeof(quoted), raw);
	room = sizeof(e->msg) - 3 - tail_len;
	shorten(quoted, room);
	len = strnlen(quoted, room);
	memcpy(e->msg, quoted, len);
	if (tail_len)
		memcpy(e->msg + len, ": ", 2);
	memcpy(e->msg + len + (tail_len ? 2 : 0), tail, tail_len + 1);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	build(e, "", fmt, ap);
	va_end(ap);
	e->code = code;
	return -code;
}

int err_sys(struct err *e, int errnum, const char *fmt, ...)
{
	const char *description;
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	/* strerror(3), without the catalogs for a translation: the caller may expect this error. */
	description = strerrordesc_np(errnum);
	build(e, description ? description : strerror(errnum), fmt, ap);
	va_end(ap);
	e->code = errnum;
	errno = saved;
	return -errnum;
}

int err_add(struct err *e, const char *fmt, ...)
{
	struct err inner = *e;
	va_list ap;

	/* Leaves room for the new text, however long the old one is. */
	shorten(inner.msg, sizeof(inner.msg) * 3 / 4);
	va_start(ap, fmt);
	build(e, inner.msg, fmt, ap);
	va_end(ap);
	return -e->code;
}

bool err_is_lack(int r)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -ENOBUFS;
}

int err_exit_status(const struct err *e)
{
	switch (e->code) {
	case ERR_CMD_NOT_FOUND:
		return 127;
	case ERR_CMD_NOT_EXEC:
		return 126;
	default:
		return 125;
	}
}
