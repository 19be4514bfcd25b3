/*
 * listen.c - sockets of the host that published ports come in by.
 */
#include "gateway/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/helper.h"

#define FREE_TRIES 32	/* that the free port of one family is free in the other */
#define BACKLOG	   4096 /* the kernel's net.core.somaxconn, since 5.4 */

const char *listen_text(const struct listen_at *at, char dst[static LISTEN_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN];

	inet_ntop(at->family, at->addr, addr, sizeof(addr));
	snprintf(dst, LISTEN_TEXT_MAX, at->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr,
		 at->port);
	return dst;
}

static socklen_t make_address(const struct listen_at *at, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(at->port)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(at->port)};

	memcpy(&in6.sin6_addr, at->addr, sizeof(in6.sin6_addr));
	memcpy(&in.sin_addr, at->addr, sizeof(in.sin_addr));
	memset(ret, 0, sizeof(*ret));
	if (at->family == AF_INET6)
		memcpy(ret, &in6, sizeof(in6));
	else
		memcpy(ret, &in, sizeof(in));
	return at->family == AF_INET6 ? sizeof(in6) : sizeof(in);
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage sa = {0};
	struct sockaddr_in in; /* the port is at the same place in both */
	socklen_t size = sizeof(sa);

	getsockname(fd, (struct sockaddr *)&sa, &size);
	memcpy(&in, &sa, sizeof(in));
	return ntohs(in.sin_port);
}

static int explain(const struct listen_at *at, int errnum, struct err *e)
{
	char text[LISTEN_TEXT_MAX];

	listen_text(at, text);
	switch (errnum) {
	case EADDRINUSE:
		return err_set(e, EADDRINUSE, "%s%s is taken", text, at->udp ? "/udp" : "");
	case EACCES:
		return err_set(e, EACCES,
			       "%s: ports below net.ipv4.ip_unprivileged_port_start are root's on "
			       "this machine: take another one, such as %u",
			       text, at->port + 8000);
	case EADDRNOTAVAIL:
		return err_set(e, EADDRNOTAVAIL, "%s: this machine does not have that address",
			       text);
	default:
		return err_sys(e, errnum, "cannot listen on %s", text);
	}
}

int listen_open(const struct listen_at *at, int *ret_fd, uint16_t *ret_port, struct err *e)
{
	static const int one = 1;
	int type = (at->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	cleanup_close int fd = socket(at->family, type, 0);
	struct sockaddr_storage sa;
	socklen_t size = make_address(at, &sa);

	if (fd < 0)
		return explain(at, errno, e);
	if (at->family == AF_INET6)
		setsockopt(fd, SOL_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (!at->udp) /* connections that have ended do not hold a port */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sa, size) < 0 || (!at->udp && listen(fd, BACKLOG) < 0))
		return explain(at, errno, e);
	*ret_port = port_of(fd);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* With a port of 0, both get the one that the first finds. */
static int open_both(struct listen_at at, int *ret_fds, struct err *e)
{
	static const uint8_t v4[16] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
	cleanup_close int first = -1;
	int r;

	at.family = AF_INET;
	memcpy(at.addr, v4, sizeof(v4));
	r = listen_open(&at, &first, &at.port, e);
	if (r < 0)
		return r;
	at.family = AF_INET6;
	memcpy(at.addr, v6, sizeof(v6));
	r = listen_open(&at, &ret_fds[1], &at.port, e);
	if (r < 0 && r != -EAFNOSUPPORT && r != -EADDRNOTAVAIL)
		return r;
	ret_fds[0] = take_fd(&first);
	return 0;
}

int listen_loopback(bool udp, uint16_t port, int *ret_fds, struct err *e)
{
	struct listen_at at = {.udp = udp, .port = port};
	int r = -EADDRINUSE;

	for (int i = 0; r == -EADDRINUSE && i < (port ? 1 : FREE_TRIES); i++)
		r = open_both(at, ret_fds, e);
	return r;
}

struct inside {
	int userns, netns, *ret_fds;
	uint16_t port;
};

static int enter_and_listen(void *arg, struct err *e)
{
	const struct inside *i = arg;

	if (setns(i->userns, CLONE_NEWUSER) < 0 || setns(i->netns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot join the box's network namespace");
	return listen_loopback(false, i->port, i->ret_fds, e);
}

int listen_inside(int userns, int netns, uint16_t port, int *ret_fds, struct err *e)
{
	struct inside i = {userns, netns, ret_fds, port};
	int r = helper_run(enter_and_listen, &i, e);

	if (r == -EADDRINUSE)
		return err_set(e, EADDRINUSE,
			       "'localhost = %u': a program in the project's box has that port",
			       port);
	return r;
}
