/*
 * ending.h - asking the processes of a box to end.
 */
#ifndef LAUNCH_ENDING_H
#define LAUNCH_ENDING_H

#include "launch/server.h"

/* Does nothing but pid 1 run in the box, background programs of sessions included? */
bool ending_empty(const struct server *srv);

/*
 * Asks everything that runs to end by `at`, in ms of the monotonic clock: sends SIGTERM, hangs up
 * terminals, and continues stopped processes so that they can end. If the image has its own stop
 * signal, only the main program gets it, and its descendants get nothing. An earlier deadline can
 * only become shorter.
 */
void ending_ask(struct server *srv, long long at);

/*
 * The main program of a box that was asked to end has ended: asks the processes it left behind too.
 */
void ending_main_gone(const struct server *srv);

/* Kills every process of a session; those that called setsid(2) are not part of it. */
void ending_kill_session(pid_t sid);

#endif
