/*
 * publish_udp.h - datagrams that come in by published ports.
 */
#ifndef GATEWAY_PUBLISH_UDP_H
#define GATEWAY_PUBLISH_UDP_H

#include <netinet/in.h>
#include <stdbool.h>

/* Sets what the next function needs on a socket of the host. */
void publish_udp_prepare(int fd);

/* Carries what waits at such a socket, to the box's port (network byte order). */
void publish_udp_receive(int fd, in_port_t port);

/* Ends the flows of such a socket, which is about to be closed. */
void publish_udp_forget(int fd);

/* After each round of the loop: frees what has ended. */
void publish_udp_continue(void);

/* Once a second: ends the flows that are idle. */
void publish_udp_sweep(void);

/* Are there any? */
bool publish_udp_waits(void);

#endif
