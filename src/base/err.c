/*
 * err.c - making, extending and classifying errors.
 *
 * Owns the shape of every message. Refuses to let control characters of a file name or of an
 * image through to the terminal: each message is made printable as it is built.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

char *err_quote(char *dst, size_t size, const char *s)
{
	size_t n = 0;

	for (; *s && n + 5 < size; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\n' || c == '\t') {
			dst[n++] = '\\';
			dst[n++] = c == '\n' ? 'n' : 't';
		} else if (c < 0x20 || c == 0x7f) {
			n += (size_t)snprintf(dst + n, size - n, "\\x%02x", c);
		} else {
			dst[n++] = (char)c;
		}
	}
	dst[n] = '\0';
	return dst;
}

static void format_message(char *dst, size_t size, const char *fmt, va_list ap)
{
	char raw[sizeof(((struct err *)0)->msg)];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	err_quote(dst, size, raw);
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	format_message(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	e->code = code;
	return -code;
}

int err_sys(struct err *e, int errnum, const char *fmt, ...)
{
	int saved = errno;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	format_message(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", strerror(errnum));
	e->code = errnum;
	errno = saved;
	return -errnum;
}

int err_add(struct err *e, const char *fmt, ...)
{
	struct err inner = *e;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	format_message(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	len = strlen(e->msg);
	snprintf(e->msg + len, sizeof(e->msg) - len, ": %s", inner.msg);
	return -e->code;
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
