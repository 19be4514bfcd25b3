/*
 * pasta.c - pasta(1) in the place of a gateway.
 *
 * It is told to give the box the addresses that a gateway gives, and to open nothing of the host's
 * loopback, on which it would listen and connect unless told otherwise. It finds a network by the
 * pid of a process in it, which is this one: what it executes has left before we go in there.
 */
#include "gateway/pasta.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/spawn.h"
#include "gateway/address.h"
#include "gateway/channel.h"
#include "gateway/contract.h"
#include "gateway/inside.h"
#include "gateway/netlink.h"
#include "gateway/setup_link.h"

#define READY_MS  10000
#define IPV6_MS	  1000 /* it sets up IPv6 last, or not at all if it sees none on the host */
#define SAYS_MAX  4096
#define ARGUMENTS 48

struct pasta {
	int parent;
	bool ipv6;
	pid_t pid;
	int ended; /* its pidfd */
	int says;  /* what it writes to stderr */
};

char *pasta_find(void)
{
	return spawn_find("pasta");
}

static void add_words(const char **argv, size_t *n, const char *const *words)
{
	while (*words)
		argv[(*n)++] = *words++;
}

/* In a process outside the network, of which the parent is inside once `go` can be read. */
static noreturn void execute(bool ipv6, int go, int stderr_fd)
{
	static const char gateway4[] = GATEWAY_IPV4, gateway6[] = GATEWAY_IPV6;
	static const char *const words[] = {
		"pasta", "--foreground", "--quiet", "--config-net", "--ns-ifname", "eth0",
		"--no-map-gw", "--no-dhcp", "--no-dhcpv6", "--no-ra",
		/* ports: none of the box's on the host, none of the host's in the box */
		"-t", "none", "-u", "none", "-T", "none", "-U", "none", "--netmask", "24",
		"--gateway", gateway4, "--dns-forward", gateway4, "--address", NULL};
	static const char *const words6[] = {"--gateway", gateway6,    "--dns-forward",
					     gateway6,	  "--address", NULL};
	static const char *const envp[] = {NULL};
	struct link_address own = link_address(NETWORK_SHARED);
	const char *argv[ARGUMENTS] = {0};
	cleanup_free char *program = pasta_find();
	char pid[16], byte;
	size_t n = 0;

	add_words(argv, &n, words);
	argv[n++] = own.ipv4;
	if (ipv6)
		add_words(argv, &n, words6);
	argv[n++] = ipv6 ? own.ipv6 : "--ipv4-only";
	snprintf(pid, sizeof(pid), "%d", getppid());
	argv[n] = pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL); /* the version of Debian 12 takes it for a failure otherwise */
	if (program && read(go, &byte, 1) == 1 && dup2(stderr_fd, 2) >= 0)
		execve(program, (char *const *)argv, (char *const *)envp);
	_exit(127);
}

/* *ret_go: it executes pasta when a byte is written there, and ends when that is closed. */
static int start(struct pasta *p, int *ret_go, struct err *e)
{
	int go[2], says[2];

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(says, O_CLOEXEC) < 0)
		return err_sys(e, errno, "cannot make a pipe");
	p->pid = fork();
	if (p->pid == 0) {
		close(go[1]);
		execute(p->ipv6, go[0], says[1]);
	}
	if (p->pid < 0)
		return err_sys(e, errno, "cannot start pasta");
	close(go[0]);
	close(says[1]);
	*ret_go = go[1];
	p->says = says[0];
	p->ended = proc_pidfd(p->pid);
	return p->ended < 0 ? err_sys(e, -p->ended, "cannot watch pasta") : 0;
}

