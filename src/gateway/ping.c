/*
 * ping.c - the box's echo requests.
 *
 * Each is sent by a ping socket of the host, under a sequence number of ours, by which its answer
 * is recognised. What the host may not send is answered with an ICMP error: ping says "Packet
 * filtered".
 */
#include "gateway/ping.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/inject.h"
#include "gateway/loop.h"
#include "gateway/outside.h"
#include "gateway/verdict.h"

#define SLOTS	 2048 /* echo requests under way; the next one takes the place of the oldest */
#define QUOTED	 64   /* of a request, for an error about it */
#define MESSAGE	 65536
#define SEQUENCE offsetof(struct icmphdr, un.echo.sequence)

struct request {
	bool used;
	uint16_t sent;	       /* the sequence number of ours */
	uint16_t id, sequence; /* the box's, as they were in the packet */
	struct flow_key key;
	uint8_t quote[QUOTED];
	size_t quoted;
};

struct pinger {
	struct watch watch;
	int fd;
};

static struct pinger pinger4 = {.fd = -1}, pinger6 = {.fd = -1};
static struct request requests[SLOTS];
static uint16_t last;
static uint8_t message[MESSAGE];

/* Takes the request that is answered by the message, or NULL. */
static struct request *take(size_t len)
{
	struct request *q;
	uint16_t sent;

	if (len < sizeof(struct icmphdr))
		return NULL;
	memcpy(&sent, message + SEQUENCE, sizeof(sent));
	q = &requests[ntohs(sent) % SLOTS];
	if (!q->used || q->sent != sent)
		return NULL;
	q->used = false;
	return q;
}

static void read_replies(int fd)
{
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message), MSG_DONTWAIT)) >= 0) {
		struct request *q = take((size_t)n);

		if (!q)
			continue;
		memcpy(message + SEQUENCE, &q->sequence, sizeof(q->sequence));
		inject_echo_reply(&q->key, q->id, message, (size_t)n);
	}
}

/* What was reported about requests; the message is that of the request. */
static void read_errors(int fd)
{
	for (;;) {
		_Alignas(struct cmsghdr) char control[512];
		struct iovec io = {.iov_base = message, .iov_len = sizeof(message)};
		struct msghdr m = {.msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT);
		struct sock_extended_err error = {.ee_errno = EHOSTUNREACH};
		struct request *q;

		if (n < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
			if ((c->cmsg_level == SOL_IP && c->cmsg_type == IP_RECVERR) ||
			    (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_RECVERR))
				memcpy(&error, CMSG_DATA(c), sizeof(error));
		q = take((size_t)n);
		if (q)
			inject_error(&q->key.from, q->quote, q->quoted, (int)error.ee_errno);
	}
}

static void on_pinger(struct watch *w, uint32_t events)
{
	int fd = watch_owner(w, struct pinger, watch)->fd;

	(void)events;
	read_replies(fd);
	read_errors(fd);
}

static void start(struct pinger *p, int family, int protocol, int level, int option)
{
	static const int one = 1;

	p->watch.ready = on_pinger;
	p->fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (p->fd < 0)
		return;
	setsockopt(p->fd, level, option, &one, sizeof(one));
	loop_add(p->fd, EPOLLIN, &p->watch);
}

void ping_init(void)
{
	start(&pinger4, AF_INET, IPPROTO_ICMP, SOL_IP, IP_RECVERR);
	start(&pinger6, AF_INET6, IPPROTO_ICMPV6, SOL_IPV6, IPV6_RECVERR);
}

static struct request *remember(const struct packet *echo)
{
	const uint8_t *icmp = echo->data + echo->header;
	struct request *q = &requests[++last % SLOTS];

	*q = (struct request){.used = true,
			      .sent = htons(last),
			      .key = echo->key,
			      .quoted = echo->len < QUOTED ? echo->len : QUOTED};
	memcpy(&q->id, icmp + offsetof(struct icmphdr, un.echo.id), sizeof(q->id));
	memcpy(&q->sequence, icmp + SEQUENCE, sizeof(q->sequence));
	memcpy(q->quote, echo->data, q->quoted);
	return q;
}

void ping_request(const struct packet *echo)
{
	int fd = endpoint_is_ipv4(&echo->key.to) ? pinger4.fd : pinger6.fd;
	size_t len = echo->len - echo->header;
	struct sockaddr_storage sa;
	struct request *q;
	struct endpoint to;
	socklen_t size;

	if (fd < 0 || verdict_of(IPPROTO_ICMP, &echo->key.to, &to) == VERDICT_REFUSED) {
		inject_error(&echo->key.from, echo->data, echo->len, EACCES);
		return;
	}
	q = remember(echo);
	memcpy(message, echo->data + echo->header, len);
	memcpy(message + SEQUENCE, &q->sent, sizeof(q->sent));
	size = endpoint_sockaddr(&to, &sa);
	if (sendto(fd, message, len, MSG_DONTWAIT, (struct sockaddr *)&sa, size) >= 0)
		return;
	q->used = false;
	if (!outside_is_ours(errno))
		inject_error(&echo->key.from, echo->data, echo->len, errno);
}
