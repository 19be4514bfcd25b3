/*
 * tcp.h - the box's connections, until they are made.
 */
#ifndef GATEWAY_TCP_H
#define GATEWAY_TCP_H

#include <stdbool.h>

#include "gateway/packet.h"

/* fd: the listener, of struct inside. */
void tcp_init(int fd);

/* The box has sent this SYN, which nothing has answered yet. */
void tcp_syn(const struct packet *syn);

/* After each round of the loop: frees what has ended. */
void tcp_continue(void);

/* Once a second: forgets connections that the box has given up. */
void tcp_sweep(void);

/* Is there any that could be? */
bool tcp_waits(void);

#endif
