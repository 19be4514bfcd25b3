/*
 * server.h - the state of pid 1's loop.
 */
#ifndef LAUNCH_SERVER_H
#define LAUNCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "launch/session.h"

#define MAX_SUDO 64 /* concurrent sudo requests */

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

/* Kept for the identity supervisor until something calls it. */
struct held {
	int socket;	   /* its end; -1: it already runs, or is not needed yet */
	int fds[MAX_HELD]; /* listeners of sessions */
	size_t n;
};

/* One connection: pid is 0 before its request, then the session's process. */
struct connection {
	int fd;
	bool detached;	/* outlives its client */
	bool terminal;	/* its session has one */
	bool abandoned; /* the client has gone; its session is being ended */
	bool late;	/* its request came when the box was about to end */
	bool main;	/* the first session: the image's program, in a throw-away box */
	pid_t pid;
	long long kill_at; /* ms; when to kill an abandoned session */
};

struct server {
	int control_fd;
	int sudo_fd; /* -1: no sudo */
	int signal_fd;
	int pts;	 /* the box's devpts root */
	int stop_signal; /* of the main program */
	int exit_fd;	 /* where its end is noted (plan.h), or -1 */
	long linger_ms;
	struct session_policy policy;
	bool has_at_exit;	/* there is a SESSION_AT_EXIT: */
	struct session at_exit; /* to be started when the box ends */
	bool for_sudo;		/* not pid 1: a copy that serves one request from inside */

	struct connection *connections;
	struct pollfd *polled; /* POLLED_FIXED entries, then one a connection */
	size_t n, cap;
	pid_t sudo_servers[MAX_SUDO]; /* 0: free */
	size_t n_sudo;
	pid_t identity_pid; /* the supervisor of identities, or 0 */
	struct held held;
	long long deaf_until; /* ms; no connection is accepted before */
	long long idle_since; /* ms; when the last session ended */
	long long stop_at;    /* ms; deadline of the box; 0: it is not ending */
	bool used;	      /* there was a session */
	bool leaving;	      /* nobody had come when the last session ended: the box ends */
	bool asked;	      /* everything that runs was asked to end */
	bool told;	      /* somebody asked it to stop, and set the deadline */
};

#endif
