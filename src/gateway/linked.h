/*
 * linked.h - the gateway's sockets in the networks of linked projects (link.h).
 */
#ifndef GATEWAY_LINKED_H
#define GATEWAY_LINKED_H

#include <stdbool.h>

#include "gateway/endpoint.h"
#include "gateway/link.h"

/* parent: whom to ask for more sockets. */
void linked_init(int parent);

void linked_set(const struct gateway_linked *l);

/* Takes a socket of TCP in that network, non-blocking and not connected. */
void linked_add_socket(const struct gateway_linked *l, int fd);

/* Is it the name of such a network? Then *ret is its address here. */
bool linked_find(const char *name, struct endpoint *ret);

/* Is it the address of such a network? */
bool linked_is(const struct endpoint *to);

/*
 * Connects to the port of `to` in that network. Returns a descriptor, or -errno; -EAGAIN: no socket
 * is at hand now.
 */
int linked_connect(const struct endpoint *to);

#endif
