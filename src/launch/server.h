/*
 * server.h - the state of pid 1's loop.
 */
#ifndef LAUNCH_SERVER_H
#define LAUNCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "launch/session.h"

#define MAX_SUDO 64 /* sudo requests at a time */

#define MAX_HELD 8 /* listeners that pid 1 keeps */

/* The first entries of server.polled. */
enum {
	POLLED_SIGNALS,
	POLLED_CONTROL,
	POLLED_SUDO,
	POLLED_IDENTITY,
	POLLED_HELD,
	POLLED_FIXED = POLLED_HELD + MAX_HELD
};

/* What the supervisor of identities is to have, while nobody has asked it anything. */
struct held {
	int socket;	   /* its end; -1: there is one, or none is needed yet */
	int fds[MAX_HELD]; /* listeners of sessions */
	size_t n;
};

/* One connection: before its request pid is 0, after it the session's process. */
struct connection {
	int fd;
	bool detached;	/* outlives its client */
	bool terminal;	/* of its session */
	bool abandoned; /* the client has gone, its session is being ended */
	bool late;	/* it asked when the box was about to end */
	bool main;	/* the first there was: the image's program, in a throw-away box */
	pid_t pid;
	long long kill_at; /* ms; when an abandoned session is killed */
};

struct server {
	int control_fd;
	int sudo_fd; /* -1: no sudo */
	int signal_fd;
	int pts;	 /* the box's devpts root */
	int stop_signal; /* of the main program */
	long linger_ms;
	struct session_policy policy;
	bool has_at_exit;	/* of SESSION_AT_EXIT: */
	struct session at_exit; /* started when the box goes */
	bool for_sudo; /* not pid 1: serves one request from inside, in a process of its own */

	struct connection *connections;
	struct pollfd *polled; /* POLLED_FIXED entries, then one a connection */
	size_t n, cap;
	pid_t sudo_servers[MAX_SUDO]; /* 0: free */
	size_t n_sudo;
	pid_t identity_pid; /* the supervisor of identities, or 0 */
	struct held held;
	long long deaf_until; /* ms; no connection is accepted before */
	long long idle_since; /* ms; when the last session ended */
	long long stop_at;    /* ms; when the box ends at the latest; 0: it is not about to */
	bool used;	      /* somebody has had a session */
	bool asked;	      /* all that runs, to end */
	bool told;	      /* to stop, by somebody: the time is theirs to say */
};

#endif
