/*
 * udp.h - the box's datagrams.
 */
#ifndef GATEWAY_UDP_H
#define GATEWAY_UDP_H

#include <stdbool.h>

/* fd: see struct inside. number: of the network. */
void udp_init(int fd, unsigned number);

/* After each round of the loop: frees what has ended. */
void udp_continue(void);

/* Once a second: ends the flows that are idle. */
void udp_sweep(void);

/* Are there any? */
bool udp_waits(void);

#endif
