/*
 * kernel.h - what this kernel cannot keep from a box, and who must not be given what.
 */
#ifndef GRANT_KERNEL_H
#define GRANT_KERNEL_H

#include "base/err.h"
#include "box/box.h"
#include "launch/plan.h"

/*
 * Refuses what would let code in a box of the host's root become the host's root, and a box that reaches
 * the host's abstract sockets where the policy denies them.
 */
int kernel_check(const struct plan *p, struct err *e);

/* Says, once a box and kernel, that the box reaches the host's abstract sockets, where it does. */
void kernel_say(const struct box *b, const struct plan *p);

#endif
