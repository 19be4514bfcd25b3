/*
 * identity_exact.h - what a thread is told of its ids between its call and its exec.
 */
#ifndef LAUNCH_IDENTITY_EXACT_H
#define LAUNCH_IDENTITY_EXACT_H

#include "launch/identity_tasks.h"

/* A TRACE_SYSCALL_STOP of a traced thread whose exact is set. */
void exact_stop(const struct supervisor *s, struct task *task);

/* In a stop on its way out of a call that was answered: it returns 0, whatever interrupted it. */
void exact_returns(const struct task *task);

#endif
