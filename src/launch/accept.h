/*
 * accept.h - connections to pid 1: taking them in, starting what they ask for.
 */
#ifndef LAUNCH_ACCEPT_H
#define LAUNCH_ACCEPT_H

#include "launch/serve.h"

/* Adds an open connection, which is srv's from then on. */
void server_add(struct server *srv, int fd);

/* Accepts one connection; one of sudo's is served by a process of its own. */
void server_accept(struct server *srv, int listener);

/*
 * Starts the session that m asks for; the descriptors are taken over. Where it cannot be started
 * the client is told so, and c->pid stays 0.
 */
void server_start_session(struct server *srv, struct connection *c, const struct message *m,
			  const int *fds, int n_fds);

/*
 * Starts what was asked for at the box's exit, if anything was; true when there is something to wait
 * for. Once.
 */
bool server_start_at_exit(struct server *srv);

#endif
