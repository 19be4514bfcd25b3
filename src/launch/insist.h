/*
 * insist.h - a second signal ends a session's client, whatever it waits for.
 */
#ifndef LAUNCH_INSIST_H
#define LAUNCH_INSIST_H

#include <signal.h>

/*
 * From now on SIGINT, SIGTERM and SIGQUIT are passed on over the connection as they arrive, and the
 * second of a kind kills this process by that signal, with the terminal restored. Unblocks them, so
 * that they interrupt a blocking write. told: a signal that was already passed on; 0: none. A
 * repeated call only records told. Signals in `ignored` are left alone.
 */
void insist_begin(int connection, int told, const sigset_t *ignored);

/* Restores the previous handlers of these signals; the mask stays. */
void insist_end(void);

#endif
