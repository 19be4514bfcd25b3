/*
 * identity_start.h - pid 1's side of the supervisor of identities: when it is started.
 */
#ifndef LAUNCH_IDENTITY_START_H
#define LAUNCH_IDENTITY_START_H

#include "launch/server.h"

/* I1 of identity.c, before a session is forked that may ask: it inherits policy.identity. */
void identity_prepare(struct server *srv);

/* I3, unless there is one already. After the session was forked: nobody waits for it. */
void identity_start(struct server *srv);

/* The listeners that are held, in POLLED_IDENTITY and POLLED_HELD of p; and what poll(2) said of them. */
void identity_poll(const struct server *srv, struct pollfd *p);
void identity_polled(struct server *srv, const struct pollfd *p);

/* The supervisor has ended. */
void identity_ended(struct server *srv);

/* In a copy of pid 1: closes what it has of this. */
void identity_forget(struct server *srv);

#endif
