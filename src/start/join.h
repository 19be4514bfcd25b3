/*
 * join.h - a session in a box that is already running; for starting one see boot.h.
 */
#ifndef START_JOIN_H
#define START_JOIN_H

#include "start/session.h"

/*
 * Joins a running box; the notes of its start say where its project is. entering: run the hook
 * `enter` first. The caller closes *connection.
 */
int box_session_join(const struct store *st, const struct box *b, const struct settings *settings,
		     const struct user *caller, const struct session_options *o, bool entering,
		     int *connection, int *ret_status, struct err *e);

#endif
