/*
 * monitor.c - the parent of a gateway.
 *
 * It reads no byte of the box, so it keeps what the gateway must not have: the namespaces, by which the
 * next one gets in, and the files of the host that name its servers, of which it tells the gateway
 * what has changed. It keeps none of the gateway's sockets: with a copy, those of a gateway that was
 * killed would live on, without anyone to serve them.
 */
#include "gateway/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "gateway/channel.h"
#include "gateway/contract.h"
#include "gateway/gateway.h"
#include "gateway/host_route.h"
#include "gateway/servers.h"

#define RESTART_MS 1000 /* between two starts: one that ends at once must not burn a processor */

struct monitor {
	struct gateway_request request;
	struct gateway_servers servers;
	int project[CHANNEL_FDS]; /* its user and network namespace; -1: not known yet */
	int watch;		  /* tells that the servers may have changed; -1: nothing does */
	int box;		  /* pidfd of pid 1; -1: there is none yet */
	int launcher;		  /* GATEWAY_CONTROL_FD; -1: it has gone */
	int gateway;		  /* the connection to the child; -1: there is none */
	pid_t pid;
	long long started; /* the child, in clock_ms() */
};

static void close_copies(const struct monitor *m)
{
	const int fds[] = {m->gateway, m->launcher, m->watch, m->box, m->project[0], m->project[1]};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static void give_project(const struct monitor *m)
{
	if (m->gateway >= 0 && m->project[1] >= 0)
		channel_send(m->gateway, "", 1, m->project, CHANNEL_FDS);
}

/* With the host's hosts(5), which the gateway reads itself: its lines may be anybody's. */
static void tell_servers(const struct monitor *m)
{
	cleanup_close int hosts = servers_open_hosts();

	if (m->gateway >= 0)
		channel_send(m->gateway, &m->servers, sizeof(m->servers), &hosts, hosts >= 0);
}

static int start_gateway(struct monitor *m, struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket pair");
	m->gateway = pair[0];
	m->request.parent = pair[1];
	m->started = clock_ms();
	m->pid = fork();
	if (m->pid == 0) {
		close_copies(m);
		gateway_run(&m->request);
	}
	close(pair[1]);
	if (m->pid < 0)
		return err_sys(e, errno, "cannot start the gateway");
	tell_servers(m);
	give_project(m);
	return 0;
}

static void tell_launcher(const struct monitor *m, const struct err *e, const int *fds, size_t n)
{
	if (m->launcher >= 0)
		channel_send(m->launcher, e, sizeof(*e), fds, n);
}

/* The gateway has said how its start went, or has ended. */
static int on_gateway(struct monitor *m)
{
	int fds[CHANNEL_FDS], status = 0;
	struct err e = {0};
	ssize_t n = channel_receive(m->gateway, &e, sizeof(e), fds);

	if (n == sizeof(e) && e.code == 0) {
		if (m->request.first)
			tell_launcher(m, &e, fds, 1);
		m->request.first = false;
		close_fd(&fds[0]);
		return 0;
	}
	close_fd(&m->gateway);
	kill(m->pid, SIGKILL);
	waitpid(m->pid, &status, 0);
	if (!m->request.first)
		return 0;
	if (n != sizeof(e))
		err_set(&e, ECHILD, "the gateway ended while it set up the network (status %d)",
			status);
	tell_launcher(m, &e, NULL, 0);
	return -e.code;
}

/* The launcher has sent the project's namespaces, or the pidfd of pid 1, or has gone. */
static int on_launcher(struct monitor *m)
{
	int fds[CHANNEL_FDS];
	char byte;
	ssize_t n = channel_receive(m->launcher, &byte, sizeof(byte), fds);

	if (n > 0 && fds[1] >= 0) {
		memcpy(m->project, fds, sizeof(fds));
		give_project(m);
		return 0;
	}
	if (n > 0 && m->box < 0) {
		m->box = fds[0];
		return 0;
	}
	close_fd(&m->launcher);
	return m->box < 0 ? -ECANCELED : 0;
}

static void on_change(struct monitor *m)
{
	if (!servers_changed(m->watch))
		return;
	servers_read(&m->servers);
	tell_servers(m);
}

/* Starts another gateway, if it is time for it. *ret_wait: for how many milliseconds there is none. */
static int keep_running(struct monitor *m, int *ret_wait, struct err *e)
{
	long long wait = m->started + RESTART_MS - clock_ms();

	*ret_wait = m->gateway < 0 && wait > 0 ? (int)wait : -1;
	return m->gateway < 0 && wait <= 0 ? start_gateway(m, e) : 0;
}

static int serve(struct monitor *m)
{
	struct err ignored;
	int wait, r = 0;

	while (r >= 0) {
		struct pollfd p[4];

		r = keep_running(m, &wait, &ignored);
		p[0] = (struct pollfd){.fd = m->box, .events = POLLIN};
		p[1] = (struct pollfd){.fd = m->gateway, .events = POLLIN};
		p[2] = (struct pollfd){.fd = m->launcher, .events = POLLIN};
		p[3] = (struct pollfd){.fd = m->watch, .events = POLLIN};
		if (r < 0 || poll(p, ARRAY_SIZE(p), wait) < 0)
			continue;
		if (p[0].revents)
			return 0;
		if (p[1].revents)
			r = on_gateway(m);
		if (p[2].revents && r == 0)
			r = on_launcher(m);
		if (p[3].revents)
			on_change(m);
	}
	return r;
}

/* On failure the launcher is told. */
static int start(struct monitor *m)
{
	struct err e = {0};
	int r = host_route_init(&e);

	if (r == 0) {
		m->request.ipv6 = host_route_has_ipv6();
		r = start_gateway(m, &e);
	}
	if (r < 0)
		tell_launcher(m, &e, NULL, 0);
	return r;
}

int monitor_run(void)
{
	struct monitor m = {.project = {-1, -1},
			    .watch = -1,
			    .box = -1,
			    .launcher = GATEWAY_CONTROL_FD,
			    .gateway = -1,
			    .request.first = true};
	int r;

	setsid();
	(void)!chdir("/"); /* else the launcher's directory could not be unmounted */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN); /* it ends with its box */
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	servers_read(&m.servers);
	r = start(&m);
	if (r == 0) {
		m.watch = servers_watch();
		r = serve(&m);
	}
	if (m.gateway >= 0)
		kill(m.pid, SIGKILL);
	return r < 0;
}
