/*
 * identity_switch.c - moves a stopped thread into another user namespace, step by step.
 *
 *	STOPPING --stop--> MAPPING --mmap--> RUNNING --int3--> UNMAPPING --munmap--> let go
 *	EXECUTED --out of execve--> MAPPING ...
 *
 * Nothing here blocks: each stop is answered by one request and a new state. Promises that a
 * released thread is either unchanged, with its call failed, or in its namespace without a
 * capability; a thread that is neither is killed.
 */
#include "launch/identity_switch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "launch/identity_trace.h"

void switch_begin(struct task *task, const struct notice *c, const struct space *space)
{
	task->sw = (struct task_switch){.space = space, .given_fd = -1};
	task->sw.arch = c->n->data.arch;
	trace_stop_at_answer(task, c, TASK_STOPPING);
}

void switch_at_exec(struct supervisor *s, struct task *task)
{
	task->sw = (struct task_switch){.given_fd = -1, .at_exec = true, .in_call = true};
	task->sw.space = spaces_get(&s->spaces, &task->ids, s->proc_fd);
	if (!task->sw.space) {
		trace_kill(task);
		return;
	}
	task->state = TASK_EXECUTED;
	trace_go_on(task, PTRACE_SYSCALL, 0);
}

static void give_namespace(struct task *task, const struct notice *c)
{
	struct seccomp_notif_addfd add = {.id = c->n->id,
					  .flags = SECCOMP_ADDFD_FLAG_SEND,
					  .srcfd = (__u32)task->sw.space->fd,
					  .newfd_flags = O_CLOEXEC};
	int fd = ioctl(c->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	if (fd < 0)
		notice_answer(c, errno, 0);
	else
		task->sw.given_fd = fd;
}

/*
 * Each once, with exactly the stub's arguments; the answer does not depend on the tracee's memory.
 */
void switch_answer(struct task *task, const struct notice *c)
{
	struct task_switch *sw = &task->sw;
	const __u64 *args = c->n->data.args;

	if (task->state != TASK_RUNNING) {
		notice_answer(c, EPERM, 0);
	} else if (c->call == IDS_SETGROUPS && sw->given_fd < 0) {
		give_namespace(task, c);
	} else if (c->call == IDS_SETNS && !sw->joined && sw->given_fd >= 0 &&
		   (int)args[0] == sw->given_fd && args[1] == CLONE_NEWUSER) {
		sw->joined = true;
		notice_continue(c);
	} else if (c->call == IDS_CAPSET && !sw->shrunk && args[0] == sw->page + CPU_STUB_CAPS) {
		sw->shrunk = true;
		notice_continue(c);
	} else {
		notice_answer(c, EPERM, 0);
	}
}

/*
 * Unchanged, or with its call failed. A stop signal that came meanwhile is delivered, unless a
 * continue followed.
 */
static void restore(struct supervisor *s, struct task *task)
{
	struct task_switch *sw = &task->sw;
	struct proc_info info;

	if (!sw->at_exec)
		cpu_set_result(&sw->cpu, sw->result < 0 ? sw->result : 0);
	cpu_write(task->tid, &sw->cpu);
	if (sw->stop_sent && proc_info_read(s->proc_fd, task->tid, &info) == 0 &&
	    !(info.pending >> (SIGCONT - 1) & 1))
		kill(task->tid, SIGSTOP);
	ptrace(PTRACE_SETSIGMASK, task->tid, (void *)sizeof(sw->mask), &sw->mask);
}

/* Errors of setuid(2): the box or the program has reached a limit, or it is not possible. */
static long error_of(long result)
{
	switch (-result) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOSPC:
	case EAGAIN:
		return -EAGAIN;
	default:
		return -EPERM;
	}
}

static void finish(struct supervisor *s, struct task *task)
{
	struct task_switch *sw = &task->sw;

	if (sw->result < 0 && sw->at_exec) {
		trace_kill(task); /* the program has not started: there is nobody to report to */
		return;
	}
	if (sw->result < 0) {
		sw->result = error_of(sw->result);
		task->ids = task->before;
	}
	restore(s, task);
	if (sw->result > 0)
		task->kept = task->exact = true;
	if (sw->result != 0 && task->ids.uid[IDS_EFFECTIVE] != 0) {
		trace_wait(task);
		return;
	}
	trace_detach(s, task, 0);
}

