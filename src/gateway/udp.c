/*
 * udp.c - the box's datagrams.
 *
 * A flow is what one socket of the box sends to one address. Each has a connected socket of the
 * host. Its answers are sent into the box by a raw socket, as most flows are one question and one
 * answer; from the second datagram of the box on, by a connected socket in the box's network, which
 * is made for that: datagrams then come in there without a lookup of ours, and many at once
 * (UDP_GRO, UDP_SEGMENT).
 *
 * What cannot be sent is dropped, as on any network; what the host is told by ICMP, the box is.
 */
#include "gateway/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "gateway/ages.h"
#include "gateway/dns.h"
#include "gateway/forward.h"
#include "gateway/inject.h"
#include "gateway/inside.h"
#include "gateway/loop.h"
#include "gateway/outside.h"
#include "gateway/setup_link.h"
#include "gateway/verdict.h"

#define BUCKETS	 4096
#define BATCH	 64    /* datagrams of one socket before the others have their turn */
#define IDLE_MS	 60000 /* more than the 30 s after which QUIC gives up (RFC 9000 10.1) */
#define DATAGRAM 65536
#define BUFFER	 (1 << 20)

struct flow {
	struct watch box_watch, host_watch;
	struct flow_key key;
	int box; /* -1: answers go by the raw socket */
	int host;
	bool ended;	   /* to be freed */
	struct flow *next; /* in its bucket */
	struct aged aged;
};

static int datagrams = -1;
static struct endpoint own4, own6; /* the network's own addresses */
static struct flow *table[BUCKETS];
static struct ages ages;
static struct flow *ended;
static unsigned n_flows;
static uint8_t data[DATAGRAM];

/* One datagram, or several of `segment` bytes each, the last one shorter. */
struct received {
	ssize_t len;
	size_t segment; /* 0: one */
};

static struct flow **find(const struct flow_key *key)
{
	struct flow **f = &table[flow_key_hash(key) % BUCKETS];

	while (*f && !flow_key_same(&(*f)->key, key))
		f = &(*f)->next;
	return f;
}

/* NULL: there is none. */
static struct flow *flow_of(struct aged *x)
{
	return x ? watch_owner(x, struct flow, aged) : NULL;
}

static void end(struct flow *f)
{
	struct flow **at = find(&f->key);

	*at = f->next;
	ages_remove(&ages, &f->aged);
	if (f->box >= 0)
		close(f->box);
	if (f->host >= 0)
		close(f->host);
	loop_give_fds(2);
	n_flows--;
	f->ended = true;
	f->next = ended;
	ended = f;
}

/* Tells the box, unless it is a matter of ours. */
static void report(const struct flow *f, int errnum)
{
	if (!outside_is_ours(errnum))
		inject_udp_error(&f->key, errnum);
}

/*
 * Receives into `data`. False: there is nothing; *ret_error is the error that the socket reported,
 * or 0.
 */
static bool receive(int fd, struct received *ret, int *ret_error)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec io = {.iov_base = data, .iov_len = sizeof(data)};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	int size = 0;

	*ret = (struct received){.len = recvmsg(fd, &m, MSG_DONTWAIT)};
	*ret_error = ret->len < 0 && errno != EAGAIN ? errno : 0;
	if (ret->len < 0)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&size, CMSG_DATA(c), sizeof(size));
	if (size > 0 && size < ret->len)
		ret->segment = (size_t)size;
	return true;
}

