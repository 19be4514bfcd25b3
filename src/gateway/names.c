/*
 * names.c - the names of a project's networks, as its boxes know them.
 */
#include "gateway/names.h"

#include <string.h>
#include <strings.h>

static char names[NETWORK_LAST + 1][NETWORK_NAME_MAX + 1]; /* by number; "": none */

void names_set(const struct gateway_name *name)
{
	if (name->number <= NETWORK_LAST && memchr(name->name, '\0', sizeof(name->name)))
		memcpy(names[name->number], name->name, sizeof(name->name));
}

unsigned names_find(const char *name, size_t len)
{
	for (unsigned i = NETWORK_FIRST; len && i <= NETWORK_LAST; i++)
		if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0)
			return i;
	return 0;
}
