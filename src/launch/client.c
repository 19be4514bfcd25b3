/*
 * client.c - the client of a session: request, relay, signals, status.
 *
 * Terminals never enter a box: a descriptor that is a terminal is replaced by a pty that pid 1
 * opens inside and whose master comes back with ACCEPTED. Everything else is passed as it is and
 * costs nothing afterwards.
 */
#include "launch/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/proc.h"
#include "base/rest.h"
#include "base/slice.h"
#include "launch/insist.h"
#include "launch/protocol.h"
#include "launch/terminal.h"

#define ANSWER_MS 10000	     /* for the box to answer, beyond the time its processes have */
#define WATCHED	  6	     /* descriptors to poll, besides those of carried */
#define DRAIN_MAX (1u << 20) /* more than any pty holds */

struct client {
	int connection;
	int report; /* read end; -1 once it has been read */
	int signals;
	sigset_t ignored;
	int terminal; /* the user's terminal, -1 if none */
	int keys;     /* the same, open for reading; -1 until the command owns it */
	struct request_terminal inside;
	struct relay in, out;
	struct carried *carried;
	int pid1; /* of the box; -1: not ours to end */
	bool accepted, done, last;
	void (*on_accepted)(void *);
	void *arg;
	bool waits; /* with accepted: pid 1 waits until the command is executed */
	bool detach;
	bool told; /* a signal that is not the command's told us to end */
	int status;
};

int client_connect(int dirfd, const char *name, int *ret_fd)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int n;

	if (fd < 0)
		return -errno;
	/* Fits sun_path however long the directory's name is. */
	n = dirfd == AT_FDCWD ? snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", name)
			      : snprintf(addr.sun_path, sizeof(addr.sun_path),
					 "/proc/self/fd/%d/%s", dirfd, name);
	if (n >= (int)sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	*ret_fd = take_fd(&fd);
	return 0;
}

/*
 * Finds the descriptors that are terminals. A command with both keyboard and screen gets the
 * terminal at once. One in a pipeline or in the background may never need it while other jobs do:
 * it gets it when it asks.
 */
static void find_terminals(struct client *c)
{
	for (int fd = 2; fd >= 0; fd--)
		if (isatty(fd)) {
			c->inside.fds |= 1u << fd;
			c->terminal = fd;
		}
	c->inside.background = c->terminal >= 0 &&
			       ((c->inside.fds & 3) != 3 || !terminal_is_ours(c->terminal));
	c->inside.size = terminal_size(c->terminal);
}

/*
 * nohup(1), and a shell without job control that starts us in the background, made us ignore these.
 */
static void find_ignored(sigset_t *ret)
{
	static const int ignorable[] = {SIGHUP, SIGINT, SIGQUIT};
	struct sigaction sa;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(ignorable); i++)
		if (sigaction(ignorable[i], NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
			sigaddset(ret, ignorable[i]);
}

static int block_signals(struct client *c, sigset_t *old, struct err *e)
{
	static const int forwarded[] = {SIGINT,	 SIGTERM,  SIGQUIT, SIGHUP, SIGUSR1,
					SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};
	sigset_t set;

	find_ignored(&c->ignored);
	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		if (!sigismember(&c->ignored, forwarded[i]))
			sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, old);
	c->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals < 0 ? err_sys(e, errno, "cannot watch signals") : 0;
}

static bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) > 0;
}

static void send_signal(const struct client *c, int sig)
{
	struct message m = {.type = MESSAGE_SIGNAL, .value = sig};

	message_send(c->connection, &m, NULL, 0, MSG_DONTWAIT);
}

static void resize(const struct client *c)
{
	struct winsize ws = terminal_size(c->terminal);

	if (c->in.to >= 0)
		ioctl(c->in.to, TIOCSWINSZ, &ws);
}

