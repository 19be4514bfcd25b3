/*
 * identity_start.h - pid 1's side of the identity supervisor: starting it.
 */
#ifndef LAUNCH_IDENTITY_START_H
#define LAUNCH_IDENTITY_START_H

#include "launch/server.h"

/*
 * Step I1 of identity.c, before forking a session that may need it: the session inherits
 * policy.identity.
 */
void identity_prepare(struct server *srv);

/*
 * Step I3, unless it already runs. Called after the session was forked: nobody waits for it. Returns
 * 0, or a negative errno: then calls of that session fail with ENOSYS.
 */
int identity_start(struct server *srv);

/*
 * Fills POLLED_IDENTITY and POLLED_HELD of p with the held listeners; the second handles what
 * poll(2) reported.
 */
void identity_poll(const struct server *srv, struct pollfd *p);
void identity_polled(struct server *srv, const struct pollfd *p);

/* Called when the supervisor has ended. */
void identity_ended(struct server *srv);

/* In a copy of pid 1: closes the descriptors for this. */
void identity_forget(struct server *srv);

#endif
