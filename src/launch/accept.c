/*
 * accept.c - who may ask pid 1, and what becomes of a request.
 *
 * Sudo's requests come from inside, with descriptors that may do anything: even closing one can
 * take as long as its sender likes. So pid 1 only accepts them; a forked copy of its loop reads the
 * one request, starts the session and sees it through.
 */
#include "launch/accept.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/identity_start.h"
#include "launch/seccomp.h"

#define DEAF_MS 100 /* pause when accept(2) fails: code inside may have used up what it takes */

void server_add(struct server *srv, int fd)
{
	if (srv->n == srv->cap) {
		srv->cap = srv->cap ? srv->cap * 2 : 4;
		srv->connections = xrealloc(srv->connections, srv->cap, sizeof(*srv->connections));
		srv->polled = xrealloc(srv->polled, POLLED_FIXED + srv->cap, sizeof(*srv->polled));
	}
	srv->connections[srv->n++] = (struct connection){.fd = fd};
}

/* Only the user the box belongs to: box-root's uid 0 here, inside and outside. */
static bool peer_is_us(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == 0;
}

static void close_session(struct session *s)
{
	close_fd(&s->payload);
	close_fd(&s->report);
	close_fd(&s->tools);
	for (int i = 0; i < 3; i++)
		close_fd(&s->stdio[i]);
	for (int i = 0; i < PROTOCOL_MAX_MORE; i++)
		close_fd(&s->more[i]);
	close_fd(&s->master);
}

/* Closes all that a copy of pid 1 has of others. */
static void forget_others(struct server *srv)
{
	for (size_t i = 0; i < srv->n; i++)
		close_fd(&srv->connections[i].fd);
	close_fd(&srv->control_fd);
	close_fd(&srv->sudo_fd);
	close_fd(&srv->signal_fd);
	identity_forget(srv);
	if (srv->has_at_exit)
		close_session(&srv->at_exit);
}

static void serve_sudo(struct server *pid1, int fd)
{
	struct server srv = {.control_fd = -1,
			     .sudo_fd = -1,
			     .pts = pid1->pts,
			     .policy = pid1->policy,
			     .held.socket = -1,
			     .for_sudo = true};
	size_t slot = 0;
	pid_t pid;

	identity_prepare(pid1);
	srv.policy.identity = pid1->policy.identity;
	pid = fork();
	if (pid == 0) {
		forget_others(pid1);
		proc_set_title("sandbox: sudo");
		server_run(&srv, fd);
		_exit(0);
	}
	identity_start(pid1);
	if (pid < 0)
		return;
	while (pid1->sudo_servers[slot])
		slot++;
	pid1->sudo_servers[slot] = pid;
	pid1->n_sudo++;
}

void server_accept(struct server *srv, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		srv->deaf_until = server_now_ms() + DEAF_MS;
		return;
	}
	if (peer_is_us(fd) && listener == srv->control_fd) {
		server_add(srv, fd);
		return;
	}
	if (peer_is_us(fd))
		serve_sudo(srv, fd);
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

/*
 * Sorts the descriptors of a SESSION into their places; false, with none taken, when their number is
 * wrong. What sudo asks for is root's, and ends with the one who asked.
 */
static bool take_session(const struct server *srv, const struct message *m, const int *fds,
			 int n_fds, struct session *ret)
{
	int next = 0, n_more = 0;

	*ret = SESSION_INIT;
	ret->flags = m->session.flags;
	ret->terminals = m->session.terminals & 7;
	if (srv->for_sudo)
		ret->flags = (ret->flags | SESSION_ROOT) & ~(SESSION_DETACHED | SESSION_AT_EXIT);
	while (n_more < PROTOCOL_MAX_MORE && m->session.more[n_more] > 2)
		n_more++;
	if (n_fds !=
	    2 + !!(ret->flags & SESSION_TOOLS) + 3 - __builtin_popcount(ret->terminals) + n_more)
		return false;
	ret->payload = fds[next++];
	ret->report = fds[next++];
	if (ret->flags & SESSION_TOOLS)
		ret->tools = fds[next++];
	for (int i = 0; i < 3; i++)
		if (!(ret->terminals >> i & 1))
			ret->stdio[i] = fds[next++];
	for (int i = 0; i < n_more; i++) {
		ret->more[i] = fds[next++];
		ret->more_at[i] = m->session.more[i];
	}
	return true;
}