/* What a gateway's thread does, but for all that makes traffic reach the gateway. */
static int enter(const int *fds, struct err *e)
{
	if (setns(fds[0], CLONE_NEWUSER) < 0 || setns(fds[1], CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot join the project's namespaces");
	/* Only now: the change of the user namespace has undone both. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) /* else pasta could not open them */
		return err_sys(e, errno, "cannot become dumpable");
	return inside_permit(e);
}

/* Reads what has changed. Is there a default route of that family, the last thing to be made? */
static bool read_routes(int fd, bool *ret_ipv4, bool *ret_ipv6)
{
	_Alignas(struct nlmsghdr) char data[8192];
	ssize_t left = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	for (const struct nlmsghdr *h = (const void *)data; left > 0 && NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left)) {
		const struct rtmsg *route = NLMSG_DATA(h);

		if (h->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len ||
		    route->rtm_table != RT_TABLE_MAIN)
			continue;
		if (route->rtm_family == AF_INET)
			*ret_ipv4 = true;
		else
			*ret_ipv6 = true;
	}
	return *ret_ipv4 || *ret_ipv6;
}

/* Its last line, without the time, and what it says about there being no syslog(3). */
static int explain(const struct pasta *p, struct err *e)
{
	char text[SAYS_MAX], *rest = text, *line;
	const char *why = "it ended";
	ssize_t n = read(p->says, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	while ((line = strsep(&rest, "\n")))
		if (*line && !starts_with(line, "Failed to send "))
			why = line;
	return err_set(e, ECHILD, "pasta: %s", why + strspn(why, "0123456789.: "));
}

static int wait_ready(const struct pasta *p, int routes, struct err *e)
{
	long long deadline = clock_ms() + READY_MS;
	bool ipv4 = false, ipv6 = false;

	while (!(p->ipv6 ? ipv6 : ipv4)) {
		struct pollfd polls[] = {{.fd = routes, .events = POLLIN},
					 {.fd = p->ended, .events = POLLIN}};
		long long left = deadline - clock_ms();

		if (left <= 0 && ipv4)
			return 0;
		if (left <= 0)
			return err_set(e, ETIMEDOUT, "pasta has set up no network in %d seconds",
				       READY_MS / 1000);
		poll(polls, 2, (int)left);
		if (polls[1].revents)
			return explain(p, e);
		if (polls[0].revents && read_routes(routes, &ipv4, &ipv6) && ipv4 && !ipv6 &&
		    deadline > clock_ms() + IPV6_MS)
			deadline = clock_ms() + IPV6_MS;
	}
	return 0;
}

static int set_up(struct pasta *p, struct err *e)
{
	struct gateway_order o = {.type = ORDER_SERVERS};
	cleanup_close int go = -1, routes = -1;
	int fds[CHANNEL_FDS], r = start(p, &go, e);

	while (r == 0 && o.type != ORDER_PROJECT)
		if (channel_receive(p->parent, &o, sizeof(o), fds) != sizeof(o))
			_exit(0);
	if (r == 0)
		r = enter(fds, e);
	if (r == 0)
		r = netlink_subscribe(RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE, &routes, e);
	if (r == 0 && write(go, "", 1) != 1)
		r = err_sys(e, errno, "cannot start pasta");
	return r < 0 ? r : wait_ready(p, routes, e);
}

/* Until pasta has ended or the parent, which has nothing more to say, closes the connection. */
static void serve(const struct pasta *p)
{
	struct pollfd polls[] = {{.fd = p->parent},
				 {.fd = p->ended, .events = POLLIN},
				 {.fd = p->says, .events = POLLIN}};
	char text[SAYS_MAX];

	while (!polls[0].revents && !polls[1].revents) {
		if (poll(polls, ARRAY_SIZE(polls), -1) < 0)
			continue;
		/* A full pipe would stop it. */
		if (polls[2].revents && read(p->says, text, sizeof(text)) <= 0)
			polls[2].fd = -1;
	}
}

noreturn void pasta_run(int parent, bool ipv6)
{
	struct pasta p = {.parent = parent, .ipv6 = ipv6, .pid = -1, .ended = -1, .says = -1};
	struct err e = {0};
	int r;

	setsid();
	r = set_up(&p, &e);
	channel_send(parent, &e, sizeof(e), NULL, 0);
	if (r == 0)
		serve(&p);
	if (p.pid > 0) {
		kill(p.pid, SIGKILL);
		waitpid(p.pid, NULL, 0);
	}
	_exit(r < 0);
}
