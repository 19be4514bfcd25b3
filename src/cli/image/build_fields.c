/*
 * build_fields.c - options of a build that are KEY=VALUE,KEY=VALUE.
 */
#include "cli/image/build_fields.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

int build_fields(const char *word, build_field *take, void *arg, struct err *e)
{
	cleanup_free char *copy = xstrdup(word);
	char *rest = copy, *value;
	int r = 0;

	while (r == 0 && (value = strsep(&rest, ","))) {
		const char *key = strsep(&value, "=");

		r = take(key, value && *value ? value : NULL, arg, e);
	}
	return r;
}
