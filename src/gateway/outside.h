/*
 * outside.h - the host's end of what the box does: where it goes, and a socket for it.
 */
#ifndef GATEWAY_OUTSIDE_H
#define GATEWAY_OUTSIDE_H

#include <stdbool.h>

#include "gateway/contract.h"
#include "gateway/endpoint.h"

/* The host's name servers, from now on. */
void outside_set_servers(const struct gateway_servers *s);

/* Is it the name server that the box sees? */
bool outside_is_dns(const struct endpoint *to);

/*
 * Where traffic to that address goes on the host. False: the box may not reach it. attempt: for
 * the name server, which of the host's servers; from 0 on, without end.
 */
bool outside_resolve(int protocol, const struct endpoint *to, unsigned attempt,
		     struct endpoint *ret);

/*
 * A connected or connecting non-blocking socket of type SOCK_STREAM or SOCK_DGRAM. Returns a
 * descriptor or the -errno that connect(2) gave.
 */
int outside_connect(int type, const struct endpoint *to);

/*
 * Is it an error of the gateway, such as ENOMEM, and none that the box should hear of? Its
 * packets are then dropped, and the box's kernel sends them again.
 */
bool outside_is_ours(int errnum);

#endif
