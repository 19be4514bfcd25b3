/*
 * reach_line.c - the lines of what a project is given of the host.
 */
#include "grant/reach_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

/* The only place that quotes a backslash: quoting twice changes nothing. */
void reach_add_line(const char *line, struct strv *out)
{
	char *doubled = xcalloc(2 * strlen(line) + 1, 1), *to = doubled;

	for (; *line; line++) {
		if (*line == '\\')
			*to++ = '\\';
		*to++ = *line;
	}
	strv_push_take(out, err_quote_all(doubled));
	free(doubled);
}

void reach_add_mount(const char *source, const char *target, bool read_only, struct strv *out)
{
	/* A directory whose name ends like the option is not read-only. */
	const char *mode = read_only ? " ro" : ends_with(source, " ro") ? " rw" : "";
	cleanup_free char *line = xasprintf("%s = %s%s", target, source, mode);

	reach_add_line(line, out);
}
