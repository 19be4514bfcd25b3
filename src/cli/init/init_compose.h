/*
 * init_compose.h - the text of a sandbox.ini.
 */
#ifndef CLI_INIT_INIT_COMPOSE_H
#define CLI_INIT_INIT_COMPOSE_H

#include "base/buf.h"
#include "cli/init/init_guess.h"

/* The user's choices, in the form of the file. */
struct init_answers {
	char *name, *image, *profile, *apt;
	const char *as_it_is; /* the file of the guess that decides, or NULL; image NULL: its own */
};

void init_compose(const struct init_answers *a, const struct init_guess *g, struct buf *out);

#endif
