/*
 * relay.h - carrying the bytes of TCP connections between two sockets.
 */
#ifndef GATEWAY_RELAY_H
#define GATEWAY_RELAY_H

#include <stdbool.h>

#include "gateway/gate.h"

void relay_init(void);

/*
 * Takes two connected sockets with TCP_NODELAY, of which the caller has taken the descriptors
 * (loop_take_fds()), and closes them when the connection ends. host_watched: the host's is in the
 * loop already. host_family: for outside_reset(). gate: what looks at the bytes, which becomes the
 * relay's, or NULL.
 */
void relay_start(int box, int host, bool host_watched, int host_family, struct gate *gate);

/* Is there work that needs no event? Then the loop must not wait. */
bool relay_has_work(void);

/* After each round of the loop: does such work, and frees what has ended. */
void relay_continue(void);

#endif
