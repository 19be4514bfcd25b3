/*
 * identity_trace.c - ptrace(2) requests for threads whose next exec, or the way out of their call,
 * is to be changed.
 *
 * They die when this process does (PTRACE_O_EXITKILL), instead of continuing as root.
 */
#include "launch/identity_trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#define TRACE_OPTIONS                                                                          \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

void trace_go_on(const struct task *task, enum __ptrace_request how, int sig)
{
	ptrace(how, task->tid, NULL, (void *)(long)sig);
}

void trace_detach(struct supervisor *s, struct task *task, int sig)
{
	trace_go_on(task, PTRACE_DETACH, sig);
	task->state = TASK_KNOWN;
	task->exact = false;
	task->asks = IDS_NONE;
	if (task->ids.uid[IDS_EFFECTIVE] != 0)
		task_remove(&s->tasks, task);
}

void trace_kill(const struct task *task)
{
	kill(task->tid, SIGKILL);
}

int trace_start(struct task *task, const struct notice *c)
{
	if (task->state == TASK_WAITING)
		return 0;
	if (ptrace(PTRACE_SEIZE, task->tid, NULL, (void *)(long)TRACE_OPTIONS) < 0)
		return errno == ESRCH ? -ESRCH : -EPERM;
	task->state = TASK_WAITING;
	if (notice_valid(c))
		return 0;
	/* Another process, or none: released at its stop. */
	task->state = TASK_LEAVING;
	trace_go_on(task, PTRACE_INTERRUPT, 0);
	return -ESRCH;
}

void trace_stop_at_answer(struct task *task, const struct notice *c, enum task_state state)
{
	task->state = state;
	trace_go_on(task, PTRACE_INTERRUPT, 0);
	notice_answer(c, 0, 0);
}

void trace_keep_on(const struct task *task, int sig)
{
	trace_go_on(task, task->exact ? PTRACE_SYSCALL : PTRACE_CONT, sig);
}

void trace_wait(struct task *task)
{
	task->state = TASK_WAITING;
	trace_keep_on(task, 0);
}

void trace_let_go(struct task *task, const struct notice *c)
{
	trace_stop_at_answer(task, c, TASK_LEAVING);
}
