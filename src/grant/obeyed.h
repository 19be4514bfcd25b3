/*
 * obeyed.h - what a session has changed of a project that programs of the host run or obey later, unasked.
 *
 * A box may write there unless it is protected; so at the end of a session it is said, a line a file. There
 * is no list of what was before: a file counts whose change time is not before the start of the box, which
 * code inside cannot set back. What was said once of a box is not said again of the same change.
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

/* Before the session; two readings of the clock. */
void obeyed_begin(struct obeyed_session *ret);

/*
 * After it: looks at known names, and as long as a fiftieth of the session took, 50 ms at most, for
 * repositories in the project that were not there. settings: the session's, whose files are compared with
 * what was read of them; NULL: unknown, and all that has changed is said. began NULL: no session, and the
 * search is short.
 */
void obeyed_say(const struct box *b, const struct settings *s, const struct obeyed_session *began);

/* The same of one directory that a box was given to write. */
void obeyed_say_in(const char *dir, const struct settings *s, const struct obeyed_session *began);

#endif
