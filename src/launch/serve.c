/*
 * serve.c - pid 1's loop: accept, start sessions, reap, pass signals on, linger, stop.
 *
 * One poll(2) loop in which nothing blocks except the first session's execve (session.h). States of
 * a connection:
 *
 *	ASKING	  pid == 0			waits for SESSION or STOP
 *	RUNNING	  pid > 0			SIGNAL is passed on; connection ends -> ABANDONED
 *	DETACHED  pid > 0, fd == -1		nobody waits for it
 *	ABANDONED pid > 0, fd == -1		SIGHUP was sent; SIGKILL follows after ABANDON_MS
 *	LATE	  pid == 0			asked for a session of a box that ends: not
 *						answered, so that it asks the next box
 *	gone	  the process was reaped	EXIT was sent, the entry is freed
 *
 * The end comes by `stop`, by a signal from outside, or when nobody has come for the linger time:
 * the hook `exit` runs once no session is left, then everything that still runs is asked to end and
 * gets its time.
 *
 * Sudo's requests come from inside, with arbitrary descriptors: even closing one can take as long
 * as its sender likes. So pid 1 only accepts the connection; a forked copy of this loop reads the
 * one request, starts the session and relays it. The copies do not keep a box alive.
 */
#include "launch/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/rest.h"
#include "launch/dev.h"
#include "launch/ending.h"
#include "launch/identity_start.h"
#include "launch/plan.h"
#include "launch/seccomp.h"

#define DEAF_MS		100   /* pause if accept(2) fails: code inside may use up resources */
#define MAX_CONNECTIONS 1024  /* more wait in the backlog */
#define ABANDON_MS	1000  /* between SIGHUP and SIGKILL, for a session whose client has gone */
#define STOP_MS		10000 /* for processes to end when asked; sandbox-stop(1) documents it */
#define EXIT_MS		10000 /* limit for what runs at the box's exit */
#define ASK_MS		5000  /* limit for a connection of sudo to send its request */

/* Times are milliseconds of the monotonic clock. */
static void add_connection(struct server *srv, int fd)
{
	if (srv->n == srv->cap) {
		srv->cap = srv->cap ? srv->cap * 2 : 4;
		srv->connections = xrealloc(srv->connections, srv->cap, sizeof(*srv->connections));
		srv->polled = xrealloc(srv->polled, POLLED_FIXED + srv->cap, sizeof(*srv->polled));
	}
	srv->connections[srv->n++] = (struct connection){.fd = fd};
}

/* Only the user who owns the box: uid 0 here, for box-root inside as for the owner outside. */
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
	close_fd(&s->record);
	for (int i = 0; i < 3; i++)
		close_fd(&s->stdio[i]);
	for (int i = 0; i < PROTOCOL_MAX_MORE; i++)
		close_fd(&s->more[i]);
	close_fd(&s->master);
}

/* Closes everything that a copy of pid 1 has of others. */
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
			     .exit_fd = -1,
			     .for_sudo = true};
	size_t slot = 0;
	pid_t pid;

	identity_prepare(pid1);
	srv.policy.identity = pid1->policy.identity;
	pid = fork();
	if (pid == 0) {
		forget_others(pid1);
		proc_set_title("sandbox: sudo");
		serve_run(&srv, fd);
		_exit(0);
	}
	if (identity_start(pid1) < 0 && pid > 0)
		kill(pid, SIGKILL); /* its session could make no file */
	if (pid < 0)
		return;
	while (pid1->sudo_servers[slot])
		slot++;
	pid1->sudo_servers[slot] = pid;
	pid1->n_sudo++;
}

