/*
 * inside.h - what the gateway has in the box's network namespace: its sockets, and a thread.
 *
 * The gateway's main thread never leaves the host's network. A second thread is in the box's, sets
 * it up, and afterwards makes sockets when asked.
 */
#ifndef GATEWAY_INSIDE_H
#define GATEWAY_INSIDE_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/inside_sockets.h"

struct inside_request {
	int netns;	 /* the box's network namespace */
	unsigned number; /* 10.0.2.NUMBER is its address */
	int cache_dir;	 /* remembers which interface can be made here; -1: nothing does */
	bool ipv6;	 /* the host has IPv6, and so has the box */
	bool first;	 /* set up everything; else the packet filter and the sockets only */
};

/*
 * Starts the thread, which has every capability over the network namespace when this begins and
 * CAP_NET_RAW when it returns. The caller has set no_new_privs and owns the sockets.
 */
int inside_start(const struct inside_request *req, struct inside *ret, struct err *e);

/*
 * Lets the programs of the caller's network namespace listen on port 80 and ping, although box-root
 * has no capability over it.
 */
int inside_permit(struct err *e);

/*
 * The box's side of a flow of datagrams: a connected socket that receives what key->from sends to
 * key->to, and answers as key->to. Returns a descriptor or -errno.
 */
int inside_udp(const struct flow_key *key);

/*
 * A socket of this type, SOCK_STREAM or SOCK_DGRAM, that connects as key->from to key->to, a
 * program of the box; the connection may be still under way. key->from may be `any` address: the
 * box's own. Returns a descriptor or -errno.
 */
int inside_connect(int type, const struct flow_key *key);

#endif
