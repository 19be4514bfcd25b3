/*
 * overrides.c - options that stand for a key of [sandbox].
 */
#include "cli/overrides.h"

#include <stddef.h>

const char *const network_choices[] = {"none", "host", NULL};

void override(struct strv *overrides, const char *key, const char *value)
{
	if (value)
		strv_push_take(overrides, xasprintf("%s=%s", key, value));
}
