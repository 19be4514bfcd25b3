/*
 * verdict.h - may the box reach this?
 *
 * The one place where traffic is allowed or refused. Called for each new connection, flow of
 * datagrams and echo request, with the address that is really used, after names were resolved.
 */
#ifndef GATEWAY_VERDICT_H
#define GATEWAY_VERDICT_H

#include <stdbool.h>

#include "gateway/endpoint.h"

struct verdict_query {
	int protocol; /* IPPROTO_TCP, IPPROTO_UDP; IPPROTO_ICMP for a ping of either family */
	const struct endpoint *to;
	const char *name; /* by which the box knows the address; NULL: not known */
};

/*
 * Never allowed: this host, by whichever of its addresses, link-local addresses, the services that
 * tell a cloud's machines their credentials, and what is no single remote host.
 */
bool verdict_allows(const struct verdict_query *q);

/* The part of it that needs no look at the host's routes. */
bool verdict_is_closed(const struct endpoint *to);

#endif
