/*
 * insist.h - a second signal ends the client of a session, whatever it waits for.
 */
#ifndef LAUNCH_INSIST_H
#define LAUNCH_INSIST_H

#include <signal.h>

/*
 * From now on SIGINT, SIGTERM and SIGQUIT are passed on over the connection as they come, and the second
 * of a kind ends this process by that signal, its terminal restored. They are unblocked for that; a
 * write that waits is interrupted. told: one that was passed on already; 0: none. Called again, only that
 * is noted. Those in `ignored` are left alone.
 */
void insist_begin(int connection, int told, const sigset_t *ignored);

/* What these signals did before is what they do again; the mask stays. */
void insist_end(void);

#endif
