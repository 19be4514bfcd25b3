/*
 * identity_modes.h - set-id bits that a box asks for: taken off, and noted where box-root means its own.
 */
#ifndef LAUNCH_IDENTITY_MODES_H
#define LAUNCH_IDENTITY_MODES_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* chmod and kin, mknod, and open that creates: the call is made without the bits, now or by a child. */
void modes_answer(struct supervisor *s, const struct notice *c);

#endif
