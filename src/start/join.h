/*
 * join.h - a session in a box that runs already; how one starts: boot.h.
 */
#ifndef START_JOIN_H
#define START_JOIN_H

#include "start/session.h"

/*
 * Joins a box that runs already: where its project is, its start has noted. entering: the hook `enter`
 * comes first. *connection is still the caller's to close.
 */
int box_session_join(const struct store *st, const struct box *b, const struct settings *settings,
		     const struct user *caller, const struct session_options *o, bool entering,
		     int *connection, int *ret_status, struct err *e);

#endif
