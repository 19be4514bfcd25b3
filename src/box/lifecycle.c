/*
 * lifecycle.c - listing, stopping and removing boxes, and what runs in one.
 */
#include "box/lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/proc.h"
#include "launch/client.h"

/* After pid 1 was told to end, or killed: the kernel's own work on many processes and mounts. */
#define TEARDOWN_MS 10000

void box_list_clear(struct box_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		box_close(&l->v[i]);
	free(l->v);
	*l = (struct box_list){0};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct box *)a)->name, ((const struct box *)b)->name);
}

int box_list_load(const struct store *s, struct box_list *ret, struct err *e)
{
	cleanup_strv struct strv ids = {0};
	int r;

	store_sweep(s, false);
	r = store_list(s, &ids, e);
	if (r < 0)
		return r;
	*ret = (struct box_list){.v = xcalloc(ids.n, sizeof(*ret->v))};
	for (size_t i = 0; i < ids.n; i++) {
		struct err ignored;

		/* Removed since the listing, or a leftover without a record. */
		if (box_load(s, ids.v[i], &ret->v[ret->n], &ignored) == 0)
			ret->n++;
	}
	qsort(ret->v, ret->n, sizeof(*ret->v), by_name);
	return 0;
}

int box_stop(const struct box *b, long ms, struct err *e)
{
	cleanup_close int connection = -1, pidfd = -1;
	pid_t pid = box_pid(b);
	struct err ignored;

	if (!pid)
		return 0;
	pidfd = proc_pidfd(pid);
	if (pidfd < 0 || box_pid(b) != pid)
		return 0;
	if (client_connect(b->run_fd, "control", &connection) == 0 &&
	    client_stop(connection, ms, &ignored) == 0 &&
	    proc_wait_pidfd(pidfd, (int)ms + TEARDOWN_MS))
		return 0;
	/* It does not answer: stopped by a debugger, or out of memory. */
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (!proc_wait_pidfd(pidfd, TEARDOWN_MS))
		return err_set(e, EBUSY, "box '%s' does not end: process %d is stuck in the kernel",
			       b->name, pid);
	return 0;
}

int box_discard(const struct store *s, struct box *b, bool force, struct err *e)
{
	int r = 0;

	if (!force && box_is_running(b))
		return err_set(e, EBUSY,
			       "box '%s' is running: 'sandbox stop %s' first, or use --force",
			       b->name, b->name);
	if (force)
		r = box_stop(b, 0, e);
	if (r == 0)
		r = box_lock(s, b, e);
	if (r < 0)
		return r;
	/* It may have been started while we waited for the lock. */
	if (!force && box_is_running(b))
		return err_set(e, EBUSY,
			       "box '%s' is running: 'sandbox stop %s' first, or use --force",
			       b->name, b->name);
	r = box_stop(b, 0, e);
	return r < 0 ? r : box_remove(s, b, e);
}

static char *command_of(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/cmdline", pid);
	cleanup_free char *comm_path = xasprintf("/proc/%d/comm", pid);
	cleanup_buf struct buf b = BUF_INIT;
	struct err ignored;

	if (file_read(AT_FDCWD, path, 1u << 20, &b, &ignored) < 0)
		buf_reset(&b);
	while (b.len && b.data[b.len - 1] == '\0')
		b.len--;
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] == '\0')
			b.data[i] = ' ';
	if (b.len)
		return buf_detach(&b);
	if (file_read(AT_FDCWD, comm_path, 64, &b, &ignored) < 0)
		return NULL;
	return xasprintf("[%.*s]", (int)strcspn(b.data, "\n"), b.data);
}

static void add_children(pid_t parent, struct box_process **v, size_t *n)
{
	cleanup_free char *path = xasprintf("/proc/%d/task/%d/children", parent, parent);
	cleanup_buf struct buf b = BUF_INIT;
	struct err ignored;
	char *save = NULL;

	if (file_read(AT_FDCWD, path, 1u << 20, &b, &ignored) < 0)
		return;
	for (char *word = strtok_r(b.data, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		pid_t pid = (pid_t)strtol(word, NULL, 10);
		char *command = pid > 0 ? command_of(pid) : NULL;

		if (!command)
			continue;
		*v = xrealloc(*v, *n + 1, sizeof(**v));
		(*v)[(*n)++] = (struct box_process){
			.pid = pid, .parent = parent, .command = command};
		add_children(pid, v, n);
	}
}

int box_processes(const struct box *b, struct box_process **ret, size_t *ret_n, struct err *e)
{
	pid_t pid = box_pid(b);

	*ret = NULL;
	*ret_n = 0;
	if (!pid)
		return err_set(e, ESRCH, "box '%s' is not running", b->name);
	add_children(pid, ret, ret_n);
	return 0;
}

void box_processes_free(struct box_process *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].command);
	free(v);
}
