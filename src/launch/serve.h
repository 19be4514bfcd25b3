/*
 * serve.h - pid 1's loop.
 */
#ifndef LAUNCH_SERVE_H
#define LAUNCH_SERVE_H

#include <stdbool.h>
#include <sys/types.h>

#include "launch/session.h"

/* One connection: before its request pid is 0, after it the session's process. */
struct connection {
	int fd;
	bool sudo;	/* came through sudo's socket: root sessions only */
	bool detached;	/* outlives its client */
	bool abandoned; /* the client has gone, its session is being ended */
	pid_t pid;
	long long kill_at; /* ms; when an abandoned session is killed */
};

struct server {
	int control_fd;
	int sudo_fd; /* -1: no sudo */
	int signal_fd;
	int pts; /* the box's devpts root */
	long linger_ms;
	struct session_policy policy;

	struct connection *connections;
	struct pollfd *polled; /* POLLED_FIXED entries, then one a connection */
	size_t n, cap;
	long long deaf_until; /* ms; no connection is accepted before */
	long long idle_since; /* ms; when the last session ended */
	long long stop_at;    /* ms; 0 while nobody asked to stop */
};

/* Serves until the box is to end; boot is the first connection. */
void server_run(struct server *srv, int boot);

#endif
