/*
 * gateway.h - the process that carries the traffic of a network.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stdnoreturn.h>

#include "gateway/contract.h"
#include "gateway/pins.h"
#include "netpolicy/journal.h"

struct gateway_request {
	int parent;		     /* a SOCK_SEQPACKET connection */
	bool first;		     /* nothing has been set up yet */
	struct net_journal *journal; /* or NULL */
	struct pins *pins;	     /* or NULL */
	int refusals;		     /* a file for refusals.h, or -1 */
	bool ipv6;		     /* the network has IPv6: the same each time */
	unsigned number;	     /* of the network */
};

/*
 * Becomes a gateway. Reads struct gateway_order from its parent; sends a struct err when the
 * network is up, or cannot be. Ends with its parent.
 */
noreturn void gateway_run(const struct gateway_request *req);

#endif
