/*
 * host_route.c - which addresses are the host's own: a lookup in its routing tables, rtnetlink(7).
 *
 * A list of the interfaces' addresses would be neither complete (a whole network may be local, or a
 * secondary address) nor always current.
 */
#include "gateway/host_route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/netlink.h"

#define REMEMBERED 64 /* destinations, each of its last digits one */

static int route_fd = -1, changes_fd = -1;
static uint32_t sequence;

static struct {
	bool known, local;
	struct in6_addr addr;
} remembered[REMEMBERED];

int host_route_init(struct err *e)
{
	close_fd(&route_fd);
	return netlink_open(NETLINK_ROUTE, &route_fd, e);
}

/*
 * The type of the route to an address, RTN_* of rtnetlink(7), or -errno: that of the lookup, as
 * ENETUNREACH, or that of the question.
 */
static int lookup(const struct endpoint *to)
{
	bool ipv4 = endpoint_is_ipv4(to);
	size_t size = ipv4 ? 4 : 16;
	struct {
		struct nlmsghdr head;
		struct rtmsg route;
		struct rtattr attr;
		uint8_t addr[16];
	} ask = {
		.head = {.nlmsg_type = RTM_GETROUTE,
			 .nlmsg_flags = NLM_F_REQUEST,
			 .nlmsg_seq = ++sequence},
		.route = {.rtm_family = ipv4 ? AF_INET : AF_INET6,
			  .rtm_dst_len = (unsigned char)(size * 8)},
		.attr = {.rta_type = RTA_DST, .rta_len = (unsigned short)RTA_LENGTH(size)},
	};
	_Alignas(struct nlmsghdr) char answer[2048];
	const struct nlmsghdr *head = (const struct nlmsghdr *)answer;
	ssize_t n;

	ask.head.nlmsg_len = (uint32_t)(offsetof(__typeof__(ask), addr) + size);
	memcpy(ask.addr, ipv4 ? endpoint_ipv4_bytes(to) : to->addr.s6_addr, size);
	if (send(route_fd, &ask, ask.head.nlmsg_len, 0) < 0)
		return -errno;
	do {
		n = recv(route_fd, answer, sizeof(answer), 0);
		if (n < 0)
			return -errno;
	} while (NLMSG_OK(head, n) && head->nlmsg_seq != sequence);
	if (!NLMSG_OK(head, n))
		return -EPROTO;
	if (head->nlmsg_type == NLMSG_ERROR)
		return ((const struct nlmsgerr *)NLMSG_DATA(head))->error;
	return ((const struct rtmsg *)NLMSG_DATA(head))->rtm_type;
}

int host_route_remember(void)
{
	static const uint32_t groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
				       RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
				       1u << (RTNLGRP_IPV6_RULE - 1);
	struct err ignored;

	return netlink_subscribe(groups, &changes_fd, &ignored) < 0 ? -1 : changes_fd;
}

void host_route_forget(void)
{
	char data[4096];

	memset(remembered, 0, sizeof(remembered));
	/* ENOBUFS, too many for its buffer, is a change as well. */
	while (recv(changes_fd, data, sizeof(data), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}

/* *ret is the answer, if there is one. */
static bool is_known(int type, bool *ret)
{
	switch (type) {
	case RTN_LOCAL:
	case RTN_ANYCAST:
		*ret = true;
		return true;
	/* No route: the host's own connect tells which error that is. */
	case -ENETUNREACH:
	case -EHOSTUNREACH:
	case -EACCES:
	case -EINVAL:
		*ret = false;
		return true;
	default:
		*ret = type < 0;
		return type >= 0;
	}
}

bool host_route_is_local(const struct endpoint *to)
{
	__typeof__(&remembered[0]) at = &remembered[to->addr.s6_addr[15] % REMEMBERED];
	bool local;

	if (at->known && memcmp(&at->addr, &to->addr, sizeof(at->addr)) == 0)
		return at->local;
	at->known = is_known(lookup(to), &local) && changes_fd >= 0;
	at->addr = to->addr;
	at->local = local;
	return local;
}

bool host_route_has_ipv6(void)
{
	struct in6_addr far;
	struct endpoint to;
	int type;

	inet_pton(AF_INET6, "2000::1", &far); /* of the global unicast addresses; RFC 4291 2.4 */
	to = endpoint_ipv6(&far, 0);
	type = lookup(&to);
	return type == RTN_UNICAST || type == RTN_LOCAL;
}
