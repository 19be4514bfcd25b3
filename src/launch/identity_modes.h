/*
 * identity_modes.h - set-id bits: removed from calls, and recorded for box-root's own files.
 */
#ifndef LAUNCH_IDENTITY_MODES_H
#define LAUNCH_IDENTITY_MODES_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Is it a call that makes a file with such bits? */
bool modes_of_new(const struct notice *c);

/*
 * Stops the waiting caller on its way out of the call and makes it repeat the call, with value for
 * argument `at`. If a signal is delivered first, the kernel restarts the call after the handler,
 * and we are notified again. Blocks: only in a child.
 */
void modes_repeat(const struct notice *c, size_t at, uint32_t value);

/*
 * Handles chmod and kin, mknod, and open with O_CREAT: the call is made without the bits, now or by
 * a child.
 */
void modes_answer(struct supervisor *s, const struct notice *c);

#endif
