/*
 * identity_modes.h - set-id bits: removed from calls, and recorded for box-root's own files.
 */
#ifndef LAUNCH_IDENTITY_MODES_H
#define LAUNCH_IDENTITY_MODES_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/*
 * Handles chmod and kin, mknod, and open with O_CREAT: the call is made without the bits, now or by
 * a child.
 */
void modes_answer(struct supervisor *s, const struct notice *c);

#endif