/* A root of tools is for you alone, who came from outside: sudo's requests are all root's. */
static bool may_have_tools(const struct session *s)
{
	return !(s->flags & SESSION_TOOLS) ||
	       !(s->flags & (SESSION_ROOT | SESSION_DETACHED | SESSION_AT_EXIT));
}

/* Its client need not wait: that it is kept is all there is to say. What it says goes nowhere. */
static void keep_at_exit(struct server *srv, struct connection *c, struct session *s)
{
	struct message accepted = {.type = MESSAGE_ACCEPTED};
	struct message kept = {.type = MESSAGE_EXIT, .value = 0};

	if (srv->has_at_exit)
		close_session(&srv->at_exit);
	close_fd(&s->report);
	srv->at_exit = *s;
	srv->at_exit.connection = -1;
	srv->at_exit.report = fcntl(s->stdio[0], F_DUPFD_CLOEXEC, 0);
	srv->has_at_exit = true;
	*s = SESSION_INIT;
	message_send(c->fd, &accepted, NULL, 0, MSG_DONTWAIT);
	message_send(c->fd, &kept, NULL, 0, MSG_DONTWAIT);
}

static pid_t start(struct server *srv, const struct session *s)
{
	bool asks = s->flags & SESSION_ROOT || srv->policy.seccomp_flags & SECCOMP_RENAMES;
	pid_t pid;

	if (asks || srv->policy.seccomp_flags & SECCOMP_MODES)
		identity_prepare(srv);
	pid = session_start(&srv->policy, s);
	if (asks)
		identity_start(srv);
	return pid;
}

bool server_start_at_exit(struct server *srv)
{
	pid_t pid;

	if (!srv->has_at_exit)
		return false;
	srv->has_at_exit = false;
	pid = start(srv, &srv->at_exit);
	close_session(&srv->at_exit);
	if (pid < 0)
		return false;
	server_add(srv, -1);
	srv->connections[srv->n - 1].pid = pid;
	srv->connections[srv->n - 1].detached = true;
	return true;
}

void server_start_session(struct server *srv, struct connection *c, const struct message *m,
			  const int *fds, int n_fds)
{
	struct message accepted = {.type = MESSAGE_ACCEPTED};
	__attribute__((cleanup(close_session))) struct session s;
	pid_t pid;
	int r;

	if (!take_session(srv, m, fds, n_fds, &s)) {
		for (int i = 0; i < n_fds; i++)
			close(fds[i]);
		answer_error(c, EPROTO, "cannot start a session");
		return;
	}
	if (!may_have_tools(&s)) {
		answer_error(c, EPERM, "cannot start a session with tools");
		return;
	}
	s.connection = c->fd;
	if (s.flags & SESSION_AT_EXIT && !s.terminals) {
		keep_at_exit(srv, c, &s);
		return;
	}
	if (s.terminals && (s.master = open_master(srv, m)) < 0) {
		answer_error(c, -s.master, "cannot open a terminal in the box");
		return;
	}
	r = message_send(c->fd, &accepted, &s.master, s.master >= 0, MSG_DONTWAIT);
	if (r < 0) {
		answer_error(c, -r, "cannot hand over the session");
		return;
	}
	srv->used = true;
	pid = start(srv, &s);
	if (pid < 0) {
		answer_error(c, -pid, "cannot start a process in the box");
		return;
	}
	c->pid = pid;
	c->detached = s.flags & SESSION_DETACHED;
	c->terminal = s.terminals != 0;
}
