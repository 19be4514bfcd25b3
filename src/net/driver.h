/*
 * driver.h - the network drivers of a box.
 */
#ifndef NET_DRIVER_H
#define NET_DRIVER_H

#include <stdbool.h>

#include "base/err.h"

enum net_kind {
	NET_NONE,    /* a network namespace with only loopback */
	NET_HOST,    /* the host's */
	NET_GATEWAY, /* one of the project's own, with a gateway (src/gateway) */
	NET_PASTA,   /* the same, with pasta(1) in the gateway's place */
};

struct net_driver {
	const char *name;
	const char *summary;
	enum net_kind kind;
};

/* Finds a driver by name; ERR_USAGE if there is none, listing those that exist. */
int net_driver_find(const char *name, const struct net_driver **ret, struct err *e);

/* Is it one of the project's own, with a holder (gateway/contract.h)? */
bool net_driver_is_project(const struct net_driver *d);

#endif