/* Sends them one by one. Returns 0 or -errno of the first failure. */
static int send_each(int fd, const struct received *in)
{
	size_t len = (size_t)in->len, step = in->segment ? in->segment : len, at = 0;

	do {
		size_t size = len - at < step ? len - at : step;

		if (send(fd, data + at, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return -errno;
		at += step;
	} while (at < len);
	return 0;
}

/* Several at once, cut up by the kernel or the network card; udp(7). */
static int send_segmented(int fd, const struct received *in)
{
	union {
		char space[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_level = SOL_UDP,
			      .cmsg_type = UDP_SEGMENT,
			      .cmsg_len = CMSG_LEN(sizeof(uint16_t))}};
	struct iovec io = {.iov_base = data, .iov_len = (size_t)in->len};
	struct msghdr m = {.msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = &control,
			   .msg_controllen = sizeof(control)};
	uint16_t size = (uint16_t)in->segment;

	memcpy(CMSG_DATA(&control.head), &size, sizeof(size));
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int send_on(int fd, const struct received *in)
{
	int r = in->segment ? send_segmented(fd, in) : send_each(fd, in);

	/* Larger than the path takes, or too many: without the kernel's help. */
	if (in->segment && (r == -EINVAL || r == -EIO || r == -EMSGSIZE))
		r = send_each(fd, in);
	return r;
}

/* To the host. An error may be that of an earlier datagram, and this one was not sent then. */
static void send_out(struct flow *f, const struct received *in)
{
	int r = send_on(f->host, in);

	if (r == -ECONNREFUSED) {
		report(f, ECONNREFUSED);
		r = send_on(f->host, in);
	}
	if (r < 0)
		report(f, -r);
}

static void inject_each(const struct flow *f, const struct received *in)
{
	size_t len = (size_t)in->len, step = in->segment ? in->segment : len, at = 0;

	do {
		inject_udp(&f->key, data + at, len - at < step ? len - at : step);
		at += step;
	} while (at < len);
}

static void on_host(struct watch *w, uint32_t events)
{
	struct flow *f = watch_owner(w, struct flow, host_watch);
	struct received in;
	int error = 0;

	(void)events;
	for (int i = 0; !f->ended && i < BATCH && receive(f->host, &in, &error); i++) {
		ages_touch(&ages, &f->aged);
		if (f->box < 0)
			inject_each(f, &in);
		else
			send_on(f->box, &in);
	}
	if (error)
		report(f, error);
}

static void on_box(struct watch *w, uint32_t events)
{
	struct flow *f = watch_owner(w, struct flow, box_watch);
	struct received in;
	int error;

	(void)events;
	for (int i = 0; !f->ended && i < BATCH && receive(f->box, &in, &error); i++) {
		ages_touch(&ages, &f->aged);
		send_out(f, &in);
	}
}

/*
 * Leaves room: of all descriptors, flows have a half at most, and of the host's ports an eighth, so
 * that a box that asks tens of thousands of addresses does not take the last from the host.
 */
static bool make_room(void)
{
	unsigned ports = outside_ports() / 8, most = loop_max_fds() / 4;

	bool full = n_flows >= (ports < most ? ports : most);

	if (!full && loop_take_fds(FDS_DATAGRAMS, 2))
		return true;
	if (n_flows > 0)
		end(flow_of(ages.oldest));
	return loop_take_fds(FDS_DATAGRAMS, 2);
}

static struct flow *add(const struct flow_key *key, int host)
{
	struct flow *f = xcalloc(1, sizeof(*f)), **at = find(key);

	*f = (struct flow){.box_watch.ready = on_box,
			   .host_watch.ready = on_host,
			   .key = *key,
			   .box = -1,
			   .host = host,
			   .next = *at};
	*at = f;
	ages_add(&ages, &f->aged);
	n_flows++;
	return f;
}

static void tune(int fd)
{
	static const int one = 1, size = BUFFER;

	setsockopt(fd, SOL_UDP, UDP_GRO, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

static struct flow *begin(const struct flow_key *key)
{
	struct endpoint to;
	struct flow *f;
	int fd;

	if (verdict_of(IPPROTO_UDP, &key->to, &to) == VERDICT_REFUSED) {
		inject_udp_error(key, ECONNREFUSED);
		return NULL;
	}
	if (!make_room())
		return NULL;
	fd = outside_connect(SOCK_DGRAM, &to);
	if (fd < 0) {
		loop_give_fds(2);
		if (!outside_is_ours(-fd))
			inject_udp_error(key, -fd);
		return NULL;
	}
	tune(fd);
	f = add(key, fd);
	if (loop_add(fd, EPOLLIN, &f->host_watch))
		return f;
	end(f);
	return NULL;
}

/* From now on the box's datagrams come in by a socket of their own. */
static void pair(struct flow *f)
{
	if (f->box >= 0)
		return;
	f->box = inside_udp(&f->key);
	if (f->box >= 0 && !loop_add(f->box, EPOLLIN, &f->box_watch)) {
		close(f->box);
		f->box = -1;
	}
}

/* From the box's supervisor: something listens. */
static bool is_wake(const struct endpoint *to)
{
	uint8_t gateway[4];
	struct endpoint own;

	if (to->port != htons(GATEWAY_WAKE_PORT))
		return false;
	inet_pton(AF_INET, GATEWAY_IPV4, gateway);
	own = endpoint_ipv4(gateway, 0);
	return endpoint_same_addr(to, &own);
}

/* Sent to the port of `datagrams` itself: there is nothing at it, and nothing leaves the box. */
static bool is_own(const struct endpoint *to)
{
	return endpoint_same_addr(to, &own4) || endpoint_same_addr(to, &own6);
}

static void carry_first(const struct flow_key *key, const struct received *in)
{
	struct flow *f;

	if (is_own(&key->to)) {
		inject_udp_error(key, ECONNREFUSED);
		return;
	}
	if (is_wake(&key->to)) {
		forward_wake();
		return;
	}
	if (dns_is_server(&key->to)) {
		dns_datagram(key, data, (size_t)in->len);
		return;
	}
	f = *find(key);
	if (!f) {
		f = begin(key);
	} else {
		ages_touch(&ages, &f->aged);
		pair(f);
	}
	if (f)
		send_out(f, in);
}

/* Where a datagram was sent to, which its packet says; IP_RECVORIGDSTADDR of ip(7). */
static bool original(struct msghdr *m, struct endpoint *ret)
{
	struct sockaddr_storage sa = {0};

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		bool ipv4 = c->cmsg_level == SOL_IP && c->cmsg_type == IP_ORIGDSTADDR;

		if (!ipv4 && !(c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_ORIGDSTADDR))
			continue;
		memcpy(&sa, CMSG_DATA(c),
		       ipv4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		*ret = endpoint_of(&sa);
		if (ipv4) /* of a packet of IPv4 there may be both */
			return true;
	}
	return sa.ss_family != 0;
}

static void on_datagrams(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
	for (int i = 0; i < BATCH; i++) {
		_Alignas(struct cmsghdr) char control[256];
		struct sockaddr_storage from;
		struct iovec io = {.iov_base = data, .iov_len = sizeof(data)};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		struct received in = {.len = recvmsg(datagrams, &m, MSG_DONTWAIT)};
		struct flow_key key;

		if (in.len < 0)
			return;
		key.from = endpoint_of(&from);
		if (original(&m, &key.to))
			carry_first(&key, &in);
	}
}

bool udp_waits(void)
{
	return n_flows > 0;
}

void udp_continue(void)
{
	struct flow *f, *next;

	for (f = ended, ended = NULL; f; f = next) {
		next = f->next;
		free(f);
	}
}

void udp_sweep(void)
{
	struct flow *f, *next;

	for (f = flow_of(ages.oldest); f; f = next) {
		next = flow_of(f->aged.newer);
		if (loop_now() - f->aged.used >= IDLE_MS)
			end(f);
	}
}

void udp_init(int fd, unsigned number)
{
	static struct watch watch = {.ready = on_datagrams};

	struct link_address own = link_address(number);
	char addr[16];

	inet_pton(AF_INET, own.ipv4, addr);
	own4 = endpoint_ipv4(addr, 0);
	inet_pton(AF_INET6, own.ipv6, addr);
	own6 = endpoint_ipv6(addr, 0);
	datagrams = fd;
	loop_add_buffer(data, sizeof(data));
	loop_add(fd, EPOLLIN, &watch);
}
