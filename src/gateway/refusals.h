/*
 * refusals.h - a file with the last refusals, which programs in the box can read.
 */
#ifndef GATEWAY_REFUSALS_H
#define GATEWAY_REFUSALS_H

#include "netpolicy/journal.h"

/* The file to write to; -1: none. */
void refusals_init(int fd);
void refusals_add(const struct net_event *event);

/* After each round of the loop: writes the file, if there is something new. */
void refusals_write(void);

#endif