/* From now on keyboard input goes to the command. */
static void take_terminal(struct client *c)
{
	if (c->keys < 0)
		c->keys = terminal_keys(c->terminal);
	c->in.from = c->keys;
	terminal_raw(c->terminal, !(c->inside.fds & 2));
}

/* The command is stopped. It continues when we do, in the foreground or background as we are. */
static void on_stopped(struct client *c, int sig)
{
	bool asks = sig == SIGTTIN || sig == SIGTTOU;

	if (!asks)
		terminal_suspend();
	else if (!terminal_is_ours(c->terminal) && !terminal_wait(c->terminal)) {
		/* The kernel treats a stopped job that nobody can continue in the same way. */
		send_signal(c, SIGHUP);
		send_signal(c, SIGTTIN);
		return;
	}
	resize(c);
	if (c->terminal < 0 || !terminal_is_ours(c->terminal)) {
		send_signal(c, c->terminal < 0 ? SIGCONT : SIGTTIN);
		return;
	}
	if (asks || c->keys >= 0)
		take_terminal(c);
	send_signal(c, c->keys >= 0 ? SIGCONT : SIGTTIN);
}

static bool ends_us(unsigned sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGQUIT || sig == SIGHUP;
}

/*
 * Until the box has answered, a signal can only be for ourselves. Until a pid 1 that waits has seen
 * the command execute, it takes none: nothing has run in the box, so the box ends.
 */
static bool nobody_else_reads(const struct client *c)
{
	if (!c->accepted)
		return true;
	return c->waits && c->report >= 0 && !is_readable(c->report) && c->pid1 >= 0 &&
	       pidfd_send_signal(c->pid1, SIGKILL, NULL, 0) == 0;
}

static void on_signal(struct client *c)
{
	struct signalfd_siginfo info;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (ends_us(info.ssi_signo) && nobody_else_reads(c)) {
		c->status = STATUS_OF_SIGNAL((int)info.ssi_signo);
		c->done = c->told = true;
		return;
	}
	switch (info.ssi_signo) {
	case SIGWINCH:
		resize(c);
		break;
	case SIGTSTP:
		/*
		 * The session leader passes it on and reports STOPPED. Without a terminal the
		 * process group is orphaned and only SIGSTOP stops it.
		 */
		send_signal(c, c->terminal >= 0 ? SIGTSTP : SIGSTOP);
		if (c->terminal < 0)
			on_stopped(c, SIGSTOP);
		break;
	case SIGCONT:
		if (c->keys >= 0)
			take_terminal(c);
		resize(c);
		break;
	case SIGHUP: /* our terminal has gone, and so must the session */
		send_signal(c, SIGHUP);
		c->status = STATUS_OF_SIGNAL(SIGHUP);
		c->done = c->told = true;
		break;
	default:
		send_signal(c, (int)info.ssi_signo);
		if (ends_us(info.ssi_signo))
			insist_begin(c->connection, (int)info.ssi_signo, &c->ignored);
	}
}

static void start_relay(struct client *c, int master)
{
	fcntl(master, F_SETFL, O_NONBLOCK);
	c->out.from = master;
	c->out.to = c->inside.fds & 2 ? 1 : c->inside.fds & 4 ? 2 : c->terminal;
	c->in.to = master;
	/* Writing to a terminal may block forever, and no signal is read meanwhile. */
	insist_begin(c->connection, 0, &c->ignored);
	if (!c->inside.background)
		take_terminal(c);
	resize(c);
}

static bool read_output(struct client *c)
{
	bool more = relay_read(&c->out);

	c->out.end = c->out.start +
		     terminal_undo_newlines(c->out.data + c->out.start, c->out.end - c->out.start);
	return more;
}

/*
 * Relays what the command wrote before it ended and is still in the pty: read(2) flushes it.
 * Bounded, because others may keep writing; skipped if we were told to end.
 */