static void accept_one(struct server *srv, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		srv->deaf_until = clock_ms() + DEAF_MS;
		return;
	}
	if (peer_is_us(fd) && listener == srv->control_fd) {
		add_connection(srv, fd);
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

/*
 * Takes the descriptors of a SESSION; returns false and takes none if their number is wrong. Sudo's
 * requests are forced to be for root and to end with their client.
 */
static bool take_session(const struct server *srv, const struct message *m, const int *fds,
			 int n_fds, struct session *session)
{
	int next = 0, n_more = 0;

	*session = SESSION_INIT;
	session->flags = m->session.flags;
	session->terminals = m->session.terminals & 7;
	if (srv->for_sudo)
		session->flags = (session->flags | SESSION_ROOT) &
				 ~(SESSION_DETACHED | SESSION_AT_EXIT | SESSION_WATCHED);
	while (n_more < PROTOCOL_MAX_MORE && m->session.more[n_more] > 2)
		n_more++;
	if (n_fds != 2 + __builtin_popcount(session->flags & (SESSION_TOOLS | SESSION_WATCHED)) +
			     3 - __builtin_popcount(session->terminals) + n_more)
		return false;
	session->payload = fds[next++];
	session->report = fds[next++];
	if (session->flags & SESSION_TOOLS)
		session->tools = fds[next++];
	if (session->flags & SESSION_WATCHED)
		session->record = fds[next++];
	for (int i = 0; i < 3; i++)
		if (!(session->terminals >> i & 1))
			session->stdio[i] = fds[next++];
	for (int i = 0; i < n_more; i++) {
		session->more[i] = fds[next++];
		session->more_at[i] = m->session.more[i];
	}
	return true;
}

/* A root of tools is only for you, from outside: sudo's requests are all root's. */
static bool may_have_tools(const struct session *s)
{
	return !(s->flags & SESSION_TOOLS) ||
	       !(s->flags & (SESSION_ROOT | SESSION_DETACHED | SESSION_AT_EXIT));
}

/* The client only learns that the request was kept. The output goes nowhere. */
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

/* Returns the pid, or a negative errno. */
static pid_t start_process(struct server *srv, const struct session *s, bool wait)
{
	bool asks = s->flags & SESSION_ROOT || srv->policy.seccomp_flags & SECCOMP_RENAMES;
	pid_t pid;
	int r;

	if (asks || srv->policy.seccomp_flags & SECCOMP_MODES)
		identity_prepare(srv);
	pid = wait ? session_start_waiting(&srv->policy, s) : session_start(&srv->policy, s);
	r = asks ? identity_start(srv) : 0;
	if (r == 0 || pid < 0)
		return pid;
	ending_kill_session(pid); /* it could make no file */
	proc_kill_and_reap(pid);
	return r;
}

static bool start_at_exit(struct server *srv)
{
	pid_t pid;

	if (!srv->has_at_exit)
		return false;
	srv->has_at_exit = false;
	pid = start_process(srv, &srv->at_exit, false);
	close_session(&srv->at_exit);
	if (pid < 0)
		return false;
	add_connection(srv, -1);
	srv->connections[srv->n - 1].pid = pid;
	srv->connections[srv->n - 1].detached = true;
	return true;
}

/*
 * Whether pid 1 can wait for the session's execve: nobody else depends on it yet, and whoever
 * started the box kills it if that takes too long (client.c). Not for a terminal's session, whose
 * leader never executes, nor for root, whose execve may ask the supervisor.
 */
static bool can_wait(const struct server *srv, const struct connection *c, const struct session *s)
{
	return c->main && !srv->used && !srv->for_sudo && !s->terminals &&
	       !(s->flags & (SESSION_ROOT | SESSION_WATCHED));
}

static void start_session(struct server *srv, struct connection *c, const struct message *m,
			  const int *fds, int n_fds)
{
	struct message accepted = {.type = MESSAGE_ACCEPTED};
	__attribute__((cleanup(close_session))) struct session s;
	bool wait;
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
	if (s.terminals && (s.master = dev_open_terminal(srv->pts, &m->session.size)) < 0) {
		answer_error(c, -s.master, "cannot open a terminal in the box");
		return;
	}
	wait = can_wait(srv, c, &s);
	accepted.value = wait ? ACCEPTED_WAITS : 0;
	r = message_send(c->fd, &accepted, &s.master, s.master >= 0, MSG_DONTWAIT);
	if (r < 0) {
		answer_error(c, -r, "cannot hand over the session");
		return;
	}
	pid = start_process(srv, &s, wait);
	srv->used = true;
	if (pid < 0) {
		answer_error(c, -pid, "cannot start a process in the box");
		return;
	}
	c->pid = pid;
	c->detached = s.flags & SESSION_DETACHED;
	c->terminal = s.terminals != 0;
}

static void remove_connection(struct server *srv, struct connection *c)
{
	close_fd(&c->fd);
	*c = srv->connections[--srv->n];
}

static void stop(struct server *srv, long ms)
{
	srv->told = true;
	ending_ask(srv, clock_ms() + ms);
}

static size_t count_sessions(const struct server *srv)
{
	size_t n = 0;

	for (size_t i = 0; i < srv->n; i++)
		n += srv->connections[i].pid > 0;
	return n;
}

static void stop_if_idle(struct server *srv, struct connection *c, long ms)
{
	struct message m = {.type = MESSAGE_ERROR};

	if (srv->stop_at)
		return; /* it already is */
	if (count_sessions(srv) == 0) {
		stop(srv, ms);
		return;
	}
	err_set(&m.error, EBUSY, "somebody is in it");
	message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
	remove_connection(srv, c);
}

/* The client has gone; its session ends with it, unless that is detached. */
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
	c->kill_at = clock_ms() + ABANDON_MS;
	kill(-c->pid, SIGHUP);
	kill(-c->pid, SIGCONT);
}

