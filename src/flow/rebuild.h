/*
 * rebuild.h - a box follows its project to another image or other preparations.
 */
#ifndef FLOW_REBUILD_H
#define FLOW_REBUILD_H

#include "base/err.h"
#include "box/box_create.h"

/*
 * Gives the box a new, empty upper directory upon what `from` names (its project stays); home and name
 * stay, the old upper becomes snapshots/<time>/upper. The box must be locked and not running. Whoever
 * is killed meanwhile leaves a box that starts: as it was, or empty upon its old image.
 */
int box_rebuild(const struct store *s, struct box *b, const struct box_origin *from, struct err *e);

#endif