/* Injects one call: stops at its entry, then at its exit. */
static void inject(struct task *task, const struct cpu *cpu, enum task_state state)
{
	task->state = state;
	task->sw.in_call = false;
	cpu_write(task->tid, cpu);
	trace_go_on(task, PTRACE_SYSCALL, 0);
}

static void fail(struct supervisor *s, struct task *task, long result)
{
	task->sw.result = result;
	finish(s, task);
}

/* The stub ends with SIGTRAP; other signals have to wait. */
void switch_stopped(struct supervisor *s, struct task *task)
{
	struct task_switch *sw = &task->sw;
	uint64_t blocked = ~(UINT64_C(1) << (SIGTRAP - 1));
	struct cpu cpu;

	if (cpu_read(task->tid, &sw->cpu) < 0 ||
	    ptrace(PTRACE_GETSIGMASK, task->tid, (void *)sizeof(sw->mask), &sw->mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, task->tid, (void *)sizeof(blocked), &blocked) < 0)
		return; /* it is dying, and its end will be reported */
	sw->instruction = cpu_call_instruction(&sw->cpu, sw->arch);
	if (!sw->instruction)
		sw->instruction = cpu_find_call_instruction(&sw->cpu, s->proc_fd, task->tid);
	if (!sw->instruction) {
		fail(s, task, -EPERM);
		return;
	}
	cpu = sw->cpu;
	cpu_set_mmap(&cpu, sw->instruction);
	inject(task, &cpu, TASK_MAPPING);
}

static void on_mapped(struct supervisor *s, struct task *task, const struct cpu *now)
{
	struct task_switch *sw = &task->sw;
	struct cpu cpu = sw->cpu;
	long page = cpu_result(now);

	if (page < 0 && page > -4096) {
		fail(s, task, page);
		return;
	}
	sw->page = cpu_page(now);
	if (cpu_set_stub(&cpu, task->tid, sw->page, sw->at_exec) < 0) {
		trace_kill(task);
		return;
	}
	task->state = TASK_RUNNING;
	cpu_write(task->tid, &cpu);
	trace_go_on(task, PTRACE_CONT, 0);
}

/*
 * Checks with the kernel, not with the stub's registers: is it there without capabilities, or still
 * here?
 */
static bool is_as_it_says(const struct supervisor *s, const struct task *task)
{
	struct proc_info info;

	if (proc_info_read(s->proc_fd, task->tid, &info) < 0)
		return false;
	if (task->sw.result != 0)
		return info.userns == s->userns;
	return info.userns == task->sw.space->inode && info.caps == 0;
}

static void on_stub_end(struct supervisor *s, struct task *task, const struct cpu *now)
{
	struct task_switch *sw = &task->sw;
	struct cpu cpu = sw->cpu;

	sw->result = cpu_result(now);
	if (!is_as_it_says(s, task)) {
		trace_kill(task);
		return;
	}
	cpu_set_munmap(&cpu, sw->instruction, sw->page);
	inject(task, &cpu, TASK_UNMAPPING);
}

void switch_step(struct supervisor *s, struct task *task, int status)
{
	struct cpu now;
	int sig = WSTOPSIG(status);

	if (cpu_read(task->tid, &now) < 0)
		return;
	if (task->state == TASK_RUNNING) {
		if (sig == SIGTRAP && status >> 16 == 0 && cpu_at_stub_end(&now, task->sw.page)) {
			on_stub_end(s, task, &now);
			return;
		}
	} else if (sig == TRACE_SYSCALL_STOP && !task->sw.in_call) {
		task->sw.in_call = true;
	} else if (sig == TRACE_SYSCALL_STOP) {
		if (task->state == TASK_EXECUTED)
			switch_stopped(s, task);
		else if (task->state == TASK_MAPPING)
			on_mapped(s, task, &now);
		else
			finish(s, task);
		return;
	}
	if (sig == SIGSTOP && status >> 16 == 0)
		task->sw.stop_sent = true;
	trace_go_on(task, task->state == TASK_RUNNING ? PTRACE_CONT : PTRACE_SYSCALL, 0);
}