/* To the box's owner: nothing inside has the right to mount in it. */
static void give_mounts(struct connection *c)
{
	struct message m = {.type = MESSAGE_MOUNTS};
	cleanup_close int fd = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		answer_error(c, errno, "cannot open the box's mount namespace");
	else
		message_send(c->fd, &m, &fd, 1, MSG_DONTWAIT);
}

static void read_connection(struct server *srv, struct connection *c)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	struct message m;
	int r = message_receive(c->fd, &m, fds, &n_fds, MSG_DONTWAIT);

	if (r == -EAGAIN)
		return;
	if (r == 1 && m.type == MESSAGE_SESSION && c->pid == 0 && !srv->stop_at) {
		start_session(srv, c, &m, fds, n_fds);
		if (c->pid == 0)
			remove_connection(srv, c);
		return;
	}
	for (int i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	if (r == 1 && m.type == MESSAGE_SESSION && c->pid == 0)
		c->late = true;
	else if (r == 1 && m.type == MESSAGE_SIGNAL && c->pid > 0 && m.value > 0 && m.value < NSIG)
		kill(-c->pid, m.value);
	else if (r == 1 && m.type == MESSAGE_STOP && !srv->for_sudo)
		stop(srv, m.value);
	else if (r == 1 && m.type == MESSAGE_STOP_IDLE && c->pid == 0 && !srv->for_sudo)
		stop_if_idle(srv, c, m.value);
	else if (r == 1 && m.type == MESSAGE_MOUNTS && c->pid == 0 && !srv->for_sudo)
		give_mounts(c);
	else
		abandon(srv, c);
}

/* Is somebody about to ask for a session? Sudo has a time limit. */
static bool client_waiting(const struct server *srv, long long now)
{
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid == 0)
			return !srv->for_sudo || now < srv->idle_since + ASK_MS;
	return false;
}

