/*
 * inject.c - runs a command and injects a fault into the Nth of its system calls, whichever process
 * makes it.
 *
 *	inject [-r DIR]... [-o FD] [-t SECONDS] FAULT [CALL:]N COMMAND...
 *
 * FAULT is kill (the caller), kill-all (everything), or the error that the call gets: EIO, ENOSPC,
 * EMFILE, ENOMEM. N = 0 injects nothing and counts, with FAULT none for all faults. A call counts
 * if the fault can apply to it and a program of ours makes it (the launcher, pid 1 of a box,
 * sandbox-image, their children); other programs, in a box or as helpers, are not touched. EIO,
 * ENOSPC and changes of files count only beneath the DIRs, as far as the path is known; with CALL,
 * a name as in `signalfd4:2`, nothing else counts.
 *
 * brk(2) is exempt: it has no errors, and libc uses mmap(2) if it does not get more.
 *
 * strace(1) counts for each process separately, and slows down each of their calls: here one count
 * is kept for all, and a filter stops only calls that count.
 *
 * A word a line on FD:
 *	call N PROGRAM PID NAME PATH	(N = 0) what counts
 *	hit PROGRAM PID NAME PATH	the call that got the fault
 *	crash PROGRAM PID SIGNAL	a process of ours that died of SIGSEGV and the like
 *	exit STATUS			the command has ended; as a shell reports it
 *	left PROGRAM PID		still there after SECONDS (default 30); killed
 *	count FAULT N			everything has ended
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "no way is known here to give a call another result"
#endif

enum {
	CHANGES = 1,	/* files, their names or their metadata */
	GROWS = 2,	/* ... and may need room for it */
	READS = 4,	/* files, their names or their metadata */
	DESCRIPTOR = 8, /* returns one */
	MEMORY = 16,	/* needs memory that a program can run out of */
	WORLD = 32,	/* processes, mounts, sockets */
	OPENS = 64,	/* READS, or CHANGES and GROWS: depends on the flags */
};

/* Which argument names the file. */
enum where { NOWHERE, FD_0, PATH_0, AT_0, AT_1, AT_2 };

struct call {
	long nr;
	const char *name;
	unsigned int kind;
	enum where where;
};

#define CALL(name, kind, where)                \
	{                                      \
		SYS_##name, #name, kind, where \
	}

