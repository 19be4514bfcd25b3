/*
 * obeyed.h - reports changes of a session to files of a project that programs of the host run or
 * obey later by themselves.
 *
 * A box may write such files unless they are protected, so the end of a session lists them, a line
 * a file. No list of the former state is kept: a file counts if its change time is not before the
 * start of the box, and code inside cannot set that back. A change is reported once a box.
 */
#ifndef GRANT_OBEYED_H
#define GRANT_OBEYED_H

#include <stdbool.h>
#include <time.h>

#include "box/box.h"
#include "config/settings.h"

struct obeyed_session {
	struct timespec began; /* CLOCK_REALTIME_COARSE */
	long long entered;     /* clock_ms() */
	bool failed;	       /* perhaps before the box had started */
};

/* Called before the session; reads two clocks. */
void obeyed_begin(struct obeyed_session *ret);

/*
 * Called after it: looks at known names, and for a fiftieth of the session's time, at most 50 ms,
 * for repositories in the project that are new. settings: those of the session, to compare its
 * files with what was read; NULL: unknown, so all changes count. began NULL: there was no session,
 * and the search is short.
 */
void obeyed_say(const struct box *b, const struct settings *s, const struct obeyed_session *began);

/* The same for one directory that a box could write. */
void obeyed_say_in(const char *dir, const struct settings *s, const struct obeyed_session *began);

#endif
