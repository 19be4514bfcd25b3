/*
 * session_user.h - a session as another user of the box.
 */
#ifndef LAUNCH_SESSION_USER_H
#define LAUNCH_SESSION_USER_H

#include "base/err.h"

/*
 * The session's process becomes USER[:GROUP] of the box's passwd and group, each a name or a number;
 * a number needs no entry. identity is the socket to the supervisor. Variables of *envp that say who
 * one is are added where they are missing (as settle_env() changes it). Without GROUP it has all
 * groups of the user. Returns 1 when it was moved into the namespace of that user, with all
 * capabilities in it still; 0 when the user is root, who it is already.
 */
int session_become(const char *spec, int identity, char ***envp, struct err *e);

/*
 * Hands the listener of a filter to the supervisor at the socket `identity`. One that has gone is no
 * error: the calls that it was to answer say ENOSYS.
 */
int session_give_listener(int identity, int listener, struct err *e);

#endif
