/*
 * log.c - warnings, notes and debug lines.
 *
 * Prints one line for each call, made printable. Errors are not printed here: see err.h.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/report.h"

static void say(enum report_kind kind, const char *fmt, va_list ap)
{
	char raw[1024], line[1024];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	report_line(kind, err_quote(line, sizeof(line), raw));
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(REPORT_WARNING, fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (report_is_quiet())
		return;
	va_start(ap, fmt);
	say(REPORT_NOTE, fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!getenv("SANDBOX_DEBUG"))
		return;
	va_start(ap, fmt);
	say(REPORT_DEBUG, fmt, ap);
	va_end(ap);
}