/* Did somebody connect while we were busy? */
static bool at_the_door(const struct server *srv)
{
	struct pollfd p = {.fd = srv->control_fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/*
 * Decided before the last client hears that its command has ended: who comes after that starts the
 * box again, with the settings as they are then.
 */
static bool nobody_comes(const struct server *srv)
{
	return srv->linger_ms == 0 && count_sessions(srv) == 1 &&
	       !client_waiting(srv, clock_ms()) && !at_the_door(srv);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? STATUS_OF_SIGNAL(WTERMSIG(status)) : WEXITSTATUS(status);
}

/* A throw-away box ends with its command, unless others use it or something still runs. */
static bool is_last(const struct server *srv, const struct connection *c)
{
	return c->main && srv->linger_ms == 0 && count_sessions(srv) == 1 && ending_empty(srv);
}

/* Whoever watches the box may not be its parent, or come later. */
static void note_exit(struct server *srv, int status)
{
	if (srv->exit_fd >= 0 && lseek(srv->exit_fd, 0, SEEK_END) >= 0)
		dprintf(srv->exit_fd, "\n" PLAN_EXIT_NOTE "%d\n", status);
	srv->exit_fd = -1;
}

static void session_ended(struct server *srv, pid_t pid, int status)
{
	struct message m = {.type = MESSAGE_EXIT, .value = exit_status(status)};

	if (pid == srv->identity_pid) {
		identity_ended(srv);
		return;
	}
	for (size_t i = 0; i < MAX_SUDO; i++)
		if (srv->sudo_servers[i] == pid) {
			srv->sudo_servers[i] = 0;
			srv->n_sudo--;
			return;
		}
	for (size_t i = 0; i < srv->n; i++) {
		struct connection *c = &srv->connections[i];

		if (c->pid != pid)
			continue;
		if (is_last(srv, c))
			m.value |= EXIT_LAST;
		srv->leaving = nobody_comes(srv);
		if (c->fd >= 0)
			message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
		if (c->main) {
			note_exit(srv, exit_status(status));
			ending_main_gone(srv);
		}
		remove_connection(srv, c);
		srv->idle_since = clock_ms();
		return;
	}
}

/* A process of ours that code inside can stop, and that others wait for. */
static bool is_ours(const struct server *srv, pid_t pid)
{
	for (size_t i = 0; i < MAX_SUDO; i++)
		if (srv->sudo_servers[i] == pid)
			return true;
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid == pid)
			return srv->connections[i].terminal; /* else pid is the command itself */
	return pid == srv->identity_pid;
}

static void reap(struct server *srv)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
		if (!WIFSTOPPED(status))
			session_ended(srv, pid, status);
		else if (is_ours(srv, pid))
			kill(pid, SIGCONT);
}

/*
 * Sent by kill(2) from outside, where the sender has no pid in our namespace. For other ways to
 * send a signal the sender chooses the pid (sigqueue(3)), or there is none (F_SETSIG of fcntl(2)).
 */
static bool is_from_outside(const struct signalfd_siginfo *info)
{
	return info->ssi_code == SI_USER && info->ssi_pid == 0;
}

