/*
 * pasta.h - pasta(1) in the place of a gateway.
 */
#ifndef GATEWAY_PASTA_H
#define GATEWAY_PASTA_H

#include <stdbool.h>
#include <stdnoreturn.h>

/* Where it is on this machine, for the caller to free; NULL: it is not installed. */
char *pasta_find(void);

/*
 * Becomes the process that runs it, for the network of the struct gateway_order that the parent, a
 * SOCK_SEQPACKET connection, sends. Sends a struct err when the network is up, or cannot be. Ends
 * with pasta, or with its parent. It keeps no other descriptor than that and 0 to 2.
 */
noreturn void pasta_run(int parent, bool ipv6);

#endif
