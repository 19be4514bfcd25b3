/*
 * sweep.h - removing leftovers of crashes.
 */
#ifndef BOX_SWEEP_H
#define BOX_SWEEP_H

#include <stdbool.h>

#include "store/store.h"

/*
 * Deletes what is old in tmp/, and throw-away boxes that have ended. With `seldom`, only if the
 * last time is more than a minute ago; checking that costs one system call.
 */
void sweep_store(const struct store *s, bool seldom);

/*
 * Is box id, which an index entry refers to, gone? True if there is none, or if it is a throw-away
 * box that has ended, which is then deleted. Once true it stays true: ids are not reused.
 */
bool sweep_box(const struct store *s, const char *id);

#endif