static void read_signals(struct server *srv)
{
	struct signalfd_siginfo info;

	if (read(srv->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCHLD)
		reap(srv);
	else if (!srv->for_sudo && is_from_outside(&info))
		stop(srv, STOP_MS);
}

/* A box whose launcher died before it asked for anything does not linger. */
static long linger_ms(const struct server *srv)
{
	return srv->used ? srv->linger_ms : 0;
}

static void sooner(long long *best, long long when, long long now)
{
	long long left = when > now ? when - now : 0;

	if (*best < 0 || left < *best)
		*best = left;
}

/*
 * A box that was asked to end is over once nothing runs or the time is up; if only a hook runs,
 * when that ends.
 */
static bool is_over(const struct server *srv, bool idle, long long now)
{
	return srv->stop_at <= now || (idle && !srv->n_sudo && (!srv->asked || ending_empty(srv)));
}

/*
 * Does what is due now. Returns false if the box must end; else *ret_timeout is the time until
 * something is due next (ms, -1: nothing).
 */
static bool run_timers(struct server *srv, long long *ret_timeout)
{
	bool idle = count_sessions(srv) == 0;
	long long now = clock_ms(), timeout = -1;

	for (size_t i = 0; i < srv->n; i++) {
		struct connection *c = &srv->connections[i];

		if (!c->abandoned)
			continue;
		if (c->kill_at <= now)
			ending_kill_session(c->pid);
		sooner(&timeout, c->kill_at > now ? c->kill_at : now + ABANDON_MS, now);
	}
	if (srv->stop_at && is_over(srv, idle, now))
		return false;
	if (srv->deaf_until > now)
		sooner(&timeout, srv->deaf_until, now);
	if (srv->stop_at)
		sooner(&timeout, srv->stop_at, now);
	if (idle && srv->for_sudo && client_waiting(srv, now)) {
		sooner(&timeout, srv->idle_since + ASK_MS, now);
	} else if (idle && !srv->stop_at && !client_waiting(srv, now) && linger_ms(srv) >= 0) {
		if (srv->leaving || (srv->idle_since + linger_ms(srv) <= now && !at_the_door(srv)))
			return false;
		sooner(&timeout, srv->idle_since + linger_ms(srv), now);
	}
	*ret_timeout = timeout;
	return true;
}

static int open_signals(void)
{
	static const int signals[] = {SIGCHLD, SIGTERM, SIGINT};

	return proc_watch_signals(signals, ARRAY_SIZE(signals));
}

static void serve_once(struct server *srv, int timeout)
{
	struct pollfd *p = srv->polled;
	size_t n = srv->n;
	bool deaf = srv->deaf_until > clock_ms();
	bool control = !deaf && n < MAX_CONNECTIONS;
	bool sudo = !deaf && !srv->stop_at && srv->n_sudo < MAX_SUDO;

	p[POLLED_SIGNALS] = (struct pollfd){.fd = srv->signal_fd, .events = POLLIN};
	p[POLLED_CONTROL] = (struct pollfd){.fd = control ? srv->control_fd : -1, .events = POLLIN};
	p[POLLED_SUDO] = (struct pollfd){.fd = sudo ? srv->sudo_fd : -1, .events = POLLIN};
	identity_poll(srv, p);
	for (size_t i = 0; i < n; i++)
		p[POLLED_FIXED + i] = (struct pollfd){
			.fd = srv->connections[i].late ? -1 : srv->connections[i].fd,
			.events = POLLIN};
	if (rest_poll(p, POLLED_FIXED + n, timeout) <= 0)
		return;
	/*
	 * Backwards: removing an entry moves the last one, which was already handled, into its
	 * place.
	 */
	for (size_t i = n; i-- > 0;)
		if (p[POLLED_FIXED + i].revents)
			read_connection(srv, &srv->connections[i]);
	control = p[POLLED_CONTROL].revents;
	sudo = p[POLLED_SUDO].revents;
	identity_polled(srv, p);
	if (p[POLLED_SIGNALS].revents)
		read_signals(srv);
	if (sudo)
		accept_one(srv, srv->sudo_fd);
	if (control) /* last: it may reallocate what was polled */
		accept_one(srv, srv->control_fd);
}

/* When the box is stopped by force, reports the status of the sessions that are left. */
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

static void serve(struct server *srv)
{
	long long timeout = -1;

	while (run_timers(srv, &timeout))
		serve_once(srv, (int)timeout);
}

/* Skipped if the box is ended by force, or has used up its time to stop. */
static bool run_at_exit(struct server *srv)
{
	long long now = clock_ms();

	if (count_sessions(srv) > 0 || (srv->stop_at && srv->stop_at <= now))
		return false;
	if (!srv->stop_at)
		srv->stop_at = now + EXIT_MS;
	srv->asked = false;
	return start_at_exit(srv);
}

/*
 * Background programs of sessions, and the hook, get time to end even if the box was not stopped.
 */
static void end_rest(struct server *srv)
{
	long long left = srv->told ? srv->stop_at - clock_ms() : STOP_MS;

	if (left <= 0 || ending_empty(srv))
		return;
	if (!srv->told)
		srv->stop_at = 0;
	ending_ask(srv, clock_ms() + left);
	serve(srv);
}

void serve_run(struct server *srv, int boot)
{
	struct message m = {.type = MESSAGE_ERROR};

	srv->signal_fd = open_signals();
	if (srv->signal_fd < 0) { /* we would never see a session end */
		err_sys(&m.error, errno, "cannot watch the processes of the box");
		message_send(boot, &m, NULL, 0, MSG_DONTWAIT);
		return;
	}
	srv->idle_since = clock_ms();
	add_connection(srv, boot);
	srv->connections[0].main = true;
	read_connection(srv, &srv->connections[0]);
	serve(srv);
	if (run_at_exit(srv))
		serve(srv);
	if (!srv->for_sudo)
		end_rest(srv);
	if (count_sessions(srv) > 0)
		kill_rest(srv);
}
