/*
 * fallback.h - what carries a network's traffic: a gateway, or pasta(1) where there can be none.
 */
#ifndef GATEWAY_FALLBACK_H
#define GATEWAY_FALLBACK_H

#include "gateway/network.h"

/* Reads what an earlier holder has found out (GATEWAY_MISSING). */
void fallback_read(struct networks *all);

/*
 * What is to carry its traffic, from now on: before that starts, or while no box is in it. If this
 * machine is known to have no gateway, pasta takes its place, if it can. False: boxes run with the
 * other.
 */
bool fallback_choose(const struct networks *all, struct network *n, enum gateway_driver driver,
		     bool used);

/*
 * The gateway has failed before the network was up: may pasta take its place? Remembers that this
 * machine has none. *e is why the gateway failed, and says why pasta cannot.
 */
bool fallback_take(struct networks *all, struct network *n, struct err *e);

#endif
