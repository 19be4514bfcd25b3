/*
 * identity_trace.h - tracing threads of the box, ptrace(2).
 */
#ifndef LAUNCH_IDENTITY_TRACE_H
#define LAUNCH_IDENTITY_TRACE_H

#include <sys/ptrace.h>

#include "launch/identity_notice.h"
#include "launch/identity_tasks.h"

#define TRACE_SYSCALL_STOP (SIGTRAP | 0x80) /* PTRACE_O_TRACESYSGOOD */

/*
 * Begins to trace a thread whose call waits. 0; -EPERM: something else traces it, or nothing may;
 * -ESRCH: the caller has gone.
 */
int trace_start(struct task *task, const struct notice *c);

/*
 * Answers the call with success, and stops the thread on its way out of it. Interrupted first:
 * otherwise it would run on for a moment as what it was.
 */
void trace_stop_at_answer(struct task *task, const struct notice *c, enum task_state state);

/* The same, to trace it no more. */
void trace_let_go(struct task *task, const struct notice *c);

/* In a stop: it goes on until its exec; the second, with a signal, as it is. */
void trace_wait(struct task *task);
void trace_keep_on(const struct task *task, int sig);

/* In a stop: one request, with a signal; the last one; the end, which waitpid(2) tells as well. */
void trace_go_on(const struct task *task, enum __ptrace_request how, int sig);
void trace_detach(struct supervisor *s, struct task *task, int sig);
void trace_kill(const struct task *task);

#endif
