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
 * Begins to trace a thread whose call waits. 0; -EPERM: something else traces it, or tracing is
 * forbidden; -ESRCH: the caller has gone.
 */
int trace_start(struct task *task, const struct notice *c);

/*
 * Answers the call with success and stops the thread on the way out of it. Interrupts it first:
 * otherwise it would run for a moment with its old identity.
 */
void trace_stop_at_answer(struct task *task, const struct notice *c, enum task_state state);

/* The same, and then stops tracing it. */
void trace_let_go(struct task *task, const struct notice *c);

/* In a stop: continues it until its exec; the second passes on a signal. */
void trace_wait(struct task *task);
void trace_keep_on(const struct task *task, int sig);

/*
 * In a stop: makes one request, with a signal; the last request, which detaches; kills it, which
 * waitpid(2) reports too.
 */
void trace_go_on(const struct task *task, enum __ptrace_request how, int sig);
void trace_detach(struct supervisor *s, struct task *task, int sig);
void trace_kill(const struct task *task);

#endif
