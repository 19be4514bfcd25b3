/*
 * driver.h - the network drivers of a box.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include <stdbool.h>

#include "base/err.h"

struct net_driver {
	const char *name;
	const char *summary;
	bool own_namespace; /* the box gets its own network namespace with only loopback */
};

/* Finds a driver by name; ERR_USAGE if there is none, listing those that exist. */
int net_driver_find(const char *name, const struct net_driver **ret, struct err *e);

#endif
