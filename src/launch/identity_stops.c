/*
 * identity_stops.c - threads that are traced because their next exec, or the way out of their call,
 * is to be changed.
 *
 *	WAITING --exec--> EXECUTED, and on in identity_switch.c
 *	WAITING --its effective uid is root's again--> LEAVING --stop--> let go
 *
 * Everything else works as if they were not traced: signals and stops are passed on.
 */
#include "launch/identity_stops.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "launch/identity_create.h"
#include "launch/identity_exact.h"
#include "launch/identity_switch.h"
#include "launch/identity_trace.h"

/* The thread that was called former is now tid, and all other threads of its process are gone. */
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

/* Children and new threads of a traced thread are traced from the start. */
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
			stops_take(s, tid, status);
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
		trace_keep_on(task, 0);
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGTRAP)
			trace_keep_on(task, 0);
		else
			trace_go_on(task, PTRACE_LISTEN, 0);
		break;
	default:
		if (sig == TRACE_SYSCALL_STOP)
			exact_stop(s, task);
		trace_keep_on(task, event || sig == TRACE_SYSCALL_STOP ? 0 : sig);
	}
}

/* A child's first stops may arrive before its parent's fork is reported. */
static void keep_early(struct tasks *t, pid_t tid, int status)
{
	if (t->n_early == MAX_EARLY)
		kill(tid, SIGKILL);
	else
		t->early[t->n_early++] = (struct early_stop){tid, status};
}

/*
 * The stop caused by the interrupt. If calls are traced anyway, the stop on the way out of this
 * call comes instead and consumes the interrupt (ptrace_stop() clears JOBCTL_TRAP_STOP); so does a
 * signal's stop.
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

void stops_take(struct supervisor *s, pid_t tid, int status)
{
	struct task *task = task_find_traced(&s->tasks, tid);
	unsigned long former;

	if (create_stopped(s, tid, status))
		return;
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
