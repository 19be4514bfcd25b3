/*
 * ping.h - the box's echo requests.
 */
#ifndef GATEWAY_PING_H
#define GATEWAY_PING_H

#include "gateway/packet.h"

/* Opens the host's ping sockets, icmp(7), as far as the host lets us. */
void ping_init(void);

/* The box has sent this echo request. */
void ping_request(const struct packet *echo);

#endif
