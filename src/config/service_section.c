/*
 * service_section.c - see service_section.h.
 */
#include "config/service_section.h"

#include <string.h>

static const char section[] = "service ";

const char *service_name(const struct setting *st)
{
	return starts_with(st->section, section) ? st->section + strlen(section) : NULL;
}

bool service_has(const struct setting *st, const char *name)
{
	const char *own = service_name(st);

	return own && streq(own, name);
}

const struct setting *service_setting(const struct settings *s, const char *name,
				      const struct setting *st, enum schema_id id)
{
	while ((st = settings_next(s, st, id)))
		if (service_has(st, name))
			return st;
	return NULL;
}
