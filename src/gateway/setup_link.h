/*
 * setup_link.h - the box's network interface, addresses, routes and rules.
 */
#ifndef GATEWAY_SETUP_LINK_H
#define GATEWAY_SETUP_LINK_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/err.h"
#include "gateway/contract.h"
#include "gateway/netlink.h"

/* What carries the interface that programs see, best first; NULL at the end. */
extern const char *const link_kinds[];

enum {
	LINK_ETH0 = 2, /* indexes of interfaces */
	LINK_ETH1 = 16,
	LINK_MTU = 65520, /* as pasta's: what a program reads of the interface */
};

/* The address of the network of that number, as text. */
struct link_address {
	char ipv4[INET_ADDRSTRLEN], ipv6[INET6_ADDRSTRLEN];
};
struct link_address link_address(unsigned number);

/* Sends a batch in the caller's network namespace, and waits for its answer. */
int link_send(const struct netlink_batch *b, struct err *e);

/* A message that brings up an interface. */
void link_build_up(struct netlink_batch *b, int index);

/*
 * Messages for a network of that number: others of the project are reached by the interface, which
 * is a port of their bridge.
 */
void link_build_wire(struct netlink_batch *b, unsigned number, int index);

/* Messages that bring up lo, and make eth0 of that kind. */
void link_build_interface(struct netlink_batch *b, const char *kind);

/*
 * Messages for everything else: addresses and default routes on the interface (on lo, and no
 * default route, if there is none), and the table that makes every other address local.
 */
void link_build_routes(struct netlink_batch *b, unsigned number, bool interface, bool ipv6);

/*
 * Sets all of it up in the caller's network namespace. *kind is what to try first, or NULL;
 * it becomes the kind that works, or NULL if none does. A network of a service's own has its eth0
 * already (setup_bridge.h), and *kind stays.
 */
int link_setup(const char **kind, unsigned number, bool ipv6, struct err *e);

#endif
