/*
 * serve.c - pid 1's loop: accept, start sessions, reap, pass signals on, linger, stop.
 *
 * One poll(2) loop, nothing that blocks. States of a connection:
 *
 *	ASKING	  pid == 0			waits for SESSION or STOP
 *	RUNNING	  pid > 0			SIGNAL is passed on; the end of the connection -> ABANDONED
 *	DETACHED  pid > 0, fd == -1		nobody waits for it
 *	ABANDONED pid > 0, fd == -1		SIGHUP was sent; SIGKILL follows after ABANDON_MS
 *	gone	  the process was reaped	EXIT was sent, the entry is freed
 */
#include "launch/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define MAX_CONNECTIONS 1024 /* more wait in the backlog: a box cannot make pid 1 grow for ever */
#define ABANDON_MS	1000 /* between SIGHUP and SIGKILL of a session whose client has gone */
#define STOP_MS		10000
#define DEAF_MS		100 /* pause when accept(2) fails: code inside may lower our limits */

enum { POLLED_SIGNALS, POLLED_CONTROL, POLLED_SUDO, POLLED_FIXED };

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static struct connection *add_connection(struct server *srv, int fd, bool sudo)
{
	if (srv->n == srv->cap) {
		srv->cap = srv->cap ? srv->cap * 2 : 4;
		srv->connections = xrealloc(srv->connections, srv->cap, sizeof(*srv->connections));
		srv->polled = xrealloc(srv->polled, POLLED_FIXED + srv->cap, sizeof(*srv->polled));
	}
	srv->connections[srv->n] = (struct connection){.fd = fd, .sudo = sudo};
	return &srv->connections[srv->n++];
}

static void remove_connection(struct server *srv, struct connection *c)
{
	close_fd(&c->fd);
	*c = srv->connections[--srv->n];
}

/* Only the user the box belongs to: box-root's uid 0 here, inside and outside. */
static bool peer_is_us(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == 0;
}

static void accept_one(struct server *srv, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		srv->deaf_until = now_ms() + DEAF_MS;
		return;
	}
	if (peer_is_us(fd))
		add_connection(srv, fd, listener == srv->sudo_fd);
	else
		close(fd);
}

static void answer_error(struct connection *c, int errnum, const char *what)
{
	struct message m = {.type = MESSAGE_ERROR};

	err_sys(&m.error, errnum, "%s", what);
	message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
}

/* A pty of the box's own devpts, opened through pid 1's descriptor of it, not by name. */
static int open_master(const struct server *srv, const struct message *m)
{
	int zero = 0, fd = openat(srv->pts, "ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TIOCSPTLCK, &zero) < 0) {
		close(fd);
		return -errno;
	}
	ioctl(fd, TIOCSWINSZ, &m->session.size);
	return fd;
}

static void close_session(struct session *s)
{
	close_fd(&s->payload);
	close_fd(&s->report);
	for (int i = 0; i < 3; i++)
		close_fd(&s->stdio[i]);
	close_fd(&s->master);
}

/* Sorts the descriptors of a SESSION into their places; false when their number is wrong. */
static bool take_session(const struct message *m, const int *fds, int n_fds, struct session *ret)
{
	int next = 2;

	*ret = (struct session){
		.flags = m->session.flags,
		.terminals = m->session.terminals & 7,
		.payload = fds[0],
		.report = fds[1],
		.stdio = {-1, -1, -1},
		.master = -1,
	};
	for (int i = 0; i < 3; i++)
		if (!(ret->terminals >> i & 1))
			ret->stdio[i] = next < PROTOCOL_MAX_FDS ? fds[next++] : -1;
	return n_fds >= 2 && n_fds == next;
}

static void start_session(struct server *srv, struct connection *c, const struct message *m,
			  const int *fds, int n_fds)
{
	struct message accepted = {.type = MESSAGE_ACCEPTED};
	__attribute__((cleanup(close_session))) struct session s;
	pid_t pid;

	if (!take_session(m, fds, n_fds, &s)) {
		answer_error(c, EPROTO, "cannot start a session");
		return;
	}
	s.connection = c->fd;
	if (c->sudo)
		s.flags |= SESSION_ROOT;
	if (s.terminals && (s.master = open_master(srv, m)) < 0) {
		answer_error(c, -s.master, "cannot open a terminal in the box");
		return;
	}
	if (message_send(c->fd, &accepted, &s.master, s.master >= 0, MSG_DONTWAIT) < 0)
		return;
	pid = session_start(&srv->policy, &s);
	if (pid < 0) {
		answer_error(c, -pid, "cannot start a process in the box");
		return;
	}
	c->pid = pid;
	c->detached = s.flags & SESSION_DETACHED;
}

static void stop(struct server *srv, long ms)
{
	if (!srv->stop_at)
		srv->stop_at = now_ms() + ms;
	/* Interactive shells ignore SIGTERM and end on SIGHUP; stopped jobs must run to end. */
	kill(-1, SIGTERM);
	kill(-1, SIGHUP);
	kill(-1, SIGCONT);
}

/* The client has gone, and only its session goes with it, unless that was to outlive it. */
static void abandon(struct server *srv, struct connection *c)
{
	close_fd(&c->fd);
	if (c->pid == 0) {
		remove_connection(srv, c);
		return;
	}
	if (c->detached)
		return;
	c->abandoned = true;
	c->kill_at = now_ms() + ABANDON_MS;
	kill(-c->pid, SIGHUP);
	kill(-c->pid, SIGCONT);
}

