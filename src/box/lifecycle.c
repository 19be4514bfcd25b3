/*
 * lifecycle.c - listing, stopping and removing boxes, and listing their processes.
 */
#include "box/lifecycle.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "box/record.h"
#include "box/sweep.h"
#include "launch/client.h"
#include "launch/identity.h"

/* From the lock of a start to its record; a start whose image is ready takes less. */
#define RECORD_MS 2000

/* From the end of a connection to that of pid 1; a box with many mounts takes time. */
#define CLOSED_MS 500

#define CHILDREN_MAX_SIZE (8u << 20) /* pid_max is 4194304; far more than a box will have */

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
	cleanup_box_list struct box_list list = {0};
	int r;

	sweep_store(s, false);
	r = store_list(s, &ids, e);
	if (r < 0)
		return r;
	list.v = xcalloc(ids.n, sizeof(*list.v));
	for (size_t i = 0; i < ids.n; i++) {
		r = box_load_damaged(s, ids.v[i], &list.v[list.n], e);
		/* Removed since the listing, or a leftover without a record. */
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return err_add(e, "cannot list the boxes: '%s'", ids.v[i]);
		box_park(&list.v[list.n++]);
	}
	if (list.n)
		qsort(list.v, list.n, sizeof(*list.v), by_name);
	*ret = list;
	list = (struct box_list){0};
	return 0;
}

int box_list_of_store(struct store *s, struct box_list *out, struct err *e)
{
	int r = store_open(s, e);

	return r < 0 ? r : box_list_load(s, out, e);
}

int box_list_open(const struct store *s, struct box_list *l, size_t i, struct err *e)
{
	int r;

	if (i > 0)
		box_park(&l->v[i - 1]);
	r = box_open(s, &l->v[i], e);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? err_add(e, "box '%s'", l->v[i].name) : 1;
}

static int not_recorded(const struct box *b, struct err *e)
{
	return err_set(e, EBUSY,
		       "box '%s' is running or starting, and its process is not recorded: try "
		       "again, or end by hand who holds its lock",
		       b->name);
}

/*
 * pid 1 of a box; 0 if it is not running. The lock is held for a moment before pid 1 is known: a
 * start is in progress, or was killed and ends by itself.
 */
static int find_pid(const struct box *b, pid_t *ret, struct err *e)
{
	bool running;

	for (int waited = 0; waited < RECORD_MS; waited += 10) {
		pid_t pid = box_pid(b);

		if (!pid && box_find_running(b, &running, e) < 0)
			return -e->code;
		if (pid || !running) {
			*ret = pid;
			return 0;
		}
		usleep(10 * 1000);
	}
	return not_recorded(b, e);
}

/*
 * True if pid 1 accepted it: it closes the connection as it ends. Another version closes it at
 * once.
 */
static bool ask_to_end(const struct box *b, int pidfd, long ms)
{
	cleanup_close int connection = -1;
	struct pollfd closed = {.events = POLLIN};
	struct err ignored;

	if (box_connect(b, &connection) < 0 || client_stop(connection, ms, &ignored) < 0)
		return false;
	closed.fd = connection;
	return poll(&closed, 1, (int)ms + BOX_TEARDOWN_MS) == 0 ||
	       proc_wait_pidfd(pidfd, CLOSED_MS);
}

int box_stop(const struct box *b, long ms, struct err *e)
{
	cleanup_close int pidfd = -1;
	bool asked;
	pid_t pid = 0;
	int r = find_pid(b, &pid, e);

	if (r < 0 || !pid)
		return r;
	pidfd = proc_pidfd(pid);
	if (pidfd == -ESRCH)
		return 0;
	if (pidfd < 0)
		return err_sys(e, -pidfd, "cannot stop box '%s': its process %d", b->name, pid);
	/* The pid may have been reused meanwhile. */
	if (box_pid(b) != pid)
		return proc_wait_pidfd(pidfd, 0) || !box_is_running(b) ? 0 : not_recorded(b, e);
	asked = ask_to_end(b, pidfd, ms);
	if (asked && proc_wait_pidfd(pidfd, 0))
		return 0;
	/* Its socket may be gone with its runtime directory; a signal means the same. */
	if (!asked && ms > 0 && pidfd_send_signal(pidfd, SIGTERM, NULL, 0) == 0 &&
	    proc_wait_pidfd(pidfd, (int)ms + BOX_TEARDOWN_MS))
		return 0;
	/* It does not react: stopped by a debugger, or out of memory. */
	pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	if (!proc_wait_pidfd(pidfd, BOX_TEARDOWN_MS))
		return err_set(e, EBUSY, "box '%s' does not end: process %d is stuck in the kernel",
			       b->name, pid);
	return 0;
}

int box_out_of_reach(const struct box *b, struct err *e)
{
	return err_set(
		e, ENOLINK,
		"box '%s' runs as process %d, and its control socket is gone with the runtime "
		"directory it was in: 'sandbox stop %s' ends it",
		b->name, box_pid(b), b->name);
}

int box_not_running(const struct box *b, struct err *e)
{
	return err_set(e, ESRCH, "box '%s' is not running: 'sandbox enter' starts it", b->name);
}

int box_check_version(const struct box *b, struct err *e)
{
	cleanup_close int connection = -1;
	pid_t pid = box_pid(b);
	cleanup_close int pidfd = pid ? proc_pidfd(pid) : -1;

	if (pidfd < 0 || proc_wait_pidfd(pidfd, CLOSED_MS))
		return 0;
	/* One that is ending, however long that takes on a busy machine, accepts no more. */
	if (box_connect(b, &connection) < 0)
		return 0;
	return err_set(e, EPROTO,
		       "box '%s' was started by another version of sandbox: 'sandbox stop %s' "
		       "first, and the next start is of this one",
		       b->name, b->name);
}

