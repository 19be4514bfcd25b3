/*
 * narrow.c - passing the caller's files to a session with no more access than they were opened
 * with.
 *
 * A process can reopen a descriptor's file through /proc/self/fd with every right of its uid: one
 * opened for reading can become writable, one for appending can truncate. A box has your uid, so
 *
 *	< file	   is reopened on a mount of its own, which is read-only and holds nothing else
 *	> file,	   is a pipe, from which the client writes to the file, in the order written;
 *	>> file	   a process of ours takes over when the session has ended and something in
 *		   the box can still write
 *	<> file	   passes: there is no more to gain
 *
 * If no such mount can be made (a deleted file, a device, a named pipe), reading too uses a pipe
 * and a process of ours; so does writing to something that may block. Pipes, sockets and /dev/null
 * and kin pass as they are. Directories and path-only descriptors (O_PATH) are refused: everything
 * around them could be reached.
 */
#include "launch/narrow.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/helper.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/mount.h"

#define MEMORY_MAJOR \
	1 /* null, zero, full, random and urandom: Documentation/admin-guide/devices.txt */
#define PUMP_BUFFER  65536 /* the capacity of a pipe */
#define CARRY_ROUNDS 16	   /* the most to read at the end, in pipe capacities */
#define END_MS	     500   /* for the last output, if something in the box can still write */

/* What a process could gain by reopening it. */
enum kind { PASSES, READS, WRITES, REFUSED };

static bool is_harmless_device(const struct stat *st)
{
	unsigned no = minor(st->st_rdev);

	return S_ISCHR(st->st_mode) && major(st->st_rdev) == MEMORY_MAJOR &&
	       (no == 3 || no == 5 || (no >= 7 && no <= 9));
}

