/*
 * outside.c - the host's end of what the box does: where it goes, and a socket for it.
 *
 * The only place that turns an address of the box's network into one of the host's.
 */
#include "gateway/outside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/setup_link.h"
#include "gateway/verdict.h"

#define DNS_PORT    53
#define FLOW_BUFFER (1 << 20)

static struct gateway_servers servers;

void outside_set_servers(const struct gateway_servers *s)
{
	servers = *s;
}

bool outside_is_dns(const struct endpoint *to)
{
	char own4[16], own6[16];
	struct endpoint a, b;

	if (to->port != htons(DNS_PORT))
		return false;
	inet_pton(AF_INET, GATEWAY_IPV4, own4);
	inet_pton(AF_INET6, GATEWAY_IPV6, own6);
	a = endpoint_ipv4(own4, 0);
	b = endpoint_ipv6(own6, 0);
	return endpoint_same_addr(to, &a) || endpoint_same_addr(to, &b);
}

bool outside_resolve(int protocol, const struct endpoint *to, unsigned attempt,
		     struct endpoint *ret)
{
	struct verdict_query q = {.protocol = protocol, .to = to};

	if (outside_is_dns(to) && protocol != IPPROTO_ICMP) {
		if (servers.n == 0)
			return false;
		*ret = servers.at[attempt % servers.n];
		return true;
	}
	if (!verdict_allows(&q))
		return false;
	*ret = *to;
	return true;
}

static void tune(int fd, int type)
{
	static const int one = 1, size = FLOW_BUFFER;

	if (type == SOCK_STREAM) {
		setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
		return;
	}
	setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int outside_connect(int type, const struct endpoint *to)
{
	struct sockaddr_storage sa;
	socklen_t size = endpoint_sockaddr(to, &sa);
	cleanup_close int fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	tune(fd, type);
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