static const struct call calls[] = {
	CALL(openat, OPENS | DESCRIPTOR, AT_0),
	CALL(openat2, OPENS | DESCRIPTOR, AT_0),
	CALL(read, READS, FD_0),
	CALL(pread64, READS, FD_0),
	CALL(getdents64, READS, FD_0),
	CALL(statx, READS, AT_0),
	CALL(newfstatat, READS, AT_0),
	CALL(fstat, READS, FD_0),
	CALL(readlinkat, READS, AT_0),
	CALL(faccessat, READS, AT_0),
	CALL(fgetxattr, READS, FD_0),
	CALL(write, CHANGES | GROWS, FD_0),
	CALL(writev, CHANGES | GROWS, FD_0),
	CALL(pwrite64, CHANGES | GROWS, FD_0),
	CALL(pwritev, CHANGES | GROWS, FD_0),
	CALL(copy_file_range, CHANGES | GROWS, AT_2),
	CALL(sendfile, CHANGES | GROWS, FD_0),
	CALL(fallocate, CHANGES | GROWS, FD_0),
	CALL(ftruncate, CHANGES, FD_0),
	CALL(fsync, CHANGES | GROWS, FD_0),
	CALL(fdatasync, CHANGES | GROWS, FD_0),
	CALL(syncfs, CHANGES | GROWS, FD_0),
	CALL(mkdirat, CHANGES | GROWS, AT_0),
	CALL(mknodat, CHANGES | GROWS, AT_0),
	CALL(symlinkat, CHANGES | GROWS, AT_1),
	CALL(linkat, CHANGES | GROWS, AT_2),
	CALL(renameat, CHANGES | GROWS, AT_2),
	CALL(renameat2, CHANGES | GROWS, AT_2),
	CALL(unlinkat, CHANGES, AT_0),
	CALL(fchmod, CHANGES, FD_0),
	CALL(fchmodat, CHANGES, AT_0),
	CALL(fchown, CHANGES, FD_0),
	CALL(fchownat, CHANGES, AT_0),
	CALL(utimensat, CHANGES, AT_0),
	CALL(fsetxattr, CHANGES | GROWS, FD_0),
	CALL(setxattr, CHANGES | GROWS, PATH_0),
	CALL(lsetxattr, CHANGES | GROWS, PATH_0),
	CALL(removexattr, CHANGES, PATH_0),
	CALL(fremovexattr, CHANGES, FD_0),
	CALL(flock, CHANGES, FD_0),
	CALL(ioctl, CHANGES | GROWS, FD_0),
#ifdef SYS_open
	CALL(open, OPENS | DESCRIPTOR, PATH_0),
	CALL(stat, READS, PATH_0),
	CALL(lstat, READS, PATH_0),
	CALL(access, READS, PATH_0),
	CALL(readlink, READS, PATH_0),
	CALL(mkdir, CHANGES | GROWS, PATH_0),
	CALL(mknod, CHANGES | GROWS, PATH_0),
	CALL(rmdir, CHANGES, PATH_0),
	CALL(unlink, CHANGES, PATH_0),
	CALL(rename, CHANGES | GROWS, PATH_0),
	CALL(link, CHANGES | GROWS, PATH_0),
	CALL(symlink, CHANGES | GROWS, NOWHERE),
	CALL(chmod, CHANGES, PATH_0),
	CALL(chown, CHANGES, PATH_0),
	CALL(lchown, CHANGES, PATH_0),
	CALL(fork, WORLD | MEMORY, NOWHERE),
	CALL(vfork, WORLD | MEMORY, NOWHERE),
	CALL(pipe, DESCRIPTOR, NOWHERE),
	CALL(dup2, DESCRIPTOR, NOWHERE),
#endif
	CALL(clone, WORLD | MEMORY, NOWHERE),
	CALL(clone3, WORLD | MEMORY | DESCRIPTOR, NOWHERE),
	CALL(execve, WORLD | MEMORY, NOWHERE),
	CALL(unshare, WORLD | MEMORY, NOWHERE),
	CALL(setns, WORLD | MEMORY, NOWHERE),
	CALL(mount, WORLD | MEMORY, NOWHERE),
	CALL(umount2, WORLD, NOWHERE),
	CALL(pivot_root, WORLD, NOWHERE),
	CALL(move_mount, WORLD | MEMORY, NOWHERE),
	CALL(mount_setattr, WORLD | MEMORY, NOWHERE),
	CALL(fsopen, WORLD | MEMORY | DESCRIPTOR, NOWHERE),
	CALL(fsmount, WORLD | MEMORY | DESCRIPTOR, NOWHERE),
	CALL(open_tree, WORLD | MEMORY | DESCRIPTOR, NOWHERE),
	CALL(bind, WORLD | MEMORY, NOWHERE),
	CALL(connect, WORLD | MEMORY, NOWHERE),
	CALL(listen, WORLD, NOWHERE),
	CALL(accept4, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(sendmsg, WORLD | MEMORY, NOWHERE),
	CALL(recvmsg, WORLD | MEMORY, NOWHERE),
	CALL(socket, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(socketpair, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(pipe2, DESCRIPTOR, NOWHERE),
	CALL(dup, DESCRIPTOR, NOWHERE),
	CALL(dup3, DESCRIPTOR, NOWHERE),
	CALL(epoll_create1, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(eventfd2, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(signalfd4, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(timerfd_create, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(memfd_create, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(inotify_init1, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(pidfd_open, DESCRIPTOR | MEMORY, NOWHERE),
	CALL(mmap, MEMORY, NOWHERE),
	CALL(mremap, MEMORY, NOWHERE),
};
#define N_CALLS (sizeof(calls) / sizeof(*calls))

static const struct fault {
	const char *name;
	unsigned int hits;  /* kinds of calls, anywhere */
	unsigned int below; /* kinds of calls beneath the directories */
	int errnum;	    /* 0: kills */
	bool all;
} faults[] = {
	{"kill", WORLD, CHANGES, 0, false},
	{"kill-all", WORLD, CHANGES, 0, true},
	{"EIO", 0, CHANGES | READS, EIO, false},
	{"ENOSPC", 0, GROWS, ENOSPC, false},
	{"EMFILE", DESCRIPTOR, 0, EMFILE, false},
	{"ENOMEM", MEMORY, CHANGES | READS, ENOMEM, false},
};
#define N_FAULTS (sizeof(faults) / sizeof(*faults))

#define MAX_TASKS 4096
#define MAX_ROOTS 8

struct task {
	pid_t pid;
	bool known;   /* its parent's event has arrived: it may continue */
	bool waiting; /* it has stopped before that */
	bool ours;
	uint64_t loader, loader_end; /* calls of ld.so do not count for the program */
	char program[16];
};

static struct task tasks[MAX_TASKS];
static size_t n_tasks;
static const char *roots[MAX_ROOTS];
static size_t n_roots;
static const struct fault *fault; /* NULL: count all */
static unsigned long at, counts[N_FAULTS];
static const char *only; /* the call that counts, or NULL */
static int out = 2;
static pid_t command;
static volatile sig_atomic_t late;
static bool all_killed;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vdprintf(out, format, args);
	va_end(args);
}

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	exit(125);
}

static struct task *find(pid_t pid)
{
	for (size_t i = 0; i < n_tasks; i++)
		if (tasks[i].pid == pid)
			return &tasks[i];
	return NULL;
}

static struct task *add(pid_t pid)
{
	if (n_tasks == MAX_TASKS) {
		errno = EAGAIN;
		fail("too many processes");
	}
	tasks[n_tasks] = (struct task){.pid = pid};
	return &tasks[n_tasks++];
}

static void drop(const struct task *task)
{
	tasks[task - tasks] = tasks[--n_tasks];
}

/* Finds the loader of a program that was just executed. */
static void find_loader(struct task *task)
{
	char path[64], line[512];
	unsigned long long from, to;
	FILE *f;

	task->loader = task->loader_end = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", task->pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "/ld-linux") && sscanf(line, "%llx-%llx", &from, &to) == 2) {
			if (!task->loader)
				task->loader = from;
			task->loader_end = to;
		}
	if (f)
		fclose(f);
}

static void executed(struct task *task)
{
	static const char *const names[] = {"sandbox", "sandbox-image", "sandbox-ask", "sudo"};
	char path[64], exe[4096];
	const char *base;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", task->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	base = strrchr(exe, '/');
	base = base ? base + 1 : exe;
	snprintf(task->program, sizeof(task->program), "%.15s", *base ? base : "?");
	task->ours = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		task->ours |= !strcmp(base, names[i]);
	if (task->ours)
		find_loader(task);
}

/* Reads a string of the tracee; false if it cannot be read: pid 1 of a box is not dumpable. */
static bool read_text(pid_t pid, uint64_t address, char *text, size_t size)
{
	size_t n = 0;

	while (n + sizeof(long) < size) {
		errno = 0;
		long word = ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)(address + n), NULL);

		if (errno)
			return false;
		memcpy(text + n, &word, sizeof(word));
		if (memchr(&word, 0, sizeof(word)))
			return true;
		n += sizeof(word);
	}
	text[n] = '\0';
	return true;
}

static bool path_of_fd(pid_t pid, int fd, char *path, size_t size)
{
	char link[64];
	ssize_t n;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%d/cwd", pid);
	else
		snprintf(link, sizeof(link), "/proc/%d/fd/%d", pid, fd);
	n = readlink(link, path, size - 1);
	path[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* The path that the call refers to, or "" if there is none or it is unknown. */
static void path_of_call(pid_t pid, const struct call *call, const uint64_t *args, char *path,
			 size_t size)
{
	char name[2048] = "";
	size_t n = 0;
	int first = call->where >= AT_0 ? (int)call->where - AT_0 : 0;

	*path = '\0';
	if (call->where == NOWHERE)
		return;
	if (call->where == FD_0) {
		path_of_fd(pid, (int)args[0], path, size);
		return;
	}
	/* copy_file_range() has a descriptor there. */
	if (call->nr == SYS_copy_file_range) {
		path_of_fd(pid, (int)args[2], path, size);
		return;
	}
	if (!read_text(pid, args[call->where == PATH_0 ? 0 : first + 1], name, sizeof(name)))
		return;
	if (*name != '/') {
		if (!path_of_fd(pid, call->where == PATH_0 ? AT_FDCWD : (int)args[first], path,
				size))
			return;
		n = strlen(path);
	}
	snprintf(path + n, size - n, "%s%s", n && *name ? "/" : "", name);
}

static bool is_beneath(const char *path)
{
	for (size_t i = 0; i < n_roots; i++) {
		size_t n = strlen(roots[i]);

		if (!strncmp(path, roots[i], n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return n_roots == 0;
}

static unsigned int kind_of(pid_t pid, const struct call *call, const uint64_t *args)
{
	unsigned int kind = call->kind;
	struct open_how how = {0};
	uint64_t flags = 0;

	if (!(kind & OPENS))
		return kind;
	if (call->nr == SYS_openat2) {
		errno = 0;
		how.flags = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, (void *)(uintptr_t)args[2],
					     NULL);
		flags = errno ? O_CREAT : how.flags;
	} else {
		flags = args[call->where == PATH_0 ? 1 : 2];
	}
	return (kind & DESCRIPTOR) |
	       (flags & (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)) ? CHANGES | GROWS : READS);
}

#ifdef SANITIZED
/*
 * A sanitizer's runtime ends the program if it gets no memory, and finds no options if it cannot
 * open a file.
 */
static bool is_sanitizers(const struct task *task, const struct call *call, uint64_t address)
{
	char path[64], line[512];
	unsigned long long from, to;
	bool yes = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", task->pid);
	f = fopen(path, "re");
	if (!f) /* pid 1 of a box is not dumpable */
		return call->nr == SYS_mmap || call->nr == SYS_mremap;
	while (!yes && fgets(line, sizeof(line), f))
		yes = strstr(line, "san.so") && sscanf(line, "%llx-%llx", &from, &to) == 2 &&
		      address >= from && address < to;
	fclose(f);
	return yes;
}
#else
static bool is_sanitizers(const struct task *task, const struct call *call, uint64_t address)
{
	(void)task;
	(void)call;
	(void)address;
	return false;
}
#endif

/* Is the call exempt: made by the loader, which has its own messages, or unable to fail? */
static bool is_spared(const struct task *task, const struct call *call,
		      const struct __ptrace_syscall_info *info)
{
	const uint64_t *args = info->seccomp.args;

	if (task->loader && info->instruction_pointer >= task->loader &&
	    info->instruction_pointer < task->loader_end)
		return true;
	if (is_sanitizers(task, call, info->instruction_pointer))
		return true;
	return call->nr == SYS_mmap && !(args[3] & MAP_ANONYMOUS);
}

static bool is_hit_by(const struct fault *f, const struct call *call, unsigned int kind,
		      const char *path)
{
	if (kind & f->hits)
		return true;
	if (!(kind & f->below))
		return false;
	/* Inside a box, and for a process that cannot be read, the path is meaningless. */
	return is_beneath(path) || (!*path && call->where != FD_0);
}

static void set_result(pid_t pid, int errnum)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0)
		return;
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)-errnum;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	struct user_regs_struct regs;
	struct iovec iov = {&regs, sizeof(regs)};
	int none = -1;
	struct iovec number = {&none, sizeof(none)};

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) < 0)
		return;
	regs.regs[0] = (unsigned long long)-errnum;
	ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number);
	ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
#endif
}

static void strike(const struct task *task)
{
	if (fault->errnum) {
		set_result(task->pid, fault->errnum);
		return;
	}
	for (size_t i = 0; fault->all && i < n_tasks; i++)
		kill(tasks[i].pid, SIGKILL);
	kill(task->pid, SIGKILL);
	all_killed = fault->all;
}

static void called(const struct task *task, unsigned long index)
{
	struct __ptrace_syscall_info info;
	unsigned int kind;
	char path[4096];

	if (!task->ours || index >= N_CALLS || (only && strcmp(only, calls[index].name) != 0) ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, task->pid, (void *)sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_SECCOMP || is_spared(task, &calls[index], &info))
		return;
	kind = kind_of(task->pid, &calls[index], info.seccomp.args);
	path_of_call(task->pid, &calls[index], info.seccomp.args, path, sizeof(path));
	for (size_t i = 0; i < N_FAULTS; i++) {
		if ((fault && fault != &faults[i]) ||
		    !is_hit_by(&faults[i], &calls[index], kind, path))
			continue;
		counts[i]++;
		if (at == 0 && fault)
			say("call %lu %s %d %s %s\n", counts[i], task->program, task->pid,
			    calls[index].name, path);
		else if (fault && counts[i] == at) {
			say("hit %s %d %s %s\n", task->program, task->pid, calls[index].name, path);
			strike(task);
		}
	}
}

static void born(const struct task *parent, pid_t pid)
{
	struct task *child = find(pid), like = *parent;

	if (!child)
		child = add(pid);
	like.pid = pid;
	like.known = true;
	like.waiting = false;
	if (child->waiting)
		ptrace(PTRACE_CONT, pid, NULL, NULL);
	*child = like;
}

static void ended(struct task *task, int status)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (task->ours && (sig == SIGSEGV || sig == SIGBUS || sig == SIGABRT || sig == SIGFPE ||
			   sig == SIGILL || sig == SIGSYS || sig == SIGTRAP))
		say("crash %s %d %s\n", task->program, task->pid, sigabbrev_np(sig));
	if (task->pid == command)
		say("exit %d\n", sig ? 128 + sig : WEXITSTATUS(status));
	drop(task);
}

