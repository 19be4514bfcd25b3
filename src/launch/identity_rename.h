/*
 * identity_rename.h - rename(2) and kin: directories of a lower layer.
 */
#ifndef LAUNCH_IDENTITY_RENAME_H
#define LAUNCH_IDENTITY_RENAME_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Once, before the first call: supervisor.rename_lock. */
int rename_open_lock(void);

/* Answers at once, or has a process of its own answer. */
void rename_answer(struct supervisor *s, const struct notice *c);

#endif
