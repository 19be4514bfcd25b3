/*
 * ending.h - how what runs in a box is asked to end.
 */
#ifndef LAUNCH_ENDING_H
#define LAUNCH_ENDING_H

#include "launch/server.h"

/* Does nothing run in the box but pid 1, sessions and their background programs included? */
bool ending_empty(const struct server *srv);

/*
 * Asks all that runs to end until `at`, in ms of the monotonic clock: SIGTERM; for the main program of an image with a stop signal of
 * its own that signal, and nothing for the processes that are its business. Terminals hang up, and
 * what is stopped goes on, so that it can end. A time that was given before can only become shorter.
 */
void ending_ask(struct server *srv, long long at);

/* The main program has ended, in a box that was asked to: what it left behind is asked too. */
void ending_main_gone(const struct server *srv);

/* Kills every process of a session; what has called setsid(2) is none of it. */
void ending_kill_session(pid_t sid);

#endif
