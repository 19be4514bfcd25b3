/*
 * publish_tcp.h - connections that come in by published ports.
 */
#ifndef GATEWAY_PUBLISH_TCP_H
#define GATEWAY_PUBLISH_TCP_H

#include <netinet/in.h>

/* Accepts what waits at a listener of the host, for the box's port (network byte order). */
void publish_tcp_accept(int listener, in_port_t port);

/* After each round of the loop: frees what has ended. */
void publish_tcp_continue(void);

#endif
