/*
 * identity_rename.h - rename(2) and its variants for directories of a lower layer.
 */
#ifndef LAUNCH_IDENTITY_RENAME_H
#define LAUNCH_IDENTITY_RENAME_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Called once, before the first call: makes supervisor.rename_lock. */
int rename_open_lock(void);

/* Answers at once, or forks a process that does. */
void rename_answer(struct supervisor *s, const struct notice *c);

#endif
