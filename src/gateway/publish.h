/*
 * publish.h - ports of the host that lead into the box.
 *
 * Their sockets were bound by who started the box, before it ran. A connection or a datagram that
 * comes in by one is carried to the same program that would have got it if the box were a host: one
 * that listens on its loopback, or on all its addresses. That sees the address it came from; what
 * comes from the host's own loopback seems to come from the gateway.
 */
#ifndef GATEWAY_PUBLISH_H
#define GATEWAY_PUBLISH_H

#include <stdbool.h>

#include "gateway/contract.h"

/*
 * number: of the network. ipv6: the box has it. Called once, when the network is up; ports wait
 * until then.
 */
void publish_init(unsigned number, bool ipv6);

/* Takes the socket. */
void publish_add(int fd, const struct gateway_port *port);

/* Its connections go on. */
void publish_remove(uint32_t id);

/* As the functions of tcp.h and udp.h. */
void publish_continue(void);
void publish_sweep(void);
bool publish_waits(void);

#endif