static void stopped(struct task *task, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long message = 0;

	if (!task->known) {
		task->waiting = true;
		/* Born while everything was killed: its parent does not report it any more. */
		if (all_killed)
			kill(task->pid, SIGKILL);
		return;
	}
	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		if (ptrace(PTRACE_GETEVENTMSG, task->pid, NULL, &message) == 0)
			born(task, (pid_t)message); /* must not move entries: tasks are an array */
		break;
	case PTRACE_EVENT_EXEC:
		executed(task);
		break;
	case PTRACE_EVENT_SECCOMP:
		if (ptrace(PTRACE_GETEVENTMSG, task->pid, NULL, &message) == 0)
			called(task, message);
		break;
	case PTRACE_EVENT_STOP:
		if (sig != SIGTRAP) {
			ptrace(PTRACE_LISTEN, task->pid, NULL, NULL);
			return;
		}
		break;
	default:
		ptrace(PTRACE_CONT, task->pid, NULL, (void *)(long)sig);
		return;
	}
	ptrace(PTRACE_CONT, task->pid, NULL, NULL);
}

static void on_alarm(int sig)
{
	(void)sig;
	late = 1;
}

static void follow(void)
{
	int status;

	while (n_tasks) {
		pid_t pid = waitpid(-1, &status, __WALL);
		struct task *task;

		if (late) {
			late = 0;
			for (size_t i = 0; i < n_tasks; i++) {
				say("left %s %d\n", tasks[i].program, tasks[i].pid);
				kill(tasks[i].pid, SIGKILL);
			}
		}
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			break;
		task = find(pid);
		if (!task)
			task = add(pid);
		if (WIFSTOPPED(status))
			stopped(task, status);
		else
			ended(task, status);
	}
}

