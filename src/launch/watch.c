/*
 * watch.c - a session that is watched: what it and its descendants are refused is recorded.
 *
 * The watcher is a process of the box with the rights of the session, beside it: no parent and no
 * child of it, so that the command's parent sees it stop and end as ever. It owns nothing but the
 * record. It promises that a call has the result that it would have had, and that a refusal is in
 * the record before the process that met it is seen to have ended. It stays until the last process
 * that it traces has ended, and these die with it (PTRACE_O_EXITKILL): under their filters they
 * could not go on alone.
 *
 * Two filters do without a stop at each call: the calls that the box's filter refuses trap
 * (seccomp.h), and those that a read-only mount may refuse, or we, stop before they are made, and after it
 * (watch_calls.h). What a traced program can do to the watcher is to kill it, and so itself.
 */
#include "launch/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/caps.h"
#include "launch/identity_cpu.h"
#include "launch/seccomp.h"
#include "launch/watch_calls.h"
#include "launch/watch_file.h"
#include "launch/watch_record.h"

#define TRACE_OPTIONS                                                                          \
	(PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | \
	 PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP)

/* signal.h has it for C libraries only (bits/siginfo-consts.h). */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define REPORT 3 /* the number by which the watcher has that pipe */

#define MAX_CALLS 4096 /* at the same time; of more, the results are not looked at */

/* A thread in a call whose result is to be looked at. */
struct pending {
	pid_t tid;
	const struct watch_call *call;
	uint64_t args[6];
};

struct watcher {
	struct watch_record *record;
	struct pending *pending;
	size_t n, cap;
};

static struct pending *find(struct watcher *w, pid_t tid)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->pending[i].tid == tid)
			return &w->pending[i];
	return NULL;
}

static void forget(struct watcher *w, pid_t tid)
{
	struct pending *p = find(w, tid);

	if (p)
		*p = w->pending[--w->n];
}

/* Returns whether the thread is to stop once more, when the call has its result. */
static bool call_begins(struct watcher *w, pid_t tid)
{
	struct __ptrace_syscall_info info;
	struct pending *p = find(w, tid);

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP || info.seccomp.ret_data >= watch_calls_n)
		return false;
	if (!p && w->n == w->cap) {
		if (w->cap == MAX_CALLS)
			return false;
		w->cap = w->cap ? 2 * w->cap : 16;
		w->pending = xrealloc(w->pending, w->cap, sizeof(*w->pending));
	}
	if (!p)
		p = &w->pending[w->n++];
	*p = (struct pending){.tid = tid, .call = &watch_calls[info.seccomp.ret_data]};
	memcpy(p->args, info.seccomp.args, sizeof(p->args));
	return true;
}

static void note_call(struct watcher *w, const struct watched *refused)
{
	if (!watch_record_again(w->record, refused->call, ""))
		watch_record_add(w->record, refused);
}

static void call_ends(struct watcher *w, pid_t tid)
{
	static const struct watched tracing = {.error = EPERM, .call = "ptrace"};
	struct __ptrace_syscall_info info;
	struct pending *p = find(w, tid);
	int error = 0;

	if (p && ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.is_error)
		error = (int)-info.exit.rval;
	if (error && p->call->kind != WATCH_TRACE)
		watch_file_note(w->record, tid, p->call, p->args, error);
	else if (error == EPERM)
		note_call(w, &tracing);
	forget(w, tid);
}

static bool set_result(pid_t tid, int error)
{
	struct cpu cpu;

	if (cpu_read(tid, &cpu) < 0)
		return false;
	cpu_set_result(&cpu, -error);
	return cpu_write(tid, &cpu) == 0;
}

/*
 * A call that the box's filter refuses gets the error as its result, instead of the signal. A
 * process can send itself what looks like one: then that is what it gets.
 */
static bool answer_trap(struct watcher *w, pid_t tid)
{
	struct watched refused = {0};
	siginfo_t info;
	bool compat;

	if (ptrace(PTRACE_GETSIGINFO, tid, NULL, &info) < 0 || info.si_code != SYS_SECCOMP ||
	    (info.si_errno & 0xf000) != SECCOMP_TRAPPED)
		return false;
	refused.error = info.si_errno & 0x0fff;
	if (!refused.error || !set_result(tid, refused.error))
		return false;
	compat = info.si_arch == AUDIT_ARCH_I386;
	if (seccomp_name_of(info.si_syscall, compat, refused.call))
		note_call(w, &refused);
	return true;
}

