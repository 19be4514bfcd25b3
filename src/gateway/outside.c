/*
 * outside.c - the other end of what the box does: a socket of the host, or of a linked project.
 */
#include "gateway/outside.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/linked.h"

int outside_connect(int type, const struct endpoint *to)
{
	static const int one = 1;
	struct sockaddr_storage sa;
	socklen_t size = endpoint_sockaddr(to, &sa);
	cleanup_close int fd = -1;

	if (type == SOCK_STREAM && linked_is(to))
		return linked_connect(to);
	fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (type == SOCK_STREAM)
		setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&sa, size) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
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
