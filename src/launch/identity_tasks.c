/*
 * identity_tasks.c - a table of threads by number and start time.
 *
 * The end of a thread that is not traced goes unnoticed. Its entry is dropped when its number is
 * seen again, or by a sweep when the table has doubled.
 */
#include "launch/identity_tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define SWEEP_FROM 64

static int read_proc(int proc_fd, pid_t tid, const char *name, char *text, size_t size)
{
	char path[40];
	cleanup_close int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%d/%s", tid, name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, size - 1);
	if (n <= 0)
		return -ESRCH;
	text[n] = '\0';
	return 0;
}

/* The number after "\nNAME:\t"; 0 if missing. The command's name is the first line. */
static unsigned long long status_value(const char *text, const char *name, int base)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

/* Field 22; the second, the name in parentheses, may contain anything. */
static unsigned long long start_of(const char *stat)
{
	const char *c = strrchr(stat, ')');

	for (int field = 2; c && field < 22; field++) {
		c = strchr(c, ' ');
		c = c ? c + 1 : NULL;
	}
	return c ? strtoull(c, NULL, 10) : 0;
}

int proc_info_read(int proc_fd, pid_t tid, struct proc_info *ret)
{
	char text[4096], path[40];
	struct proc_info info = {0};
	struct stat st;

	if (read_proc(proc_fd, tid, "stat", text, sizeof(text)) < 0)
		return -ESRCH;
	info.start = start_of(text);
	if (read_proc(proc_fd, tid, "status", text, sizeof(text)) < 0)
		return -ESRCH;
	info.tgid = (pid_t)status_value(text, "\nTgid:", 10);
	info.parent = (pid_t)status_value(text, "\nPPid:", 10);
	info.threads = (int)status_value(text, "\nThreads:", 10);
	info.pending = status_value(text, "\nSigPnd:", 16) | status_value(text, "\nShdPnd:", 16);
	info.caps = status_value(text, "\nCapPrm:", 16) | status_value(text, "\nCapEff:", 16);
	snprintf(path, sizeof(path), "%d/ns/user", tid);
	if (fstatat(proc_fd, path, &st, 0) < 0)
		return -ESRCH;
	info.userns = st.st_ino;
	*ret = info;
	return 0;
}

struct task *task_find_traced(const struct tasks *t, pid_t tid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i]->tid == tid && t->v[i]->state != TASK_KNOWN)
			return t->v[i];
	return NULL;
}

struct task *task_find(struct tasks *t, pid_t tid, unsigned long long start)
{
	for (size_t i = 0; i < t->n; i++) {
		struct task *task = t->v[i];

		if (task->tid != tid)
			continue;
		if (task->start == start)
			return task;
		task_remove(t, task);
		return NULL;
	}
	return NULL;
}

static void remove_ended(struct tasks *t, int proc_fd)
{
	struct proc_info info;

	for (size_t i = t->n; i-- > 0;)
		if (t->v[i]->state == TASK_KNOWN &&
		    (proc_info_read(proc_fd, t->v[i]->tid, &info) < 0 ||
		     info.start != t->v[i]->start))
			task_remove(t, t->v[i]);
	t->sweep_at = t->n * 2 > SWEEP_FROM ? t->n * 2 : SWEEP_FROM;
}

struct task *task_add(struct tasks *t, int proc_fd, pid_t tid, unsigned long long start)
{
	struct task *task;

	if (t->n >= t->sweep_at)
		remove_ended(t, proc_fd);
	if (t->n == MAX_TASKS)
		return NULL;
	task = xcalloc(1, sizeof(*task));
	task->tid = tid;
	task->start = start;
	task->sw.given_fd = -1;
	t->v = xrealloc(t->v, t->n + 1, sizeof(struct task *));
	t->v[t->n++] = task;
	return task;
}

void task_remove(struct tasks *t, struct task *task)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i] == task) {
			t->v[i] = t->v[--t->n];
			free(task);
			return;
		}
}
