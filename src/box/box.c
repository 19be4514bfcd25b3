/*
 * box.c - the locks of a box, its pid 1, and its removal.
 *
 * Two locks, both flock(2), both released when their holder ends:
 *	the directory itself	held while the box is started or removed (box_lock)
 *	the file `lock`		held by pid 1 while it lives (the lifetime lock); contains its pid
 * A start that finds the lifetime lock free still waits for the old pid 1's pidfd: a process
 * releases its locks before its mounts.
 */
#include "box/box.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/path.h"
#include "base/proc.h"
#include "box/folder.h"
#include "box/service_tie.h"
#include "launch/client.h"
#include "launch/gateway.h"

#define LOCK_MAX_SIZE (96u << 10) /* the pid and notes */

int box_lock(const struct store *s, struct box *b, struct err *e)
{
	cleanup_free char *path = path_join("boxes", b->id);
	cleanup_free char *record = path_join(path, "record");
	cleanup_close int fd = -1;
	int r;

	/* Its directory was replaced by something else, which nobody can start. */
	if (b->damaged && b->dir_fd < 0)
		return 0;
	fd = openat(b->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT)
		return err_sys(e, errno, "cannot open the directory of box '%s'", b->name);
	if (fd >= 0 && (r = file_lock(fd, path, e)) < 0)
		return r;
	/* The same record in the same place means that nothing has changed. */
	if (fd < 0 || !file_has_stamp(s->data_fd, record, &b->record)) {
		if (fd < 0 || !file_is_at(fd, s->data_fd, path))
			return err_set(e, ERR_RETRY, "box '%s' was removed meanwhile", b->name);
		if ((r = record_read_again(s, b, e)) < 0)
			return r;
	}
	/*
	 * The previous holder of the lock may have started the box, and made its runtime directory.
	 */
	r = record_open_runtime(s, b, e);
	if (r == 0)
		b->lock_fd = take_fd(&fd);
	return r;
}

void box_unlock(struct box *b)
{
	close_fd(&b->lock_fd);
}

/* It is not a lock that anybody has taken: nothing, a symlink, a socket, a directory. */
static bool is_no_lock(int r)
{
	return r == -ENOENT || r == -ELOOP || r == -ENXIO || r == -EINVAL;
}

int box_find_running(const struct box *b, bool *ret, struct err *e)
{
	cleanup_close int fd = -1;
	int r = 0;

	if (b->damaged && b->dir_fd < 0) {
		*ret = false;
		return 0;
	}
	fd = openat(b->dir_fd, "lock", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0)
		r = -errno;
	if (r < 0 && r != -EWOULDBLOCK && !(fd < 0 && is_no_lock(r)))
		return err_sys(e, -r, "cannot tell whether box '%s' runs: its lock", b->name);
	*ret = r == -EWOULDBLOCK;
	return 0;
}

bool box_is_running(const struct box *b)
{
	struct err ignored;
	bool yes;

	return box_find_running(b, &yes, &ignored) < 0 || yes;
}