static void stopped(struct watcher *w, pid_t tid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	enum __ptrace_request how = PTRACE_CONT;
	unsigned long former = 0;

	if (event == PTRACE_EVENT_SECCOMP) {
		how = call_begins(w, tid) ? PTRACE_SYSCALL : PTRACE_CONT;
	} else if (event == PTRACE_EVENT_EXEC) {
		/* The other threads have gone, and the one that has called it has this number. */
		if (ptrace(PTRACE_GETEVENTMSG, tid, NULL, &former) == 0)
			forget(w, (pid_t)former);
		forget(w, tid);
	} else if (event == PTRACE_EVENT_STOP && sig != SIGTRAP) {
		how = PTRACE_LISTEN; /* its job is stopped */
	} else if (!event && sig == (SIGTRAP | 0x80)) {
		call_ends(w, tid);
	} else if (!event && !(sig == SIGSYS && answer_trap(w, tid))) {
		ptrace(PTRACE_CONT, tid, NULL, (void *)(long)sig);
		return;
	}
	ptrace(how, tid, NULL, NULL);
}

static noreturn void watch(struct watcher *w)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL);

		if (tid < 0 && errno != EINTR)
			_exit(0); /* the last one has ended */
		if (tid > 0 && WIFSTOPPED(status))
			stopped(w, tid, status);
		else if (tid > 0)
			forget(w, tid);
	}
}

struct start {
	pid_t session;
	int record, report;
	bool host_root;
	watch_become *become;
	void *arg;
};

static int prepare(const struct start *s, struct watcher *w, struct err *e)
{
	int r = caps_trace(s->host_root, e);

	if (r == 0 && ptrace(PTRACE_SEIZE, s->session, NULL, (void *)(long)TRACE_OPTIONS) < 0)
		r = err_sys(e, errno,
			    "cannot watch the command: something else traces it, or tracing is "
			    "forbidden on this machine");
	if (r == 0)
		r = s->become(s->arg, e);
	if (r < 0)
		return r;
	w->record = watch_record_map(s->record);
	if (!w->record)
		return err_sys(e, errno, "cannot map the record of refusals");
	return chdir("/") < 0 ? err_sys(e, errno, "cannot change to directory '/'") : 0;
}

/* In a session of its own: a signal for the command's is not for the watcher. */
static noreturn void run_watcher(const struct start *s)
{
	struct watcher w = {0};
	struct err e = {0};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	proc_set_title("sandbox: why");
	prepare(s, &w, &e);
	/* No pipe of the command is to stay open because of us. */
	dup2(s->report, REPORT);
	close_range(0, REPORT - 1, 0);
	close_range(REPORT + 1, ~0U, 0);
	if (write(REPORT, &e, sizeof(e)) != sizeof(e) || e.code)
		_exit(1);
	close(REPORT);
	watch(&w);
}

/*
 * A copy of pid 1 cannot be traced, whoever wants to. For a moment it can, by whoever has all of its
 * rights: only another copy (cap_ptrace_access_check()).
 */
int watch_start(int record, bool host_root, watch_become *become, void *arg, struct err *e)
{
	struct start s = {.session = getpid(),
			  .record = record,
			  .host_root = host_root,
			  .become = become,
			  .arg = arg};
	cleanup_close int end = -1, report = -1;
	struct err answer;
	int pipefd[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe to the watcher");
	end = pipefd[0];
	s.report = report = pipefd[1];
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		if (fork() == 0)
			run_watcher(&s);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close_fd(&report);
	while ((n = read(end, &answer, sizeof(answer))) < 0 && errno == EINTR)
		;
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (n != sizeof(answer))
		return err_set(e, ESRCH, "the process that watches the command has ended");
	*e = answer;
	return -answer.code;
}

int watch_confine(unsigned int flags, struct err *e)
{
	int r = watch_filter_apply(e);

	return r < 0 || !IDENTITY_SUPPORTED ? r : seccomp_apply_trapping(flags, e);
}
