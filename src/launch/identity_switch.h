/*
 * identity_switch.h - making a traced thread live in another user namespace.
 */
#ifndef LAUNCH_IDENTITY_SWITCH_H
#define LAUNCH_IDENTITY_SWITCH_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Its call waits: it is to return in the namespace, or to fail. */
void switch_begin(struct task *task, const struct notice *c, const struct space *space);

/* Then it has stopped on its way out of that call. */
void switch_stopped(struct supervisor *s, struct task *task);

/* It has executed a program, which is to begin in the namespace of task->ids, or not at all. */
void switch_at_exec(struct supervisor *s, struct task *task);

/* A call in the course of it: out of the stub, or not. */
void switch_answer(struct task *task, const struct notice *c);

/* A stop in the course of it. */
void switch_step(struct supervisor *s, struct task *task, int status);

#endif
