/*
 * listeners.h - what listens in the box's network: sock_diag(7).
 */
#ifndef GATEWAY_LISTENERS_H
#define GATEWAY_LISTENERS_H

#include <stdbool.h>

#include "base/err.h"
#include "gateway/endpoint.h"

/* A socket of TCP that listens, or one of UDP that takes datagrams from everywhere. */
struct listener {
	struct endpoint at; /* `any` of IPv6 takes IPv4, too, unless: */
	bool only_ipv6;
};

/* In the calling thread's network namespace, which later calls are about. */
int listeners_open(int *ret_fd, struct err *e);

/* fd: of the above. Called once. */
void listeners_init(int fd);

/* Calls take for each one. False: the kernel does not tell. */
bool listeners_each(int protocol, void (*take)(const struct listener *l, void *arg), void *arg);

#endif
