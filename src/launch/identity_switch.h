/*
 * identity_switch.h - moving a traced thread into another user namespace.
 */
#ifndef LAUNCH_IDENTITY_SWITCH_H
#define LAUNCH_IDENTITY_SWITCH_H

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

/* Its call waits; it must return inside the namespace, or fail. */
void switch_begin(struct task *task, const struct notice *c, const struct space *space);

/* Called when it has stopped on the way out of that call. */
void switch_stopped(struct supervisor *s, struct task *task);

/*
 * Called when it has executed a program, which must start in the namespace of task->ids, or not at
 * all.
 */
void switch_at_exec(struct supervisor *s, struct task *task);

/* Answers a call made during the switch: by the stub, or not. */
void switch_answer(struct task *task, const struct notice *c);

/* Handles a stop during the switch. */
void switch_step(struct supervisor *s, struct task *task, int status);

#endif