static void drain(struct client *c)
{
	for (size_t total = 0; c->out.from >= 0 && !c->told && total < DRAIN_MAX;) {
		if (relay_pending(&c->out) && !relay_write(&c->out))
			return;
		if (relay_pending(&c->out))
			continue;
		if (!read_output(c) || !relay_pending(&c->out))
			return;
		total += c->out.end - c->out.start;
	}
}

static int on_message(struct client *c, struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0, r;
	struct message m;

	r = message_receive(c->connection, &m, fds, &n_fds, 0);
	if (r == -EPROTO)
		return err_set(e, EPROTO,
			       "the box was started by another version of sandbox: stop it and "
			       "start it again");
	if (r <= 0)
		return c->accepted ? err_set(e, ECONNRESET, "the box ended before the command did")
				   : err_set(e, ERR_RETRY, "the box ended before it could answer");
	switch (m.type) {
	case MESSAGE_ACCEPTED:
		c->accepted = true;
		c->waits = m.value == ACCEPTED_WAITS;
		if (c->on_accepted)
			c->on_accepted(c->arg);
		if (n_fds == 1)
			start_relay(c, fds[0]);
		break;
	case MESSAGE_STOPPED:
		on_stopped(c, m.value);
		break;
	case MESSAGE_EXIT:
		c->status = m.value & ~EXIT_LAST;
		c->last = m.value & EXIT_LAST;
		c->done = true;
		break;
	case MESSAGE_ERROR:
		*e = m.error;
		return -e->code;
	default:
		break;
	}
	return 0;
}

/*
 * The report pipe: end of file means success, a struct err failure. Who waits for the command's end
 * reads it only then: a command that was executed wakes nobody. A pid 1 that waits for the execve
 * dies with us, and closes its end when it no longer does: the box must outlive a failure.
 */
static int on_report(struct client *c, struct err *e)
{
	struct err got;
	ssize_t n = read(c->report, &got, sizeof(got));
	char end;

	if (n == sizeof(got) && c->waits)
		(void)!read(c->report, &end, 1);
	close_fd(&c->report);
	if (n != sizeof(got))
		return 0;
	got.msg[sizeof(got.msg) - 1] = '\0';
	*e = got;
	return -e->code;
}

static void end_input(struct client *c)
{
	c->in.from = -1;
	/* The user's terminal has gone, so the session is pointless. */
	c->status = 128 + SIGHUP;
	c->done = true;
}

static void relay_step(struct client *c, short in_events, short master_events)
{
	if (in_events && !relay_read(&c->in))
		end_input(c);
	if (relay_pending(&c->in) && !relay_write(&c->in))
		c->in.start = c->in.end;
	if (master_events & (POLLIN | POLLHUP) && !relay_pending(&c->out) && !read_output(c))
		c->out.from = -1;
	/* Drops what can no longer be written: the command must not block forever. */
	if (relay_pending(&c->out) && !relay_write(&c->out))
		c->out.start = c->out.end;
}

/* Appends the pipes of carried to p; returns their number. */
static size_t poll_carried(const struct carried *carried, struct pollfd *p)
{
	size_t n = carried ? carried->n : 0;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = carried->v[i].from, .events = POLLIN};
	return n;
}

static int client_step(struct client *c, struct err *e)
{
	bool room = !relay_pending(&c->in), unwritten = relay_pending(&c->out);
	struct pollfd p[WATCHED + CARRIED_MAX] = {
		{.fd = c->connection, .events = POLLIN},
		{.fd = c->signals, .events = POLLIN},
		{.fd = c->accepted && c->detach ? c->report : -1, .events = POLLIN},
		{.fd = room && terminal_is_raw() ? c->in.from : -1, .events = POLLIN},
		{.fd = unwritten && room ? -1 : c->out.from,
		 .events = (short)((unwritten ? 0 : POLLIN) | (room ? 0 : POLLOUT))},
		{.fd = unwritten ? c->out.to : -1, .events = POLLOUT},
	};
	size_t n = poll_carried(c->carried, p + WATCHED);
	int r = 0;

	if (rest_poll(p, WATCHED + n, -1) < 0)
		return errno == EINTR ? 0 : err_sys(e, errno, "cannot wait for the box");
	if (p[2].revents)
		r = on_report(c, e);
	if (r == 0 && p[1].revents)
		on_signal(c);
	if (r == 0 && (p[3].revents || p[4].revents || p[5].revents))
		relay_step(c, p[3].revents, p[4].revents);
	for (size_t i = 0; i < n; i++)
		if (p[WATCHED + i].revents)
			carry_some(&c->carried->v[i]);
	if (r == 0 && p[0].revents)
		r = on_message(c, e);
	return r;
}

