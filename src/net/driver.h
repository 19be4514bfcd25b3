/*
 * driver.h - the network drivers of a box.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include "base/err.h"

enum net_kind {
	NET_NONE,    /* a network namespace with only loopback */
	NET_HOST,    /* the host's */
	NET_GATEWAY, /* one of the box's own, with a gateway (src/gateway) */
};

struct net_driver {
	const char *name;
	const char *summary;
	enum net_kind kind;
};

/* Finds a driver by name; ERR_USAGE if there is none, listing those that exist. */
int net_driver_find(const char *name, const struct net_driver **ret, struct err *e);

#endif
