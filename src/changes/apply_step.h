/*
 * apply_step.h - one change, from the box to the host; for apply.c.
 */
#ifndef CHANGES_APPLY_STEP_H
#define CHANGES_APPLY_STEP_H

#include "changes/apply.h"
#include "changes/undo.h"

/*
 * Looks at what the host has there, and makes the step's kind what it is to the host. Returns 1, 0 when
 * there is nothing to do, or an error when something is in the way.
 */
int apply_check(struct apply_step *step, struct err *e);

/* Does it, what it replaces kept in u; id, the box's, names what is in flight. What is done already is done again, or left. */
int apply_step(const struct apply_step *step, const char *id, struct undo *u, struct err *e);

/* Removes what a killed apply_step() may have left beside rel, beneath the host's directory. */
void apply_step_clean(int folder, const char *rel, const char *id);

#endif
