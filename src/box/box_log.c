/*
 * box_log.c - the process that writes a box's log.
 *
 * It holds the pipe, the box's directory and the log, and nothing else of the command that started
 * it: no lock, no terminal. It never stops reading, so that nothing in the box waits longer than
 * one write takes; what cannot be written is dropped. Several processes may write one log: each
 * write holds the lock on the file, and a file that is no longer called `log` is closed.
 */
#include "box/box_log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/rest.h"
#include "base/spawn.h"

#define TEXT_MAX  8192	     /* of a line; a longer one is split */
#define DRAIN_MAX (1u << 20) /* to show at the end, from a writer that never stops */

struct writer {
	const char *source;
	int dir, file, in, control, show;
	size_t len; /* of line */
	struct buf records;
};

static char line[TEXT_MAX]; /* that has not ended; of the writer, which is a process of its own */

static int open_log(int dir)
{
	return openat(dir, BOX_LOG, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Locks the file that is now called `log`. */
static bool lock_log(struct writer *w)
{
	while (w->file >= 0 && flock(w->file, LOCK_EX) == 0) {
		if (file_is_at(w->file, w->dir, BOX_LOG))
			return true;
		close_fd(&w->file);
		/* Not created: it may be gone together with its box. */
		w->file = openat(w->dir, BOX_LOG, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	}
	return false;
}

static void write_records(struct writer *w)
{
	struct stat st;

	if (w->records.len && lock_log(w)) {
		if (fstat(w->file, &st) == 0 && st.st_size + (off_t)w->records.len > BOX_LOG_MAX &&
		    renameat(w->dir, BOX_LOG, w->dir, BOX_LOG_OLDER) == 0) {
			close_fd(&w->file);
			w->file = open_log(w->dir);
			if (w->file >= 0)
				flock(w->file, LOCK_EX);
		}
		if (w->file >= 0) {
			write_all(w->file, w->records.data, w->records.len);
			flock(w->file, LOCK_UN);
		}
	}
	buf_reset(&w->records);
}

static void end_line(struct writer *w)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	buf_addf(&w->records, "%lld %s ", now.tv_sec * 1000LL + now.tv_nsec / 1000000, w->source);
	buf_add(&w->records, line, w->len);
	buf_addch(&w->records, '\n');
	w->len = 0;
}

static void add(struct writer *w, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n')
			line[w->len++] = data[i];
		if (data[i] == '\n' || w->len == sizeof(line))
			end_line(w);
	}
	write_records(w);
}

/* One read; returns what read(2) does. */
static ssize_t copy(struct writer *w)
{
	char data[16384];
	ssize_t n = read(w->in, data, sizeof(data));

	if (n <= 0)
		return n < 0 && errno == EINTR ? 1 : n;
	if (w->show >= 0 && write_all(w->show, data, (size_t)n) < 0)
		close_fd(&w->show);
	add(w, data, (size_t)n);
	return n;
}

/* The command has ended: its output is in the pipe. Later output is not shown. */
static void stop_showing(struct writer *w)
{
	size_t total = 0;
	ssize_t n;

	fcntl(w->in, F_SETFL, O_NONBLOCK);
	while (total < DRAIN_MAX && (n = copy(w)) > 0)
		total += (size_t)n;
	fcntl(w->in, F_SETFL, 0);
	close_fd(&w->show);
	close_fd(&w->control);
}

static noreturn void write_log(struct writer *w)
{
	for (;;) {
		struct pollfd p[] = {{.fd = w->in, .events = POLLIN},
				     {.fd = w->control, .events = POLLIN}};

		if (rest_poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents)
			stop_showing(w);
		else if (p[0].revents && copy(w) <= 0)
			break;
	}
	if (w->len) {
		end_line(w);
		write_records(w);
	}
	_exit(0);
}

/* Runs in the new process. */
static noreturn void be_writer(struct writer *w)
{
	int keep[] = {0, 1, 2, w->dir, w->file, w->in, w->control, w->show};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	for (int fd = 0; fd <= 2; fd++)
		if (null >= 0)
			dup2(null, fd);
	(void)!chdir("/");
	proc_close_others(keep, ARRAY_SIZE(keep));
	proc_set_title("sandbox: log of a box");
	write_log(w);
}

/* Double fork: the caller must not have to wait for it. */
static int start_writer(struct writer *w, struct err *e)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			be_writer(w);
		_exit(pid < 0);
	}
	if (pid < 0 || spawn_wait(pid) != 0)
		return err_sys(e, errno, "cannot start the process that keeps the box's log");
	return 0;
}

int box_log_start(const struct box *b, const char *source, int show, struct box_log *ret,
		  struct err *e)
{
	cleanup_close int in = -1, input = -1, control = -1, theirs = -1, file = -1, shown = -1;
	int pipefd[2], pair[2], r;
	struct writer w = {.source = source, .dir = b->dir_fd, .records = BUF_INIT};

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	in = pipefd[0];
	input = pipefd[1];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a pair of sockets");
	control = pair[0];
	theirs = pair[1];
	file = open_log(b->dir_fd);
	if (file < 0)
		log_warn("cannot open the log of box '%s': %s", b->name, strerror(errno));
	/* Above 0 to 2, which are replaced. */
	shown = show >= 0 ? fcntl(show, F_DUPFD_CLOEXEC, 3) : -1;
	w.in = in;
	w.control = theirs;
	w.file = file;
	w.show = shown;
	r = start_writer(&w, e);
	if (r < 0)
		return r;
	ret->input = take_fd(&input);
	ret->control = take_fd(&control);
	return 0;
}

void box_log_finish(struct box_log *l)
{
	char none;

	close_fd(&l->input);
	if (l->control < 0)
		return;
	shutdown(l->control, SHUT_WR);
	while (read(l->control, &none, 1) > 0 || errno == EINTR)
		errno = 0;
	close_fd(&l->control);
}
