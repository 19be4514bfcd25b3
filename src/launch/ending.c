/*
 * ending.c - asking the processes of a box to end.
 *
 * Reads the box's /proc. A process that hides there from pid 1 is only not asked.
 */
#include "launch/ending.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"

#define STAT_MAX (4u << 10) /* a line of numbers and a name of at most 64 bytes */

/* The next process of the box other than pid 1; 0 at the end, or -errno. */
static pid_t next_process(struct dir *d)
{
	struct err ignored;
	int r;

	while ((r = dir_next(d, &ignored)) > 0) {
		pid_t pid = (pid_t)strtol(d->name, NULL, 10);

		if (pid > 1)
			return pid;
	}
	return r;
}

bool ending_empty(const struct server *srv)
{
	cleanup_dir struct dir d = {0};
	struct err ignored;
	siginfo_t info;
	pid_t pid;

	/* All processes descend from children of pid 1. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD)
		return true;
	if (dir_open(&d, AT_FDCWD, "/proc", &ignored) < 0)
		return false;
	/* The identity supervisor keeps serving those that still run, and ends with pid 1. */
	while ((pid = next_process(&d)) == srv->identity_pid && pid)
		;
	return pid == 0;
}

/* 0 if it is gone. proc_pid_stat(5): pid (name) state ppid ...; the name may contain anything. */
static pid_t parent_of(pid_t pid)
{
	cleanup_buf struct buf b = BUF_INIT;
	struct err ignored;
	char path[32];
	const char *end;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read(AT_FDCWD, path, STAT_MAX, &b, &ignored) < 0)
		return 0;
	end = strrchr(b.data, ')');
	return end && sscanf(end, ") %*c %d", &parent) == 1 ? parent : 0;
}

static bool descends(pid_t pid, pid_t from)
{
	for (; pid > 1; pid = parent_of(pid))
		if (pid == from)
			return true;
	return false;
}

static pid_t main_program(const struct server *srv)
{
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].main && srv->connections[i].pid > 0)
			return srv->connections[i].pid;
	return 0;
}

static void ask_around(pid_t program, int signo)
{
	cleanup_dir struct dir d = {0};
	struct err ignored;
	pid_t pid = dir_open(&d, AT_FDCWD, "/proc", &ignored);

	while (pid >= 0 && (pid = next_process(&d)) > 0)
		if (!descends(pid, program))
			kill(pid, SIGTERM);
	/* Descendants are unknown: ask everything, so that each has its time before the end. */
	if (pid < 0)
		kill(-1, SIGTERM);
	kill(program, signo);
}

void ending_ask(struct server *srv, long long at)
{
	pid_t program = main_program(srv);

	if (!srv->stop_at || at < srv->stop_at)
		srv->stop_at = at;
	srv->asked = true;
	if (program && srv->stop_signal != SIGTERM)
		ask_around(program, srv->stop_signal);
	else
		kill(-1, SIGTERM);
	/*
	 * Interactive shells ignore SIGTERM and end on SIGHUP; a stopped process must run to end.
	 */
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid > 0 && srv->connections[i].terminal)
			kill(-srv->connections[i].pid, SIGHUP);
	kill(-1, SIGCONT);
}

void ending_main_gone(const struct server *srv)
{
	if (srv->asked && srv->stop_signal != SIGTERM)
		kill(-1, SIGTERM);
}

void ending_kill_session(pid_t sid)
{
	cleanup_dir struct dir d = {0};
	struct err ignored;
	pid_t pid = dir_open(&d, AT_FDCWD, "/proc", &ignored);

	/* A process that is missed because of an error ends with the box. */
	while (pid >= 0 && (pid = next_process(&d)) > 0)
		if (getsid(pid) == sid)
			kill(pid, SIGKILL);
	kill(-sid, SIGKILL);
}
