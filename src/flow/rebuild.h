/*
 * rebuild.h - moving a box to another image or other prepared layers of its project.
 */
#ifndef FLOW_REBUILD_H
#define FLOW_REBUILD_H

#include "base/err.h"
#include "box/box_create.h"

/*
 * Gives the box a new, empty upper directory on top of `from` (its project stays). Home and name
 * stay; the old upper becomes snapshots/<time>/upper. The box must be locked and not running. After
 * a kill the box still starts: as it was, or with an empty upper on its old image.
 */
int rebuild_box(const struct store *s, struct box *b, const struct box_origin *from, struct err *e);

#endif
