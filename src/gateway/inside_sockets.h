/*
 * inside_sockets.h - making the gateway's sockets in the calling thread's network namespace.
 */
#ifndef GATEWAY_INSIDE_SOCKETS_H
#define GATEWAY_INSIDE_SOCKETS_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/endpoint.h"

struct inside {
	int tcp;     /* accepts connections to any address */
	int udp;     /* receives datagrams to any address, which it tells */
	int tap[2];  /* SYNs and echo requests, of IPv4 and IPv6; [1] is -1 without IPv6 */
	int raw4[2]; /* sends IPv4 packets; [1]: with the mark NFT_MARK_SEEN */
	int raw6[2]; /* -1 without IPv6 */
	int diag;    /* tells what listens in the box: listeners.h */
	int events;  /* of the same family: that sockets have gone */
};

/*
 * Makes all sockets of the network of that number. *ret_port, in host byte order, is that of tcp
 * and udp. On failure some may be open: the gateway ends.
 */
int inside_sockets_make(unsigned number, bool ipv6, struct inside *ret, uint16_t *ret_port,
			struct err *e);

/* The box's side of a flow of datagrams (inside_udp()). Returns a descriptor or -errno. */
int inside_sockets_udp(const struct flow_key *key);

/* As inside_connect(). */
int inside_sockets_connect(int type, const struct flow_key *key);

#endif
