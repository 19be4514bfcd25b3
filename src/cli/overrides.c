/*
 * overrides.c - options that set a key of [sandbox].
 */
#include "cli/overrides.h"

#include <stddef.h>

#include "config/schema.h"

void overrides_add(struct strv *overrides, enum schema_id id, const char *value)
{
	if (value)
		strv_push_take(overrides, xasprintf("%s=%s", schema_keys[id].key, value));
}

int overrides_check_user(bool root, const char *user, struct err *e)
{
	if (user && root)
		return err_set(e, ERR_USAGE, "--user and --root cannot be used together");
	if (user && (!*user || *user == ':'))
		return err_set(e, ERR_USAGE, "--user '%s' is not USER[:GROUP]", user);
	return 0;
}