static bool is_nameless_pipe(int fd, const struct stat *st)
{
	struct statfs fs;

	return S_ISFIFO(st->st_mode) && fstatfs(fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

static enum kind kind_of(int fd, const struct stat *st)
{
	int flags = fcntl(fd, F_GETFL), mode = flags & O_ACCMODE;

	if (flags < 0 || flags & O_PATH || S_ISDIR(st->st_mode))
		return REFUSED;
	if (S_ISSOCK(st->st_mode) || is_harmless_device(st) || is_nameless_pipe(fd, st) ||
	    !(st->st_mode & S_IFMT)) /* eventfd and kin have no file type */
		return PASSES;
	if (mode == O_RDONLY)
		return READS;
	if (mode == O_WRONLY)
		return WRITES;
	return !(flags & O_APPEND) ? PASSES : fd == 0 ? READS : WRITES;
}

struct reopening {
	const char *path;
	const struct stat *is;
	int fd; /* as opened; -1 if not */
};

/* Runs in a helper with its own namespaces. The path may name another file since. */
static int reopen_alone(void *arg, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	cleanup_close int found = -1, tree = -1;
	struct reopening *r = arg;
	struct stat st;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return err_sys(e, errno, "cannot make namespaces");
	found = open(r->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (found < 0 || fstat(found, &st) < 0 || st.st_dev != r->is->st_dev ||
	    st.st_ino != r->is->st_ino)
		return err_set(e, ENOENT, "'%s' is another file", r->path);
	tree = open_tree(found, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_sys(e, errno, "cannot mount '%s' alone", r->path);
	r->fd = open(fd_path(tree).s, O_RDONLY | O_CLOEXEC);
	return r->fd < 0 ? err_sys(e, errno, "cannot open '%s'", r->path) : 0;
}

/* -1 if impossible. */
static int open_alone(int fd, const struct stat *st)
{
	struct reopening r = {.is = st, .fd = -1};
	char path[PATH_MAX];
	ssize_t len = readlink(fd_path(fd).s, path, sizeof(path) - 1);
	struct err ignored;
	off_t at;

	if (len <= 0 || !S_ISREG(st->st_mode) || (at = lseek(fd, 0, SEEK_CUR)) < 0)
		return -1;
	path[len] = '\0';
	r.path = path;
	if (helper_run(reopen_alone, &r, &ignored) < 0 || lseek(r.fd, at, SEEK_SET) != at)
		close_fd(&r.fd);
	return r.fd;
}

/* Some devices are opened non-blocking. */
static ssize_t read_some(int fd, char *buffer)
{
	ssize_t n;

	while ((n = read(fd, buffer, PUMP_BUFFER)) < 0 && (errno == EINTR || errno == EAGAIN))
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
	return n;
}

/*
 * Its exit status is an errno. It outlives the client while the box still writes, and ignores
 * signals.
 */
static noreturn void pump(int from, int to)
{
	static char buffer[PUMP_BUFFER];
	int keep[] = {from, to}, r = 0;
	sigset_t all;
	ssize_t n;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	proc_set_title("sandbox: carries a session's input or output");
	proc_close_others(keep, ARRAY_SIZE(keep));
	while (r == 0 && (n = read_some(from, buffer)) > 0)
		r = write_all(to, buffer, (size_t)n);
	_exit(r < 0 && r != -EPIPE ? -r : 0);
}

static int start_pump(struct narrow_file *f, bool reads, struct err *e)
{
	cleanup_close int in = -1, out = -1;
	int pipefd[2];

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe for descriptor %d", f->from);
	in = pipefd[0];
	out = pipefd[1];
	f->pump = fork();
	if (f->pump < 0)
		return err_sys(e, errno, "cannot start a process for descriptor %d", f->from);
	if (f->pump == 0)
		pump(reads ? f->from : in, reads ? out : f->from);
	f->fd = reads ? take_fd(&in) : take_fd(&out);
	return 0;
}

static int start_carry(struct narrowed *n, struct narrow_file *f, struct err *e)
{
	int pipefd[2];

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe for descriptor %d", f->from);
	fcntl(pipefd[0], F_SETFL, O_NONBLOCK);
	n->carried.v[n->carried.n++] = (struct carry){.from = pipefd[0], .to = f->from};
	f->fd = pipefd[1];
	f->carries = true;
	return 0;
}

/* Output to one file (2>&1) must keep its order. */
static int find_same(const struct narrowed *n, int fd, const struct stat *st)
{
	struct stat other;

	for (size_t i = 0; i < n->n; i++)
		if ((n->v[i].pump || n->v[i].carries) && fstat(n->v[i].from, &other) == 0 &&
		    other.st_dev == st->st_dev && other.st_ino == st->st_ino &&
		    fcntl(n->v[i].from, F_GETFL) == fcntl(fd, F_GETFL))
			return n->v[i].fd;
	return -1;
}

int narrow_give(struct narrowed *n, int fd, struct err *e)
{
	struct narrow_file f = {.from = fd, .fd = -1, .opened = -1};
	enum kind kind;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return fd; /* a closed descriptor is for the box to complain about */
	kind = kind_of(fd, &st);
	if (kind == REFUSED)
		return err_set(
			e, EISDIR,
			"descriptor %d is a directory, or no more than a path, which would let "
			"the box reach all around it",
			fd);
	if (kind == PASSES)
		return fd;
	r = find_same(n, fd, &st);
	if (r >= 0)
		return r;
	if (n->n == NARROW_MAX)
		return err_set(e, EMFILE, "too many files are given to the box");
	if (kind == READS)
		f.fd = f.opened = open_alone(fd, &st);
	if (f.fd < 0)
		r = kind == WRITES && S_ISREG(st.st_mode) ? start_carry(n, &f, e)
							  : start_pump(&f, kind == READS, e);
	if (f.fd < 0)
		return r;
	n->v[n->n++] = f;
	return f.fd;
}

/* 0, -errno if it failed, or -EAGAIN: it continues without us. */
static int wait_pump(pid_t pid)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	int status = 0;

	for (int ms = 0; ms < END_MS; ms++) {
		pid_t got = waitpid(pid, &status, WNOHANG);

		if (got == pid)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
		if (got < 0)
			return 0;
		nanosleep(&moment, NULL);
	}
	return -EAGAIN;
}

/* Hands over to a process of ours if something in the box still writes. */
static int end_carry(struct carry *c)
{
	size_t rounds = 0;
	int r = 1;
	pid_t pid;

	while (c->from >= 0 && r > 0 && rounds++ < CARRY_ROUNDS)
		r = carry_some(c);
	if (c->from >= 0 && r != 0) {
		pid = fork();
		if (pid == 0)
			pump(c->from, c->to);
		close_fd(&c->from);
	}
	return c->error;
}

int narrow_end(struct narrowed *n, int r, struct err *e)
{
	for (size_t i = 0; i < n->n; i++) {
		struct narrow_file *f = &n->v[i];
		bool writes = f->pump && (fcntl(f->from, F_GETFL) & O_ACCMODE) != O_RDONLY;
		int done;

		if (f->opened >= 0)
			lseek(f->from, lseek(f->opened, 0, SEEK_CUR), SEEK_SET);
		close_fd(&f->fd);
		if (f->carries)
			continue;
		if (f->pump && !writes)
			kill(f->pump, SIGKILL);
		done = f->pump ? wait_pump(f->pump) : 0;
		if (writes && r == 0 && done < 0 && done != -EAGAIN)
			r = err_sys(e, -done,
				    "cannot write what the command wrote to descriptor %d",
				    f->from);
	}
	for (size_t i = 0; i < n->carried.n; i++) {
		struct carry *c = &n->carried.v[i];
		int done = end_carry(c);

		if (r == 0 && done < 0)
			r = err_sys(e, -done,
				    "cannot write what the command wrote to descriptor %d", c->to);
	}
	n->n = n->carried.n = 0;
	return r;
}
