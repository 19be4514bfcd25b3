/*
 * discard.h - the flow of rm, discard and prune: removes a box with everything it has.
 */
#ifndef FLOW_DISCARD_H
#define FLOW_DISCARD_H

#include <stdbool.h>

#include "base/err.h"
#include "box/box.h"

/*
 * Removes a box. If somebody uses it, that is an error, unless force, which stops it at once. One
 * that lingers is stopped as `stop` does.
 */
int discard_box(const struct store *s, struct box *b, bool force, struct err *e);

#endif
