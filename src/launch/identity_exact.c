/*
 * identity_exact.c - getuid(2) etc. of a thread that has changed its ids and waits for its exec.
 *
 * Programs check whether their change was made, and some change back: perl's `$> = $< = 33` is not
 * final. Until they exec, each of their calls stops twice, and calls that ask for ids get what was
 * set. Only for single-threaded programs: they exec after a few calls, a server with threads does
 * not.
 */
#include "launch/identity_exact.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "base/cleanup.h"

/*
 * getresuid(2): writes three numbers to three addresses. An invalid address is the caller's
 * mistake.
 */
static void write_three(const struct supervisor *s, const struct task *task, const uint32_t *ids)
{
	size_t size = task->asks_short ? sizeof(uint16_t) : sizeof(uint32_t);
	char path[32];
	cleanup_close int fd = -1;

	snprintf(path, sizeof(path), "%d/mem", task->tid);
	fd = openat(s->proc_fd, path, O_RDWR | O_CLOEXEC);
	for (int i = 0; fd >= 0 && i < 3; i++) /* little-endian: the low half is first */
		(void)!pwrite(fd, &ids[i], size, (off_t)task->asks_where[i]);
}

static void tell(const struct supervisor *s, struct task *task)
{
	const struct ids *ids = &task->ids;
	struct cpu cpu;
	long result = 0;

	switch (task->asks) {
	case IDS_GETUID:
		result = ids->uid[IDS_REAL];
		break;
	case IDS_GETEUID:
		result = ids->uid[IDS_EFFECTIVE];
		break;
	case IDS_GETGID:
		result = ids->gid[IDS_REAL];
		break;
	case IDS_GETEGID:
		result = ids->gid[IDS_EFFECTIVE];
		break;
	case IDS_GETRESUID:
		write_three(s, task, ids->uid);
		return;
	case IDS_GETRESGID:
		write_three(s, task, ids->gid);
		return;
	default:
		return;
	}
	if (cpu_read(task->tid, &cpu) == 0) {
		cpu_set_result(&cpu, result);
		cpu_write(task->tid, &cpu);
	}
}

void exact_stop(const struct supervisor *s, struct task *task)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, (void *)sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		task->asks = ids_call_of(info.arch, (int)info.entry.nr, &task->asks_short);
		for (int i = 0; i < 3; i++)
			task->asks_where[i] = info.entry.args[i];
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		tell(s, task);
		task->asks = IDS_NONE;
	}
}

void exact_returns(const struct task *task)
{
	struct cpu cpu;

	if (cpu_read(task->tid, &cpu) == 0) {
		cpu_set_result(&cpu, 0);
		cpu_write(task->tid, &cpu);
	}
}
