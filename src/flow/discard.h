/*
 * discard.h - the flow behind rm, discard and prune: a box goes, with all it has.
 */
#ifndef FLOW_DISCARD_H
#define FLOW_DISCARD_H

#include <stdbool.h>

#include "base/err.h"
#include "box/box.h"

/*
 * Removes a box; one that somebody is in is an error, unless force, which stops it at once. One that
 * lingers is stopped as `stop` does.
 */
int box_discard(const struct store *s, struct box *b, bool force, struct err *e);

#endif