static void read_connection(struct server *srv, struct connection *c)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	struct message m;
	int r = message_receive(c->fd, &m, fds, &n_fds, MSG_DONTWAIT);

	if (r == -EAGAIN)
		return;
	if (r == 1 && m.type == MESSAGE_SESSION && c->pid == 0) {
		start_session(srv, c, &m, fds, n_fds);
		if (c->pid == 0)
			remove_connection(srv, c);
		return;
	}
	for (int i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	if (r == 1 && m.type == MESSAGE_SIGNAL && c->pid > 0 && m.value > 0 && m.value < NSIG)
		kill(-c->pid, m.value);
	else if (r == 1 && m.type == MESSAGE_STOP && !c->sudo)
		stop(srv, m.value);
	else
		abandon(srv, c);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void session_ended(struct server *srv, pid_t pid, int status)
{
	struct message m = {.type = MESSAGE_EXIT, .value = exit_status(status)};

	for (size_t i = 0; i < srv->n; i++) {
		struct connection *c = &srv->connections[i];

		if (c->pid != pid)
			continue;
		if (c->fd >= 0)
			message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
		remove_connection(srv, c);
		srv->idle_since = now_ms();
		return;
	}
}

static void reap(struct server *srv)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		session_ended(srv, pid, status);
}

static void read_signals(struct server *srv)
{
	struct signalfd_siginfo info;

	if (read(srv->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(srv);
	else
		stop(srv, STOP_MS);
}

static size_t count_sessions(const struct server *srv)
{
	size_t n = 0;

	for (size_t i = 0; i < srv->n; i++)
		n += srv->connections[i].pid > 0;
	return n;
}

/* Somebody outside is about to ask for a session. Connections from inside hold no box up. */
static bool client_waiting(const struct server *srv)
{
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid == 0 && !srv->connections[i].sudo)
			return true;
	return false;
}

static void sooner(long long *best, long long when, long long now)
{
	long long left = when > now ? when - now : 0;

	if (*best < 0 || left < *best)
		*best = left;
}

/*
 * What is due now is done; returns false when the box is to end, else the time until something
 * is due next in *ret_timeout (ms, -1: nothing).
 */
static bool run_timers(struct server *srv, long long *ret_timeout)
{
	bool idle = count_sessions(srv) == 0;
	long long now = now_ms(), timeout = -1;

	for (size_t i = 0; i < srv->n; i++) {
		struct connection *c = &srv->connections[i];

		if (!c->abandoned)
			continue;
		if (c->kill_at <= now)
			kill(-c->pid, SIGKILL);
		sooner(&timeout, c->kill_at > now ? c->kill_at : now + ABANDON_MS, now);
	}
	if (srv->stop_at && (idle || srv->stop_at <= now))
		return false;
	if (srv->deaf_until > now)
		sooner(&timeout, srv->deaf_until, now);
	if (srv->stop_at)
		sooner(&timeout, srv->stop_at, now);
	if (idle && !client_waiting(srv) && srv->linger_ms >= 0) {
		if (srv->idle_since + srv->linger_ms <= now)
			return false;
		sooner(&timeout, srv->idle_since + srv->linger_ms, now);
	}
	*ret_timeout = timeout;
	return true;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void serve_once(struct server *srv, int timeout)
{
	struct pollfd *p = srv->polled;
	size_t n = srv->n;
	bool deaf = n >= MAX_CONNECTIONS || srv->stop_at || srv->deaf_until > now_ms();

	p[POLLED_SIGNALS] = (struct pollfd){.fd = srv->signal_fd, .events = POLLIN};
	p[POLLED_CONTROL] = (struct pollfd){.fd = deaf ? -1 : srv->control_fd, .events = POLLIN};
	p[POLLED_SUDO] = (struct pollfd){.fd = deaf ? -1 : srv->sudo_fd, .events = POLLIN};
	for (size_t i = 0; i < n; i++)
		p[POLLED_FIXED + i] = (struct pollfd){.fd = srv->connections[i].fd,
						      .events = POLLIN};
	if (poll(p, POLLED_FIXED + n, timeout) <= 0)
		return;
	/* From the back: removing an entry moves the last one, seen already, into its place. */
	for (size_t i = n; i-- > 0;)
		if (p[POLLED_FIXED + i].revents)
			read_connection(srv, &srv->connections[i]);
	if (p[POLLED_SIGNALS].revents)
		read_signals(srv);
	if (p[POLLED_CONTROL].revents)
		accept_one(srv, srv->control_fd);
	if (p[POLLED_SUDO].revents)
		accept_one(srv, srv->sudo_fd);
}

/* What is left when the box is stopped by force still gets its status told. */
static void kill_rest(struct server *srv)
{
	kill(-1, SIGKILL);
	while (count_sessions(srv) > 0) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0)
			return;
		session_ended(srv, pid, status);
	}
}

void server_run(struct server *srv, int boot)
{
	long long timeout = -1;

	srv->signal_fd = open_signals();
	srv->idle_since = now_ms();
	add_connection(srv, boot, false);
	read_connection(srv, &srv->connections[0]);
	while (run_timers(srv, &timeout))
		serve_once(srv, (int)timeout);
	if (count_sessions(srv) > 0)
		kill_rest(srv);
}
