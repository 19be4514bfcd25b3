/*
 * sweep.h - removing what crashes left.
 */
#ifndef BOX_SWEEP_H
#define BOX_SWEEP_H

#include <stdbool.h>

#include "store/store.h"

/*
 * Deletes what is old in tmp/, and throw-away boxes that have ended. With `seldom`, only when the
 * last time is more than a minute ago: that costs one system call.
 */
void sweep_store(const struct store *s, bool seldom);

/*
 * Is box id, whom a name or a project means, no more? True when there is none, or when it is a
 * throw-away box that has ended, which is deleted then. What is true stays true: an id is used once.
 */
bool sweep_box(const struct store *s, const char *id);

#endif
