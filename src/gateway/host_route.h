/*
 * host_route.h - which addresses are the host's own.
 */
#ifndef GATEWAY_HOST_ROUTE_H
#define GATEWAY_HOST_ROUTE_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/endpoint.h"

/* Opens the socket that questions go by. A process uses none that it has from its parent. */
int host_route_init(struct err *e);

/*
 * From now on answers are remembered, until the descriptor that this returns becomes readable:
 * addresses and routes come and go. The caller then calls host_route_forget(). -1: they are not
 * remembered.
 */
int host_route_remember(void);
void host_route_forget(void);

/*
 * Is it an address of this host: of an interface, a container's bridge, or one of a network that
 * is routed to the host itself? True if it cannot be known.
 */
bool host_route_is_local(const struct endpoint *to);

/* Has the host a default route of IPv6? */
bool host_route_has_ipv6(void);

#endif
