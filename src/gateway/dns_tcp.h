/*
 * dns_tcp.h - connections of the box to its name server.
 */
#ifndef GATEWAY_DNS_TCP_H
#define GATEWAY_DNS_TCP_H

#include <stdbool.h>

/* Takes a connected socket, and the two descriptors that the caller has taken (loop_take_fds()). */
void dns_tcp_start(int box);

/* After each round of the loop: frees what has ended. */
void dns_tcp_continue(void);

/* Once a second: ends connections that are idle. */
void dns_tcp_sweep(void);
bool dns_tcp_waits(void);

#endif
