/*
 * contract.h - what sandbox-gateway is given, and what it says.
 *
 * Descriptors, the same in each run; there are no arguments and no environment:
 *
 *	GATEWAY_CONTROL_FD	a SOCK_SEQPACKET connection to the launcher
 *	GATEWAY_CACHE_FD	a directory for what it wants to know next time
 *
 * On the connection, with the descriptors that are named (channel.h):
 *
 *	launcher					gateway
 *	byte + user namespace, network namespace ---->
 *	byte + pidfd of pid 1 ----------------------->
 *	      <---- struct err, 0, + a detached mount of sysfs: the network is up
 *
 * or a struct err with another code. The network lasts as long as pid 1. Without one, it ends with the
 * connection.
 */
#ifndef GATEWAY_CONTRACT_H
#define GATEWAY_CONTRACT_H

#include "gateway/endpoint.h"

#define GATEWAY_PROGRAM "sandbox-gateway"

/*
 * The addresses of the box, and of its gateway, which is its name server: those of slirp4netns(1),
 * which people know. They mean something in the box only.
 */
#define BOX_IPV4     "10.0.2.15"
#define GATEWAY_IPV4 "10.0.2.2"
#define BOX_IPV6     "fd00:2::15"
#define GATEWAY_IPV6 "fd00:2::2"
#define GATEWAY_NAME "host.sandbox"

enum {
	GATEWAY_CONTROL_FD = 3,
	GATEWAY_CACHE_FD,
	GATEWAY_END_FD, /* one more than the last */
};

#define GATEWAY_MAX_SERVERS 3 /* MAXNS of resolver(3) */

/* What the parent tells the gateway, with hosts(5), at its start and whenever it has changed. */
struct gateway_servers {
	unsigned n;
	struct endpoint at[GATEWAY_MAX_SERVERS];
};

#endif
