/*
 * outside.c - the other end of what the box does: a socket of the host, or of a linked project.
 *
 * A connection that is reset leaves its socket to the next one: connect(2) with AF_UNSPEC resets
 * it, drops what it holds, and lets it connect again. That costs less than another socket.
 */
#include "gateway/outside.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "gateway/linked.h"

#define PORT_RANGE  "/proc/sys/net/ipv4/ip_local_port_range"
#define USUAL_PORTS 28232 /* 32768 to 60999 */

#define SPARE 16 /* more are not reset in one round and needed in the next */

/* Sockets of the host with TCP_NODELAY that are not connected. */
static struct {
	int family, fd;
} spare[SPARE];
static unsigned n_spare;

static unsigned n_ports = USUAL_PORTS;

void outside_init(void)
{
	cleanup_buf struct buf text = BUF_INIT;
	unsigned first, last;
	struct err ignored;

	if (file_read(AT_FDCWD, PORT_RANGE, 64, &text, &ignored) == 0 &&
	    sscanf(text.data, "%u %u", &first, &last) == 2 && first <= last)
		n_ports = last - first + 1;
}

unsigned outside_ports(void)
{
	return n_ports;
}

/* A new socket for TCP or UDP, or one that is left, or -errno. */
static int open_socket(int family, int type)
{
	static const int one = 1;
	int fd;

	for (unsigned i = n_spare; type == SOCK_STREAM && i > 0; i--) {
		if (spare[i - 1].family != family)
			continue;
		fd = spare[i - 1].fd;
		spare[i - 1] = spare[--n_spare];
		return fd;
	}
	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

int outside_connect(int type, const struct endpoint *to)
{
	struct sockaddr_storage sa;
	socklen_t size = endpoint_sockaddr(to, &sa);
	cleanup_close int fd = -1;

	if (type == SOCK_STREAM && linked_is(to))
		return linked_connect(to);
	fd = open_socket(sa.ss_family, type);
	if (fd < 0)
		return fd;
	if (connect(fd, (struct sockaddr *)&sa, size) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}

int outside_family(const struct endpoint *to)
{
	if (linked_is(to))
		return AF_UNSPEC;
	return endpoint_is_ipv4(to) ? AF_INET : AF_INET6;
}

void outside_reset(int family, int fd)
{
	static const struct linger now = {.l_onoff = 1, .l_linger = 0};
	static const struct sockaddr nowhere = {.sa_family = AF_UNSPEC};

	if (family != AF_UNSPEC && n_spare < SPARE && connect(fd, &nowhere, sizeof(nowhere)) == 0) {
		spare[n_spare].family = family;
		spare[n_spare++].fd = fd;
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

bool outside_is_ours(int errnum)
{
	switch (errnum) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ENOBUFS:
	case EAGAIN:
	case EIO:
		return true;
	default:
		return false;
	}
}