static int run_to_end(struct client *c, const struct session_request *req, struct err *e)
{
	int r = 0;

	while (r == 0 && !c->done) {
		r = client_step(c, e);
		if (req->detach && c->accepted && c->report < 0)
			break;
	}
	/*
	 * If the command failed to start, the report has the reason. If we were told to end, it may
	 * still be starting.
	 */
	if (r == 0 && c->report >= 0 && c->accepted && !req->detach && is_readable(c->report))
		r = on_report(c, e);
	return r;
}

int client_run(int connection, const struct session_request *req, void (*accepted)(void *),
	       void *arg, int *ret_status, struct err *e)
{
	struct client c = {.connection = connection,
			   .pid1 = req->pid1,
			   .detach = req->detach,
			   .carried = req->carried,
			   .on_accepted = accepted,
			   .arg = arg,
			   .report = -1,
			   .signals = -1,
			   .terminal = -1,
			   .keys = -1,
			   .in = {.from = -1, .to = -1},
			   .out = {.from = -1, .to = -1}};
	sigset_t old;
	int r;

	slice_shorten();
	if (!req->detach)
		find_terminals(&c);
	r = block_signals(&c, &old, e);
	if (r == 0)
		r = request_send(connection, req, &c.inside, &c.report, e);
	if (r == 0)
		r = run_to_end(&c, req, e);
	drain(&c);
	terminal_restore();
	insist_end();
	if (c.keys != c.terminal)
		close_fd(&c.keys);
	close_fd(&c.in.to); /* the master, which both relays share */
	free(c.in.data);
	free(c.out.data);
	close_fd(&c.signals);
	close_fd(&c.report);
	sigprocmask(SIG_SETMASK, &old, NULL);
	slice_restore();
	if (r == 0 && req->ret_last)
		*req->ret_last = c.last;
	if (r == 0)
		*ret_status = c.status;
	return r;
}

static int ask_to_stop(int connection, enum message_type type, long ms, struct err *e)
{
	struct message m = {.type = type, .value = (int32_t)ms};
	int r = message_send(connection, &m, NULL, 0, 0);

	if (r < 0 && r != -EPIPE && r != -ECONNRESET)
		return err_sys(e, -r, "cannot ask the box to stop");
	return 0;
}

int client_stop(int connection, long ms, struct err *e)
{
	return ask_to_stop(connection, MESSAGE_STOP, ms, e);
}

int client_stop_idle(int connection, long ms, struct err *e)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	const long most = ms + ANSWER_MS;
	const struct timeval limit = {most / 1000, most % 1000 * 1000};
	struct message m;
	int r = ask_to_stop(connection, MESSAGE_STOP_IDLE, ms, e);

	if (r == 0 && setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0)
		r = err_sys(e, errno, "cannot wait for the box");
	if (r < 0)
		return r;
	r = message_receive(connection, &m, fds, &n_fds, 0);
	for (int i = 0; i < n_fds; i++)
		close_fd(&fds[i]);
	if (r == 1 && m.type == MESSAGE_ERROR) {
		*e = m.error;
		return -EBUSY;
	}
	return r == -EAGAIN ? err_set(e, EBUSY, "the box does not answer") : 0;
}
