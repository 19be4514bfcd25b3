/*
 * driver.h - the network drivers a box can have.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include <stdbool.h>

#include "base/err.h"

struct net_driver {
	const char *name;
	const char *summary;
	bool own_namespace; /* the box gets a network namespace with loopback alone */
};

/* The driver of that name; ERR_USAGE with the names there are when it is none. */
int net_driver_find(const char *name, const struct net_driver **ret, struct err *e);

#endif
