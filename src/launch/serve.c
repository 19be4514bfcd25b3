/*
 * serve.c - pid 1's loop: accept, start sessions, reap, pass signals on, linger, stop.
 *
 * One poll(2) loop in which nothing blocks. States of a connection:
 *
 *	ASKING	  pid == 0			waits for SESSION or STOP
 *	RUNNING	  pid > 0			SIGNAL is passed on; the end of the connection -> ABANDONED
 *	DETACHED  pid > 0, fd == -1		nobody waits for it
 *	ABANDONED pid > 0, fd == -1		SIGHUP was sent; SIGKILL follows after ABANDON_MS
 *	LATE	  pid == 0			asked for a session of a box that ends: no answer, so that it
 *						asks the next one
 *	gone	  the process was reaped	EXIT was sent, the entry is freed
 *
 * The end, by `stop`, by a signal from outside, or when nobody has come for the linger time: the hook
 * `exit` runs when no session is left, then all that still runs is asked to end and has its time.
 *
 * Sudo's requests are served by copies of this loop (accept.c). They hold no box up.
 */
#include "launch/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/proc.h"
#include "launch/accept.h"
#include "launch/ending.h"
#include "launch/identity_start.h"

#define MAX_CONNECTIONS 1024  /* more wait in the backlog */
#define ABANDON_MS	1000  /* between SIGHUP and SIGKILL of a session whose client has gone */
#define STOP_MS		10000 /* for what runs, to end when asked: sandbox-stop(1) promises it */
#define EXIT_MS		10000 /* how long what runs at the box's exit may take */
#define ASK_MS		5000  /* how long a connection of sudo's may take to say what it wants */

long long server_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void remove_connection(struct server *srv, struct connection *c)
{
	close_fd(&c->fd);
	*c = srv->connections[--srv->n];
}

static void stop(struct server *srv, long ms)
{
	srv->told = true;
	ending_ask(srv, ms);
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
		return; /* it does already */
	if (count_sessions(srv) == 0) {
		stop(srv, ms);
		return;
	}
	err_set(&m.error, EBUSY, "somebody is in it");
	message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
	remove_connection(srv, c);
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
	c->kill_at = server_now_ms() + ABANDON_MS;
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
	if (r == 1 && m.type == MESSAGE_SESSION && c->pid == 0 && !srv->stop_at) {
		server_start_session(srv, c, &m, fds, n_fds);
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
	else
		abandon(srv, c);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? STATUS_OF_SIGNAL(WTERMSIG(status)) : WEXITSTATUS(status);
}

/* A throw-away box whose command has ended goes, unless somebody else is in it, or something goes on. */
static bool is_last(const struct server *srv, const struct connection *c)
{
	return c->main && srv->linger_ms == 0 && count_sessions(srv) == 1 && ending_empty(srv);
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
		if (c->fd >= 0)
			message_send(c->fd, &m, NULL, 0, MSG_DONTWAIT);
		if (c->main)
			ending_main_gone(srv);
		remove_connection(srv, c);
		srv->idle_since = server_now_ms();
		return;
	}
}

/* A process of ours, that code inside can stop, and that others wait for. */
static bool is_ours(const struct server *srv, pid_t pid)
{
	for (size_t i = 0; i < MAX_SUDO; i++)
		if (srv->sudo_servers[i] == pid)
			return true;
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid == pid)
			return srv->connections[i].terminal; /* else it is the command */
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
 * By kill(2), where inside everybody has a pid. Of what else sends signals the sender may write the pid
 * (sigqueue(3)), or none is told (F_SETSIG of fcntl(2)).
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

/* Somebody is about to ask for a session; sudo's have to be quick. */
static bool client_waiting(const struct server *srv, long long now)
{
	for (size_t i = 0; i < srv->n; i++)
		if (srv->connections[i].pid == 0)
			return !srv->for_sudo || now < srv->idle_since + ASK_MS;
	return false;
}

/* Somebody has come while we were busy, and is not accepted yet. */
static bool at_the_door(const struct server *srv)
{
	struct pollfd p = {.fd = srv->control_fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

/* A box whose launcher went before it asked for anything waits for nobody. */
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

/* A box that was asked to end ends when all that runs has, or its time is up; a hook alone, with it. */
static bool is_over(const struct server *srv, bool idle, long long now)
{
	return srv->stop_at <= now || (idle && !srv->n_sudo && (!srv->asked || ending_empty(srv)));
}

/*
 * What is due now is done; returns false when the box is to end, else the time until something
 * is due next in *ret_timeout (ms, -1: nothing).
 */
static bool run_timers(struct server *srv, long long *ret_timeout)
{
	bool idle = count_sessions(srv) == 0;
	long long now = server_now_ms(), timeout = -1;

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
		if (srv->idle_since + linger_ms(srv) <= now && !at_the_door(srv))
			return false;
		sooner(&timeout, srv->idle_since + linger_ms(srv), now);
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
	bool deaf = srv->deaf_until > server_now_ms();
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
	if (poll(p, POLLED_FIXED + n, timeout) <= 0)
		return;
	/* From the back: removing an entry moves the last one, seen already, into its place. */
	for (size_t i = n; i-- > 0;)
		if (p[POLLED_FIXED + i].revents)
			read_connection(srv, &srv->connections[i]);
	control = p[POLLED_CONTROL].revents;
	sudo = p[POLLED_SUDO].revents;
	identity_polled(srv, p);
	if (p[POLLED_SIGNALS].revents)
		read_signals(srv);
	if (sudo)
		server_accept(srv, srv->sudo_fd);
	if (control) /* last: it may move what was polled */
		server_accept(srv, srv->control_fd);
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

static void serve(struct server *srv)
{
	long long timeout = -1;

	while (run_timers(srv, &timeout))
		serve_once(srv, (int)timeout);
}

/* Not when the box is ended by force, or has used up the time it was given to stop. */
static bool run_at_exit(struct server *srv)
{
	long long now = server_now_ms();

	if (count_sessions(srv) > 0 || (srv->stop_at && srv->stop_at <= now))
		return false;
	if (!srv->stop_at)
		srv->stop_at = now + EXIT_MS;
	srv->asked = false;
	return server_start_at_exit(srv);
}

/* What sessions have left in the background, and the hook; a box that was not stopped gives them time too. */
static void end_rest(struct server *srv)
{
	long long left = srv->told ? srv->stop_at - server_now_ms() : STOP_MS;

	if (left <= 0 || ending_empty(srv))
		return;
	if (!srv->told)
		srv->stop_at = 0;
	ending_ask(srv, (long)left);
	serve(srv);
}

void server_run(struct server *srv, int boot)
{
	struct message m = {.type = MESSAGE_ERROR};

	srv->signal_fd = open_signals();
	if (srv->signal_fd < 0) { /* the end of a session would never be seen */
		err_sys(&m.error, errno, "cannot watch the processes of the box");
		message_send(boot, &m, NULL, 0, MSG_DONTWAIT);
		return;
	}
	srv->idle_since = server_now_ms();
	server_add(srv, boot);
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
