/*
 * log.c - warnings, notes and debug lines.
 *
 * Prints one line a call, made printable. Errors are not printed here: see err.h.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

static bool quiet_;

void log_quiet(bool quiet)
{
	quiet_ = quiet;
}

bool log_is_quiet(void)
{
	return quiet_;
}

static void say(const char *kind, const char *fmt, va_list ap)
{
	char raw[1024], line[1024];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	fprintf(stderr, "sandbox: %s%s\n", kind, err_quote(line, sizeof(line), raw));
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("warning: ", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (quiet_)
		return;
	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!getenv("SANDBOX_DEBUG"))
		return;
	va_start(ap, fmt);
	say("debug: ", fmt, ap);
	va_end(ap);
}