int box_no_answer(const struct box *b, struct err *e)
{
	int r = box_check_version(b, e);

	return r < 0 ? r : box_not_running(b, e);
}

bool box_end_idle(const struct box *b, long ms)
{
	struct box_process *v = NULL;
	struct err ignored;
	size_t n = 0;

	if (box_is_running(b) && box_processes(b, &v, &n, &ignored) == 0 && n == 0)
		box_stop(b, ms, &ignored);
	box_processes_free(v, n);
	return !box_is_running(b);
}

bool box_wait_ended(const struct box *b, int ms)
{
	for (int waited = 0; box_is_running(b) && waited < ms; waited += 10)
		usleep(10 * 1000);
	return !box_is_running(b);
}

int box_check_ended(const struct box *b, struct err *e)
{
	box_end_idle(b, 0);
	/* The last process of a session may have kept it from being idle for a moment. */
	if (!box_wait_ended(b, BOX_ENDING_MS))
		box_end_idle(b, 0);
	if (box_is_running(b) || !box_wait_gone(b, BOX_TEARDOWN_MS))
		return err_set(e, EBUSY, "box '%s' is running: 'sandbox stop %s' first", b->name,
			       b->name);
	return 0;
}

/* Does this error of /proc mean that the process has ended? */
static bool has_ended(int r)
{
	return r == -ENOENT || r == -ESRCH;
}

/* The command line of the process. *ret is unchanged if it has ended. */
static int command_of(pid_t pid, char **ret, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/%d/cmdline", pid);
	cleanup_free char *comm_path = xasprintf("/proc/%d/comm", pid);
	cleanup_buf struct buf b = BUF_INIT;
	int r;

	/* A command line that is too long still has a name. */
	if (file_read(AT_FDCWD, path, 1u << 20, &b, e) < 0)
		buf_reset(&b);
	while (b.len && b.data[b.len - 1] == '\0')
		b.len--;
	for (size_t i = 0; i < b.len; i++)
		if (b.data[i] == '\0')
			b.data[i] = ' ';
	if (b.len) {
		*ret = buf_detach(&b);
		return 0;
	}
	r = file_read(AT_FDCWD, comm_path, 64, &b, e);
	if (r == 0)
		*ret = xasprintf("[%.*s]", (int)strcspn(b.data, "\n"), b.data);
	return has_ended(r) ? 0 : r;
}

/* A growing stack of processes still to be visited. */
struct pending {
	struct box_process *v;
	size_t n;
};

static void push(struct pending *list, struct box_process p)
{
	list->v = xrealloc(list->v, list->n + 1, sizeof(*list->v));
	list->v[list->n++] = p;
}

/* The children of one thread: the kernel lists them by thread. */
static int push_children(pid_t parent, const char *thread, struct pending *todo, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/%d/task/%s/children", parent, thread);
	cleanup_buf struct buf b = BUF_INIT;
	char *save = NULL;
	int r = file_read(AT_FDCWD, path, CHILDREN_MAX_SIZE, &b, e);

	if (r < 0)
		return has_ended(r) ? 0 : r;
	for (char *word = strtok_r(b.data, " ", &save); word; word = strtok_r(NULL, " ", &save))
		push(todo,
		     (struct box_process){.pid = (pid_t)strtol(word, NULL, 10), .parent = parent});
	return 0;
}

/* The oldest child ends up on top. */
static int push_family(pid_t parent, struct pending *todo, struct err *e)
{
	cleanup_free char *path = xasprintf("/proc/%d/task", parent);
	cleanup_dir struct dir d = {0};
	size_t first = todo->n;
	int r = dir_open(&d, AT_FDCWD, path, e);

	while (r == 0 && (r = dir_next(&d, e)) > 0)
		r = push_children(parent, d.name, todo, e);
	for (size_t last = todo->n; first + 1 < last; first++) {
		struct box_process p = todo->v[first];

		todo->v[first] = todo->v[--last];
		todo->v[last] = p;
	}
	return has_ended(r) ? 0 : r;
}

/* The supervisor counts as part of pid 1. A process that takes its name only hides itself. */
static bool is_supervisor(pid_t pid)
{
	cleanup_free char *path = xasprintf("/proc/%d/comm", pid);
	cleanup_buf struct buf b = BUF_INIT;
	struct err ignored;

	return file_read(AT_FDCWD, path, 64, &b, &ignored) == 0 &&
	       streq(b.data, IDENTITY_COMM "\n");
}

/* No recursion: the box controls the depth of the tree. */
int box_processes(const struct box *b, struct box_process **ret, size_t *ret_n, struct err *e)
{
	struct pending todo = {0}, found = {0};
	pid_t pid = box_pid(b);
	int r;

	if (!pid)
		return err_set(e, ESRCH, "box '%s' is not running", b->name);
	r = push_family(pid, &todo, e);
	while (r == 0 && todo.n) {
		struct box_process p = todo.v[--todo.n];

		if (p.pid <= 0 || (p.parent == pid && is_supervisor(p.pid)))
			continue;
		r = command_of(p.pid, &p.command, e);
		if (r < 0 || !p.command)
			continue;
		push(&found, p);
		r = push_family(p.pid, &todo, e);
	}
	free(todo.v);
	if (r < 0) {
		box_processes_free(found.v, found.n);
		return err_add(e, "cannot tell what runs in box '%s'", b->name);
	}
	*ret = found.v;
	*ret_n = found.n;
	return 0;
}

void box_processes_free(struct box_process *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].command);
	free(v);
}
