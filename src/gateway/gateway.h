/*
 * gateway.h - the process that carries a box's network traffic.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include <stdbool.h>
#include <stdnoreturn.h>

#include "gateway/contract.h"

struct gateway_request {
	int parent; /* a SOCK_SEQPACKET connection */
	bool first; /* nothing has been set up yet */
	bool ipv6;  /* the box has IPv6: the same each time */
};

/*
 * Becomes a gateway. Reads from its parent one message with the project's user and network
 * namespace, and struct gateway_servers before and after. Sends a struct err, with the mount for /sys
 * if that has code 0 and this is the first one. Ends with its parent.
 */
noreturn void gateway_run(const struct gateway_request *req);

#endif
