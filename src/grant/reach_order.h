/*
 * reach_order.h - ranking of things of the host by how far they reach, for display.
 */
#ifndef GRANT_REACH_ORDER_H
#define GRANT_REACH_ORDER_H

#include <stddef.h>

#include "base/mem.h"

/*
 * Appends the lines (reach.h), those that reach furthest last, otherwise in the same order. Returns
 * how many of the last to name: all that lead to the user's files, session or system, else all that
 * reach as far as the last.
 */
size_t reach_order(const struct strv *lines, struct strv *out);

#endif