int box_make_lifetime(int dirfd, int *ret_fd, struct err *e)
{
	cleanup_close int fd = openat(dirfd, "lock.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				      0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    renameat(dirfd, "lock.new", dirfd, "lock") < 0)
		return err_sys(e, errno, "cannot make the lock of a new box");
	*ret_fd = take_fd(&fd);
	return 0;
}

static int no_lock(const struct box *b, struct err *e)
{
	cleanup_free char *dir = path_of_fd(b->dir_fd);

	return err_set(e, EINVAL, "the lock of box '%s' is not a regular file: remove '%s/lock'",
		       b->name, dir ? dir : b->id);
}

int box_take_lifetime(const struct box *b, int timeout_ms, int *ret_fd, struct err *e)
{
	/* Opening must not block on what is there, as a FIFO would. */
	const int flags = O_WRONLY | O_CREAT | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	cleanup_close int fd = openat(b->dir_fd, "lock", flags, 0600);

	if (fd < 0 && (errno == ENXIO || errno == EISDIR || errno == ELOOP))
		return no_lock(b, e);
	if (fd < 0)
		return err_sys(e, errno, "cannot open the lock of box '%s'", b->name);
	/* Most holders only check it (box_is_running) and release it at once. */
	for (int waited = 0; !file_trylock(fd); waited++) {
		if (waited >= timeout_ms)
			return err_set(e, EBUSY,
				       "box '%s' is held by a process that is not recorded: it "
				       "has its lock open",
				       b->name);
		usleep(1000);
	}
	if (!file_is_at(fd, b->dir_fd, "lock"))
		return err_set(e, ERR_RETRY, "box '%s' was removed meanwhile", b->name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int box_record_start(const struct store *s, const struct box *b, int lifetime, pid_t pid,
		     const char *notes, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	unsigned long long started;
	struct stat st;
	int r = proc_start_time(pid, &started);

	if (r < 0)
		return err_sys(e, -r, "cannot record the process of box '%s'", b->name);
	buf_addf(&text, "%d %llu", pid, started);
	/* Where the control socket is: a login has another runtime directory than cron. */
	if (!strchr(s->runtime, '\n'))
		buf_addf(&text, " %s/%s", s->runtime, b->id);
	buf_addf(&text, "\n%s", notes);
	/*
	 * Never truncates to nothing: ext4 would then sync the file at its next close by anybody.
	 * What remains of the last start's record meanwhile names a process that has ended.
	 */
	if (fstat(lifetime, &st) < 0 ||
	    (st.st_size > (off_t)text.len && ftruncate(lifetime, (off_t)text.len) < 0) ||
	    pwrite(lifetime, text.data, text.len, 0) != (ssize_t)text.len)
		return err_sys(e, errno, "cannot record the process of box '%s'", b->name);
	return 0;
}

int box_start_notes(const struct box *b, struct buf *out, struct err *e)
{
	cleanup_buf struct buf text = BUF_INIT;
	int r = file_read(b->dir_fd, "lock", LOCK_MAX_SIZE, &text, e);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_add(e, "cannot tell what box '%s' was started with", b->name);
	buf_addstr(out, text.data + strcspn(text.data, "\n"));
	return 0;
}

int box_add_start_notes(const struct box *b, const char *lines, struct err *e)
{
	cleanup_close int fd = openat(b->dir_fd, "lock", O_WRONLY | O_APPEND | O_CLOEXEC);
	size_t len = strlen(lines);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot record it for box '%s'", b->name);
	/* What is longer could not be read again. */
	if ((size_t)st.st_size + len > LOCK_MAX_SIZE)
		return err_set(e, ENOSPC, "cannot record it for box '%s', which has too many",
			       b->name);
	if (write(fd, lines, len) != (ssize_t)len)
		return err_sys(e, errno, "cannot record it for box '%s'", b->name);
	return 0;
}

/* The first line of a record; false: it is not one. Without scanf(3), which is 9 pages of code. */
static bool take_start(const char *text, pid_t *ret_pid, unsigned long long *ret_start)
{
	char *rest, *end;
	long pid = strtol(text, &rest, 10);

	*ret_pid = (pid_t)pid;
	*ret_start = strtoull(rest, &end, 10);
	return pid > 0 && pid <= INT_MAX && end != rest;
}

/*
 * The recorded pid 1 if that same process still lives, else 0. Fails if the record cannot be read.
 */
static int read_pid(const struct box *b, pid_t *ret)
{
	cleanup_buf struct buf text = BUF_INIT;
	unsigned long long start, now;
	struct err ignored;
	pid_t pid;
	int r;

	r = b->damaged && b->dir_fd < 0
		    ? -ENOENT
		    : file_read(b->dir_fd, "lock", LOCK_MAX_SIZE, &text, &ignored);
	if (r < 0 && !is_no_lock(r))
		return r;
	if (r < 0 || !take_start(text.data, &pid, &start)) {
		*ret = 0;
		return 0;
	}
	r = proc_start_time(pid, &now);
	if (r == 0)
		*ret = start && now == start ? pid : 0;
	return r;
}

static pid_t recorded_pid(const struct box *b)
{
	pid_t pid;

	return read_pid(b, &pid) < 0 ? 0 : pid;
}

bool box_is_recorded(const struct box *b)
{
	return recorded_pid(b) != 0;
}

/* The process that listens at the other end, if it is ours; 0 for another user's. */
static pid_t our_peer(int connection)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
			       peer.uid == geteuid()
		       ? peer.pid
		       : 0;
}

/* pid 1 according to the control socket's listener. */
static pid_t listening_pid(const struct box *b)
{
	cleanup_close int connection = -1;
	pid_t pid;

	if (client_connect(b->run_fd, "control", &connection) < 0)
		return 0;
	pid = our_peer(connection);
	return pid && proc_is_init(pid) ? pid : 0;
}

/* A launcher may have been killed before it recorded its pid 1. */
pid_t box_pid(const struct box *b)
{
	pid_t pid = recorded_pid(b);

	return pid || !box_is_running(b) ? pid : listening_pid(b);
}

/* Opens the directory that the record names, if only we can write to it. */
static int open_recorded(const char *path, int *ret_fd)
{
	cleanup_close int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_uid != geteuid() || (st.st_mode & 077))
		return -EACCES;
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * The runtime directory in a running box's record; NULL if there is none or the box is not running.
 */
static char *recorded_runtime(const struct box *b)
{
	cleanup_buf struct buf text = BUF_INIT;
	struct err ignored;
	char *path;

	/* The lock first: most boxes have ended when they are started, and this needs no /proc. */
	if (!box_is_running(b) || !recorded_pid(b) ||
	    file_read(b->dir_fd, "lock", LOCK_MAX_SIZE, &text, &ignored) < 0)
		return NULL;
	text.data[strcspn(text.data, "\n")] = '\0';
	path = strchr(text.data, '/');
	return xstrdup(path);
}

char *box_control(const struct store *s, const struct box *b)
{
	cleanup_free char *recorded = recorded_runtime(b);

	return recorded ? path_join(recorded, "control")
			: xasprintf("%s/%s/control", s->runtime, b->id);
}

/* If it cannot be reached there, only a signal can; a box that is ending refuses. */
static int connect_recorded(const char *path, int *ret_fd)
{
	cleanup_close int dir = -1, connection = -1;
	int r = open_recorded(path, &dir);

	if (r == 0)
		r = client_connect(dir, "control", &connection);
	if (r == 0 && !our_peer(connection))
		r = -EACCES;
	if (r < 0)
		return r == -ECONNREFUSED ? r : -ENOLINK;
	*ret_fd = take_fd(&connection);
	return 0;
}

int box_connect(const struct box *b, int *ret_fd)
{
	int r = client_connect(b->run_fd, "control", ret_fd);
	cleanup_free char *path = r < 0 ? recorded_runtime(b) : NULL;

	if (!path)
		return r;
	r = connect_recorded(path, ret_fd);
	/* It may have ended meanwhile. */
	return r == -ENOLINK && !recorded_pid(b) ? -ENOENT : r;
}

bool box_wait_gone(const struct box *b, int timeout_ms)
{
	cleanup_close int pidfd = -1;
	pid_t pid, again;

	if (read_pid(b, &pid) < 0)
		return false;
	pidfd = pid ? proc_pidfd(pid) : -ESRCH;
	if (pidfd < 0)
		return pidfd == -ESRCH;
	/* The pid may have been reused between the check and pidfd_open(): check again. */
	return (read_pid(b, &again) == 0 && again != pid) || proc_wait_pidfd(pidfd, timeout_ms);
}

static const char *index_of(const struct box *b)
{
	return b->trial ? STORE_TRIALS : STORE_PROJECTS;
}

void box_forget_folder(const struct store *s, const struct box *b, const char *dir, const char *id)
{
	cleanup_free char *key = id ? folder_key(id) : NULL;

	if (key)
		store_index_clear(s, index_of(b), key, b->id);
	if (dir)
		store_index_clear(s, index_of(b), store_key(dir).hex, b->id);
}

static void move_file(const struct store *s, const char *begin, const struct store_key *from,
		      const struct store_key *to)
{
	cleanup_free char *old = xasprintf("%s%s", begin, from->hex);
	cleanup_free char *new = xasprintf("%s%s", begin, to->hex);

	if (renameat2(s->runtime_fd, old, s->runtime_fd, new, RENAME_NOREPLACE) < 0)
		unlinkat(s->runtime_fd, old, 0);
}

void box_move_journal(const struct store *s, const char *from, const char *to)
{
	const struct store_key old = store_key(from), new = store_key(to);

	move_file(s, GATEWAY_JOURNAL, &old, &new);
	move_file(s, GATEWAY_REFUSALS, &old, &new);
}

/*
 * What the network of a project reached and was refused, unless the project has another box. Before
 * the box is gone: nothing else knows these files.
 */
static int forget_journal(const struct store *s, const struct box *b, const char *project,
			  struct err *e)
{
	static const char *const kinds[] = {GATEWAY_JOURNAL, GATEWAY_REFUSALS};
	char other[BOX_ID_LEN + 1];
	struct store_key key;
	int r;

	if (!project)
		return 0;
	key = store_key(project);
	r = store_lookup(s, STORE_PROJECTS, key.hex, other);
	if (r < 0 && r != -ENOENT)
		return err_sys(e, -r, "cannot read '%s/" STORE_PROJECTS "/%s'", s->data, key.hex);
	if (r == 0 && !streq(other, b->id))
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		cleanup_free char *name = xasprintf("%s%s", kinds[i], key.hex);

		if (unlinkat(s->runtime_fd, name, 0) < 0 && errno != ENOENT)
			return err_sys(e, errno, "cannot remove '%s/%s'", s->runtime, name);
	}
	return 0;
}

int box_remove(const struct store *s, struct box *b, struct err *e)
{
	cleanup_service_tie struct service_tie tie = {0};
	struct err ignored;
	int r;

	if (b->service)
		service_tie_read(b->dir_fd, &tie, &ignored);
	r = forget_journal(s, b, box_belongs_to(b), e);
	if (r == 0)
		r = forget_journal(s, b, b->moved_from, e);
	if (r == 0)
		r = store_hide_box(s, b->id, e);
	if (r < 0)
		return r;
	store_remove_runtime(s, b->id);
	/* An entry that a crash leaves here is dropped by the next command that wants it. */
	if (b->damaged) {
		store_index_drop(s, STORE_NAMES, b->id);
		store_index_drop(s, STORE_PROJECTS, b->id);
		store_index_drop(s, STORE_TRIALS, b->id);
	} else if (b->name) {
		store_index_clear(s, STORE_NAMES, b->name, b->id);
	}
	box_forget_folder(s, b, b->project, b->folder);
	box_forget_folder(s, b, b->moved_from, NULL);
	if (tie.mark)
		store_index_clear(s, STORE_PROJECTS, service_tie_key(tie.mark, tie.name).hex,
				  b->id);
	return store_delete_hidden(s, b->id, e);
}
