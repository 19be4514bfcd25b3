/*
 * names.c - the names of a project's networks, as its boxes know them.
 */
#include "gateway/names.h"

#include <string.h>
#include <strings.h>

/* By the number of the network; "": none. */
static char names[NETWORK_LAST + 1][NETWORK_NAME_MAX + 1];
static struct network_aliases aliases[NETWORK_LAST + 1];

static bool is_good(const struct gateway_name *name)
{
	return name->number <= NETWORK_LAST && memchr(name->name, '\0', sizeof(name->name));
}

void names_set(const struct gateway_name *name)
{
	if (!is_good(name))
		return;
	memcpy(names[name->number], name->name, sizeof(name->name));
	memset(&aliases[name->number], 0, sizeof(aliases[name->number]));
}

void names_add_alias(const struct gateway_name *alias)
{
	size_t i = 0;

	if (!is_good(alias))
		return;
	while (i < NETWORK_ALIASES && *aliases[alias->number].name[i])
		i++;
	if (i < NETWORK_ALIASES)
		memcpy(aliases[alias->number].name[i], alias->name, sizeof(alias->name));
}

static bool is_same(const char *known, const char *name, size_t len)
{
	return strlen(known) == len && strncasecmp(known, name, len) == 0;
}

static bool has_alias(const struct network_aliases *of, const char *name, size_t len)
{
	for (size_t i = 0; i < NETWORK_ALIASES && *of->name[i]; i++)
		if (is_same(of->name[i], name, len))
			return true;
	return false;
}

unsigned names_find(const char *name, size_t len)
{
	for (unsigned i = NETWORK_FIRST; len && i <= NETWORK_LAST; i++)
		if (is_same(names[i], name, len))
			return i;
	for (unsigned i = NETWORK_SHARED; len && i <= NETWORK_LAST; i++)
		if (has_alias(&aliases[i], name, len))
			return i;
	return 0;
}
