/*
 * lending.c - things of the host that a box is lent.
 */
#include "grant/lending.h"

#include <stdarg.h>
#include <stdlib.h>

void lending_clear(struct lending *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].source);
		free(l->v[i].target);
	}
	free(l->v);
	strv_clear(&l->reach);
	strv_clear(&l->notes);
	*l = (struct lending){0};
}

void lending_note(struct lending *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_push_take(&l->notes, xvasprintf(fmt, ap));
	va_end(ap);
}

bool lending_add(struct lending *l, const char *path, const char *target, bool read_only)
{
	char *real = realpath(path, NULL);

	if (!real)
		return false;
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct lent){
		.source = real, .target = xstrdup(target), .read_only = read_only};
	return true;
}
