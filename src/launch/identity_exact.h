/*
 * identity_exact.h - the ids that a thread sees between its set*id call and its exec.
 */
#ifndef LAUNCH_IDENTITY_EXACT_H
#define LAUNCH_IDENTITY_EXACT_H

#include "launch/identity_tasks.h"

/* Handles a TRACE_SYSCALL_STOP of a traced thread whose exact is set. */
void exact_stop(const struct supervisor *s, struct task *task);

/* In a stop on the way out of an answered call: makes it return 0, whatever interrupted it. */
void exact_returns(const struct task *task);

#endif