/* Stops each call to which the fault may apply, with its index. */
static void filter(void)
{
	static struct sock_filter code[4 + 2 * N_CALLS];
	struct sock_fprog program = {.filter = code};
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, arch));
	code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N_CALLS; i++) {
		unsigned int kind = calls[i].kind;

		if (kind & OPENS)
			kind |= CHANGES | GROWS | READS;
		if (fault && !(kind & (fault->hits | fault->below)))
			continue;
		code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							 (unsigned int)calls[i].nr, 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_TRACE | (unsigned int)i);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		fail("cannot filter");
}

static void start(char **argv)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
	int go[2];
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		fail("pipe");
	command = fork();
	if (command < 0)
		fail("fork");
	if (command == 0) {
		close(go[1]);
		if (out > 2)
			close(out);
		if (read(go[0], &byte, 1) != 1)
			_exit(125);
		filter();
		execvp(argv[0], argv);
		fail(argv[0]);
	}
	close(go[0]);
	if (ptrace(PTRACE_SEIZE, command, NULL, (void *)options) < 0)
		fail("cannot trace");
	add(command)->known = true;
	if (write(go[1], "", 1) != 1)
		fail("pipe");
	close(go[1]);
}

static void usage(void)
{
	fputs("usage: inject [-r DIR]... [-o FD] [-t SECONDS] FAULT [CALL:]N COMMAND...\n", stderr);
	exit(2);
}

