/*
 * step.c - what a program and its children execute of its code; see bench/order.
 *
 *	step CMD [ARG...]
 *
 * Runs CMD one instruction at a time, ptrace(2), with every process that it makes. Prints the offset
 * of each instruction when it is executed for the first time, from where the program lies in memory:
 * for PIE that is its address in the file. A process is left alone when it executes another program.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CODE_MAX (16u << 20)

static bool executed[CODE_MAX];
static unsigned long long base;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "step: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The first mapping of a file is the program's: proc_pid_maps(5). Before it there may be [vvar]. */
static void find_base(pid_t pid)
{
	char path[64], line[4096 + 128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "re");
	while (f && !base && fgets(line, sizeof(line), f))
		if (strchr(line, '/'))
			base = strtoull(line, NULL, 16);
	if (!base)
		die(path);
	fclose(f);
}

static void note(pid_t pid)
{
	struct user_regs_struct regs;

	if (!base || ptrace(PTRACE_GETREGS, pid, NULL, &regs) < 0 || regs.rip - base >= CODE_MAX)
		return;
	if (!executed[regs.rip - base])
		printf("%llx\n", regs.rip - base);
	executed[regs.rip - base] = true;
}

/* Returns the signal that the process is to get. */
static int stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	note(pid);
	return status >> 16 || sig == SIGTRAP || sig == SIGSTOP ? 0 : sig;
}

static void follow(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		if (status >> 16 != PTRACE_EVENT_EXEC)
			ptrace(PTRACE_SINGLESTEP, pid, NULL, (long)stopped(pid, status));
		else if (base)
			ptrace(PTRACE_DETACH, pid, NULL, NULL);
		else {
			find_base(pid);
			ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
		}
	}
}

int main(int argc, char **argv)
{
	long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	pid_t pid;

	if (argc < 2)
		return 2;
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	if (waitpid(pid, NULL, 0) != pid || ptrace(PTRACE_SETOPTIONS, pid, NULL, options) < 0)
		die("ptrace");
	ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
	follow();
	return 0;
}
