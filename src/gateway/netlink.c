/*
 * netlink.c - messages of netlink(7), built into one buffer and sent by one call.
 *
 * A batch that does not fit is a mistake of ours, not of the input: it ends the program.
 */
#include "gateway/netlink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

void netlink_put(struct netlink_batch *b, const void *data, size_t size)
{
	size_t padded = NLMSG_ALIGN(size);

	if (padded > sizeof(b->data) - b->len)
		abort();
	memset(b->data + b->len, 0, padded);
	if (size)
		memcpy(b->data + b->len, data, size);
	b->len += padded;
	((struct nlmsghdr *)(b->data + b->message))->nlmsg_len = (uint32_t)(b->len - b->message);
}

void netlink_begin(struct netlink_batch *b, const char *what, uint16_t type, uint16_t flags,
		   const void *header, size_t size)
{
	struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};

	if (b->n == NL_BATCH_MESSAGES)
		abort();
	b->what[b->n++] = what;
	h.nlmsg_seq = b->n;
	b->message = b->len;
	netlink_put(b, &h, sizeof(h));
	netlink_put(b, header, size);
}

void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len)
{
	struct nlattr a = {.nla_type = type, .nla_len = (uint16_t)(sizeof(a) + len)};

	netlink_put(b, &a, sizeof(a));
	netlink_put(b, data, len);
}

void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t value)
{
	netlink_attr(b, type, &value, sizeof(value));
}

void netlink_attr_be32(struct netlink_batch *b, uint16_t type, uint32_t value)
{
	netlink_attr_u32(b, type, htonl(value));
}

void netlink_attr_string(struct netlink_batch *b, uint16_t type, const char *s)
{
	netlink_attr(b, type, s, strlen(s) + 1);
}

size_t netlink_nest(struct netlink_batch *b, uint16_t type)
{
	size_t nest = b->len;

	netlink_attr(b, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

void netlink_unnest(struct netlink_batch *b, size_t nest)
{
	((struct nlattr *)(b->data + nest))->nla_len = (uint16_t)(b->len - nest);
}

int netlink_open(int family, int *ret_fd, struct err *e)
{
	*ret_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, family);
	return *ret_fd < 0 ? err_sys(e, errno, "cannot open a netlink socket") : 0;
}

int netlink_subscribe(uint32_t groups, int *ret_fd, struct err *e)
{
	struct sockaddr_nl own = {.nl_family = AF_NETLINK, .nl_groups = groups};
	cleanup_close int fd = -1;
	int r = netlink_open(NETLINK_ROUTE, &fd, e);

	if (r == 0 && bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		r = err_sys(e, errno, "cannot watch the network's changes");
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

/*
 * Reads a datagram of answers. True if the last message was answered, or another has failed: *ret.
 */
static bool find_answer(const char *data, ssize_t size, uint32_t last, struct nlmsgerr *ret)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)data;

	for (; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
		if (h->nlmsg_type != NLMSG_ERROR)
			continue;
		memcpy(ret, NLMSG_DATA(h), sizeof(*ret));
		if (ret->error || h->nlmsg_seq == last)
			return true;
	}
	return false;
}

void netlink_ask_answer(struct netlink_batch *b)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(b->data + b->message);

	h->nlmsg_flags |= NLM_F_ACK;
	b->answered = h->nlmsg_seq;
}

int netlink_send(int fd, const struct netlink_batch *b, struct err *e)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	_Alignas(8) char data[4096];
	struct nlmsgerr answer;
	unsigned failed;
	ssize_t n;

	if (sendto(fd, b->data, b->len, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return err_sys(e, errno, "cannot %s", b->what[0]);
	do {
		n = recv(fd, data, sizeof(data), 0);
		if (n < 0)
			return err_sys(e, errno, "cannot read the answer of netlink");
	} while (!find_answer(data, n, b->answered, &answer));
	failed = answer.msg.nlmsg_seq - 1;
	return answer.error
		       ? err_sys(e, -answer.error, "cannot %s", b->what[failed < b->n ? failed : 0])
		       : 0;
}
