/*
 * listeners.c - what listens in the box's network.
 *
 * One dump takes 20 us for each family. The kernel loads a module for the first one.
 */
#include "gateway/listeners.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "gateway/netlink.h"

/* From include/net/tcp_states.h of the kernel. */
#define STATE_UNCONNECTED (1u << 7)
#define STATE_LISTENS	  (1u << 10)

static int diag = -1;

int listeners_open(int *ret_fd, struct err *e)
{
	return netlink_open(NETLINK_SOCK_DIAG, ret_fd, e);
}

void listeners_init(int fd)
{
	diag = fd;
}

static bool is_only_ipv6(const struct nlmsghdr *h)
{
	const char *end = (const char *)h + h->nlmsg_len;
	const char *at = (const char *)NLMSG_DATA(h) + NLMSG_ALIGN(sizeof(struct inet_diag_msg));
	struct nlattr a;

	while (end - at >= (long)sizeof(a)) {
		memcpy(&a, at, sizeof(a));
		if (a.nla_len < sizeof(a))
			return false;
		if (a.nla_type == INET_DIAG_SKV6ONLY)
			return at[sizeof(a)];
		at += NLMSG_ALIGN(a.nla_len);
	}
	return false;
}

static void take_one(const struct nlmsghdr *h, void (*take)(const struct listener *l, void *arg),
		     void *arg)
{
	struct inet_diag_msg m;
	struct listener l;

	memcpy(&m, NLMSG_DATA(h), sizeof(m));
	if (m.idiag_family == AF_INET)
		l = (struct listener){endpoint_ipv4(m.id.idiag_src, m.id.idiag_sport), false};
	else
		l = (struct listener){endpoint_ipv6(m.id.idiag_src, m.id.idiag_sport),
				      is_only_ipv6(h)};
	take(&l, arg);
}

/* One datagram. True: there are more. */
static bool read_some(void (*take)(const struct listener *l, void *arg), void *arg, bool *ret_ok)
{
	_Alignas(8) char data[16384];
	ssize_t n = recv(diag, data, sizeof(data), 0);
	const struct nlmsghdr *h = (const struct nlmsghdr *)data;

	*ret_ok = n > 0;
	for (; n > 0 && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		*ret_ok = h->nlmsg_type != NLMSG_ERROR;
		if (h->nlmsg_type == NLMSG_DONE || !*ret_ok)
			return false;
		take_one(h, take, arg);
	}
	return *ret_ok;
}

static bool dump(int family, int protocol, void (*take)(const struct listener *l, void *arg),
		 void *arg)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} m = {.h = {.nlmsg_len = sizeof(m),
		     .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		     .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
	       .r = {.sdiag_family = (uint8_t)family,
		     .sdiag_protocol = (uint8_t)protocol,
		     .idiag_states = protocol == IPPROTO_TCP ? STATE_LISTENS : STATE_UNCONNECTED}};
	bool ok = true;

	if (sendto(diag, &m, sizeof(m), 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return false;
	while (read_some(take, arg, &ok))
		;
	return ok;
}

bool listeners_each(int protocol, void (*take)(const struct listener *l, void *arg), void *arg)
{
	return dump(AF_INET, protocol, take, arg) && dump(AF_INET6, protocol, take, arg);
}
