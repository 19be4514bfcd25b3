/*
 * identity_trace.c - threads that are traced because their next exec, or the way out of their call,
 * is to be changed.
 *
 *	WAITING --exec--> EXECUTED, and on in identity_switch.c
 *	WAITING --its effective uid is root's again--> LEAVING --stop--> let go
 *
 * Everything else that happens to them happens as if nobody traced: signals and stops are passed on.
 * They die when this process does (PTRACE_O_EXITKILL), rather than go on as root.
 */
#include "launch/identity_trace.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "launch/identity_exact.h"
#include "launch/identity_switch.h"

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
	/* A stranger, or nobody: let go at its stop. */
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

/* Until its exec. */
static void keep_on(const struct task *task, int sig)
{
	trace_go_on(task, task->exact ? PTRACE_SYSCALL : PTRACE_CONT, sig);
}

void trace_wait(struct task *task)
{
	task->state = TASK_WAITING;
	keep_on(task, 0);
}

void trace_let_go(struct task *task, const struct notice *c)
{
	trace_stop_at_answer(task, c, TASK_LEAVING);
}

/* The thread that was called former has become tid, and all others of its process are gone. */
static void on_exec(struct supervisor *s, struct task *task, pid_t tid)
{
	struct task *leader = task_find_traced(&s->tasks, tid);
	struct proc_info info;

	if (leader && leader != task)
		task_remove(&s->tasks, leader);
	task->tid = tid;
	if (proc_info_read(s->proc_fd, tid, &info) == 0)
		task->start = info.start;
	task->kept = false;
	task->ids.uid[IDS_SAVED] = task->ids.uid[IDS_EFFECTIVE];
	task->ids.gid[IDS_SAVED] = task->ids.gid[IDS_EFFECTIVE];
	if (task->ids.uid[IDS_EFFECTIVE] == 0) {
		trace_detach(s, task, 0);
		return;
	}
	switch_at_exec(s, task);
}

/* Children and new threads of a traced thread are traced from their first moment. */
static void on_child(struct supervisor *s, const struct task *parent, pid_t tid)
{
	struct tasks *t = &s->tasks;
	struct proc_info info = {0};
	struct task *child;

	proc_info_read(s->proc_fd, tid, &info);
	child = task_add(t, s->proc_fd, tid, info.start);
	if (!child) {
		kill(tid, SIGKILL);
		return;
	}
	child->state = TASK_WAITING;
	child->ids = parent->ids;
	child->kept = parent->kept;
	child->exact = parent->exact;
	for (size_t i = 0; i < t->n_early; i++)
		if (t->early[i].tid == tid) {
			int status = t->early[i].status;

			t->early[i] = t->early[--t->n_early];
			trace_event(s, tid, status);
			return;
		}
}

static void on_waiting(struct supervisor *s, struct task *task, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);
	unsigned long child = 0;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (ptrace(PTRACE_GETEVENTMSG, task->tid, NULL, &child) == 0)
			on_child(s, task, (pid_t)child);
		keep_on(task, 0);
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGTRAP)
			keep_on(task, 0);
		else
			trace_go_on(task, PTRACE_LISTEN, 0);
		break;
	default:
		if (sig == TRACE_SYSCALL_STOP)
			exact_stop(s, task);
		keep_on(task, event || sig == TRACE_SYSCALL_STOP ? 0 : sig);
	}
}

/* A child's first stops may be told before its parent's fork is. */
static void keep_early(struct tasks *t, pid_t tid, int status)
{
	if (t->n_early == MAX_EARLY)
		kill(tid, SIGKILL);
	else
		t->early[t->n_early++] = (struct early_stop){tid, status};
}

/*
 * The stop that the interrupt led to. Where calls are stopped at anyway, that is the one on the way out of
 * this call, which takes the interrupt with it (ptrace_stop() clears JOBCTL_TRAP_STOP); so does a
 * signal's.
 */
static void on_stopping(struct supervisor *s, struct task *task, int status)
{
	int event = status >> 16, sig = WSTOPSIG(status);
	bool signalled = !event && sig != TRACE_SYSCALL_STOP;

	if (task->state == TASK_LEAVING) {
		trace_detach(s, task, signalled ? sig : 0);
	} else if (event != PTRACE_EVENT_STOP && sig != TRACE_SYSCALL_STOP) {
		trace_go_on(task, PTRACE_INTERRUPT, 0);
		trace_go_on(task, PTRACE_CONT, signalled ? sig : 0);
	} else if (task->state == TASK_ENTERING) {
		exact_returns(task);
		trace_wait(task);
	} else {
		switch_stopped(s, task);
	}
}

void trace_event(struct supervisor *s, pid_t tid, int status)
{
	struct task *task = task_find_traced(&s->tasks, tid);
	unsigned long former;

	if (!WIFSTOPPED(status)) {
		if (task)
			task_remove(&s->tasks, task);
		return;
	}
	if (status >> 16 == PTRACE_EVENT_EXEC &&
	    ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0) {
		struct task *execed = task_find_traced(&s->tasks, (pid_t)former);

		if (execed)
			on_exec(s, execed, tid);
		else
			keep_early(&s->tasks, tid, status);
		return;
	}
	if (!task) {
		keep_early(&s->tasks, tid, status);
		return;
	}
	switch (task->state) {
	case TASK_WAITING:
		on_waiting(s, task, status);
		break;
	case TASK_STOPPING:
	case TASK_ENTERING:
	case TASK_LEAVING:
		on_stopping(s, task, status);
		break;
	default:
		switch_step(s, task, status);
	}
}
