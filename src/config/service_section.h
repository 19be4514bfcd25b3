/*
 * service_section.h - which settings are in the section of which service.
 */
#ifndef CONFIG_SERVICE_SECTION_H
#define CONFIG_SERVICE_SECTION_H

#include <stdbool.h>

#include "config/schema.h"
#include "config/settings.h"

/* Of whose section it is, or NULL. */
const char *service_name(const struct setting *st);

/* Is it a setting of the service's section? */
bool service_has(const struct setting *st, const char *name);

/* The next setting of that key in the service's section after st; NULL: the first; or NULL. */
const struct setting *service_setting(const struct settings *s, const char *name,
				      const struct setting *st, enum schema_id id);

#endif
