/*
 * kernel.h - restrictions that this kernel cannot enforce.
 */
#ifndef GRANT_KERNEL_H
#define GRANT_KERNEL_H

#include "base/err.h"
#include "box/box.h"
#include "launch/plan.h"

/*
 * Refuses what would let code in a box of the host's root become the host's root, and a box that
 * reaches the host's abstract sockets if the policy denies them.
 */
int kernel_check(const struct plan *p, struct err *e);

/* If the box reaches the host's abstract sockets, says so, once for each box and kernel. */
void kernel_say(const struct box *b, const struct plan *p);

#endif
