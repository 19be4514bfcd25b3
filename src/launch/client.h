/*
 * client.h - asking pid 1 for a session and seeing it through.
 *
 * Used by the commands on the host and by sudo inside the box alike.
 */
#ifndef LAUNCH_CLIENT_H
#define LAUNCH_CLIENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mem.h"
#include "launch/request.h"

/* Connects to a control socket by name beneath dirfd. Returns 0 or -errno. */
int client_connect(int dirfd, const char *name, int *ret_fd);

/*
 * Runs one session over a fresh connection: relays the terminal if stdin, stdout or stderr is
 * one, passes other descriptors straight through, forwards signals. Returns 0 with the exit
 * status of the command; -ERR_RETRY when the box ended before it took the request.
 *
 * accepted, unless NULL, is called once when the box has taken the request.
 */
int client_run(int connection, const struct session_request *req, void (*accepted)(void *),
	       void *arg, int *ret_status, struct err *e);

/* Asks a box to end, its processes having ms to go by themselves. */
int client_stop(int connection, long ms, struct err *e);

/* The same for a box that has no session. -EBUSY when it has one; 0: it has ended, or does not know this. */
int client_stop_idle(int connection, long ms, struct err *e);

#endif
