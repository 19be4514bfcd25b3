/*
 * identity_rename.h - rename(2) and kin: directories of a lower layer.
 */
#ifndef LAUNCH_IDENTITY_RENAME_H
#define LAUNCH_IDENTITY_RENAME_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Once, before the first call. What fails makes the calls the kernel's. */
void rename_prepare(struct renames *r);

/* Answers at once, or has a process of its own answer. */
void rename_answer(struct supervisor *s, const struct notice *c);

/* A child has ended; it may be one of these. */
void rename_ended(struct renames *r, pid_t pid);

#endif
