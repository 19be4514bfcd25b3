/*
 * session_user.h - a session as another user of the box.
 */
#ifndef LAUNCH_SESSION_USER_H
#define LAUNCH_SESSION_USER_H

#include "base/err.h"

/*
 * Makes the session's process USER[:GROUP] of the box's passwd and group, each a name or a number;
 * a number needs no entry. Without GROUP it gets all groups of the user. identity is the socket to
 * the supervisor. Adds variables that name the user to *envp where they are missing (modified as by
 * settle_env()). Returns 1 if the process moved into that user's namespace, still with all
 * capabilities there; 0 if the user is root, which it is already.
 */
int session_become(const char *spec, int identity, char ***envp, struct err *e);

/*
 * Passes the listener of a filter to the supervisor on the socket `identity`. If the supervisor has
 * gone, that is no error: the calls it would have answered fail with ENOSYS.
 */
int session_give_listener(int identity, int listener, struct err *e);

#endif
