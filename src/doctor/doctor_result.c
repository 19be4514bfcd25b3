/*
 * doctor_result.c - the result of a check.
 */
#include "doctor/doctor_result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static char *format(const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof(text), fmt, ap);
	return xstrdup(text);
}

void doctor_set(struct doctor_result *r, enum doctor_state state, const char *rung, const char *fmt,
		...)
{
	va_list ap;

	va_start(ap, fmt);
	free(r->seen);
	r->seen = format(fmt, ap);
	va_end(ap);
	r->state = state;
	r->rung = rung;
}

void doctor_fix(struct doctor_result *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_push_take(&r->fix, format(fmt, ap));
	va_end(ap);
}

void doctor_result_clear(struct doctor_result *r)
{
	free(r->seen);
	strv_clear(&r->fix);
	*r = (struct doctor_result){.seen = NULL};
}
