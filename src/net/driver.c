/*
 * driver.c - the table of network drivers. A new one is a row here and its own file.
 */
#include "net/driver.h"

#include "base/mem.h"

static const struct net_driver drivers[] = {
	{.name = "none", .summary = "loopback only", .kind = NET_NONE},
	{.name = "host", .summary = "the host's network namespace", .kind = NET_HOST},
	{.name = "gateway",
	 .summary = "its own, with a gateway to the host's",
	 .kind = NET_GATEWAY},
	{.name = "pasta", .summary = "its own, which pasta(1) carries", .kind = NET_PASTA},
};

int net_driver_find(const char *name, const struct net_driver **ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (streq(drivers[i].name, name)) {
			*ret = &drivers[i];
			return 0;
		}
	return err_set(e, ERR_USAGE,
		       "there is no network driver '%s': use 'none', 'host', 'gateway' or 'pasta'",
		       name);
}

bool net_driver_is_project(const struct net_driver *d)
{
	return d->kind == NET_GATEWAY || d->kind == NET_PASTA;
}
