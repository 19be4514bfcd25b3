/*
 * client.h - asking pid 1 for a session, and relaying it.
 *
 * Used by the commands on the host and by sudo inside the box.
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
 * Runs one session over a fresh connection: relays the terminal if stdin, stdout or stderr is one,
 * passes other descriptors as they are, forwards signals. Returns 0 with the command's exit status;
 * -ERR_RETRY if the box ended before it accepted the request.
 *
 * accepted, if not NULL, is called once the box has accepted the request; the terminal still has the
 * modes it had.
 */
int client_run(int connection, const struct session_request *req, void (*accepted)(void *),
	       void *arg, int *ret_status, struct err *e);

/* Asks a box to end; its processes get ms milliseconds to exit. */
int client_stop(int connection, long ms, struct err *e);

/*
 * The same only if the box has no session. -EBUSY if it has one; 0: it has ended, or does not know
 * the request.
 */
int client_stop_idle(int connection, long ms, struct err *e);

#endif
