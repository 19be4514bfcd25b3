/*
 * outside.h - the host's end of what the box does: a socket for it.
 */
#ifndef GATEWAY_OUTSIDE_H
#define GATEWAY_OUTSIDE_H

#include <stdbool.h>

#include "gateway/endpoint.h"

/* While files can still be read. */
void outside_init(void);

/*
 * From how many ports the host takes one for a socket. A datagram's is the socket's alone, whoever
 * it is connected to: as many sockets leave none to the host.
 */
unsigned outside_ports(void);

/*
 * A connected or connecting non-blocking socket of type SOCK_STREAM or SOCK_DGRAM. Returns a
 * descriptor or the -errno that connect(2) gave.
 */
int outside_connect(int type, const struct endpoint *to);

/*
 * Resets a connection. Its socket is closed; or, with the family that outside_family() told of the
 * address that it was made for, kept for a connection to come. Such a one must be watched no more.
 * AF_UNSPEC: a socket that is to be closed.
 */
void outside_reset(int family, int fd);
int outside_family(const struct endpoint *to);

/*
 * Is it an error of the gateway, such as ENOMEM, and none that the box should hear of? Its
 * packets are then dropped, and the box's kernel sends them again.
 */
bool outside_is_ours(int errnum);

#endif
