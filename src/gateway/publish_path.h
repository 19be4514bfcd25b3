/*
 * publish_path.h - how what comes in by a published port gets to its program in the box.
 */
#ifndef GATEWAY_PUBLISH_PATH_H
#define GATEWAY_PUBLISH_PATH_H

#include <stdbool.h>

#include "gateway/endpoint.h"

/*
 * The addresses of the box that its programs listen on, the likeliest first, and as who each is
 * addressed. False: there are no more. port: of the box, in network byte order.
 */
bool publish_path(const struct endpoint *client, in_port_t port, unsigned attempt,
		  struct flow_key *ret);

/*
 * For datagrams: the address that a socket is bound to. For one that is bound to all, it is the
 * box's, since that is what its answers come from. False: nobody takes them.
 */
bool publish_path_bound(const struct endpoint *client, in_port_t port, struct flow_key *ret);

/* number: of the box's network. */
void publish_path_init(unsigned number, bool ipv6);

#endif
