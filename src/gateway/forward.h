/*
 * forward.h - telling the holder what listens in the box.
 */
#ifndef GATEWAY_FORWARD_H
#define GATEWAY_FORWARD_H

#include "gateway/inside_sockets.h"

/* to: the connection to the holder. */
void forward_init(const struct inside *sockets, int to);

/* From now on; tells all again if it has been asked before. */
void forward_begin(void);

/* Something may have begun to listen. */
void forward_wake(void);

/* For how many milliseconds there is nothing to do; -1: until it is woken. */
int forward_timeout(void);

/* After each round of the loop: looks, if it is time. */
void forward_continue(void);

#endif