int main(int argc, char **argv)
{
	struct sigaction on_late = {.sa_handler = on_alarm};
	unsigned int seconds = 30;
	char *number;
	int option;

	while ((option = getopt(argc, argv, "+r:o:t:")) != -1) {
		if (option == 'r' && n_roots < MAX_ROOTS)
			roots[n_roots++] = optarg;
		else if (option == 'o')
			out = atoi(optarg);
		else if (option == 't')
			seconds = (unsigned int)atoi(optarg);
		else
			usage();
	}
	if (argc - optind < 3)
		usage();
	for (size_t i = 0; i < N_FAULTS; i++)
		if (!strcmp(argv[optind], faults[i].name))
			fault = &faults[i];
	if (!fault && strcmp(argv[optind], "none") != 0)
		usage();
	number = strchr(argv[optind + 1], ':');
	if (number) {
		*number++ = '\0';
		only = argv[optind + 1];
	}
	at = strtoul(number ? number : argv[optind + 1], NULL, 10);
	sigaction(SIGALRM, &on_late, NULL);
	start(argv + optind + 2);
	alarm(seconds);
	follow();
	for (size_t i = 0; i < N_FAULTS; i++)
		if (!fault || fault == &faults[i])
			say("count %s %lu\n", faults[i].name, counts[i]);
	return 0;
}
