/*
 * publish_udp.c - datagrams that come in by published ports.
 *
 * A flow is what one client sends to one address and port of the host. It has a connected socket in
 * the box's network; the answers go out by the host's socket, from the address that was asked. What
 * cannot be sent is dropped, as on any network.
 */
#include "gateway/publish_udp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/ages.h"
#include "gateway/inside.h"
#include "gateway/loop.h"
#include "gateway/publish_path.h"

#define BUCKETS	 1024
#define BATCH	 64    /* datagrams of one socket before the others have their turn */
#define IDLE_MS	 60000 /* as for the box's own flows, udp.c */
#define DATAGRAM 65536

/* Where a datagram came in: its address is the source of the answer. ip(7), ipv6(7). */
union arrival {
	struct in_pktinfo v4;
	struct in6_pktinfo v6;
};

struct flow {
	struct watch watch;
	struct flow_key key; /* from the client, to the address that it asked */
	int host;	     /* the published socket: not ours */
	int box;
	in_port_t port;
	union arrival arrival;
	bool ended;
	struct flow *next; /* in its bucket */
	struct aged aged;
};

static struct flow *table[BUCKETS];
static struct ages ages;
static struct flow *ended;
static unsigned n_flows;
static uint8_t data[DATAGRAM];

static struct flow **find(const struct flow_key *key)
{
	/* Reversed: clients differ in what that function leaves out. */
	const struct flow_key back = {.from = key->to, .to = key->from};
	struct flow **f = &table[flow_key_hash(&back) % BUCKETS];

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
	*find(&f->key) = f->next;
	ages_remove(&ages, &f->aged);
	close(f->box);
	loop_give_fds(1);
	n_flows--;
	f->ended = true;
	f->next = ended;
	ended = f;
}

/* To the client, from the address that it asked. */
static void answer(const struct flow *f, size_t len)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = {0};
	bool v4 = endpoint_is_ipv4(&f->key.from);
	size_t size = v4 ? sizeof(f->arrival.v4) : sizeof(f->arrival.v6);
	struct sockaddr_storage sa;
	struct iovec io = {.iov_base = data, .iov_len = len};
	struct msghdr m = {.msg_name = &sa,
			   .msg_namelen = endpoint_sockaddr(&f->key.from, &sa),
			   .msg_iov = &io,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = CMSG_SPACE(size)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = v4 ? SOL_IP : SOL_IPV6;
	c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), &f->arrival, size);
	sendmsg(f->host, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_box(struct watch *w, uint32_t events)
{
	struct flow *f = watch_owner(w, struct flow, watch);

	(void)events;
	for (int i = 0; !f->ended && i < BATCH; i++) {
		ssize_t n = recv(f->box, data, sizeof(data), MSG_DONTWAIT);

		/* Nobody listens: that was reported for an earlier one. */
		if (n < 0 && errno == ECONNREFUSED)
			continue;
		if (n < 0)
			return;
		ages_touch(&ages, &f->aged);
		answer(f, (size_t)n);
	}
}

static struct flow *begin(const struct flow_key *key, int host, in_port_t port,
			  const union arrival *arrival)
{
	struct flow *f, **at;
	struct flow_key inside;
	int box;

	if (!publish_path_bound(&key->from, port, &inside))
		return NULL;
	if (n_flows >= loop_max_fds() / 8)
		end(flow_of(ages.oldest));
	if (!loop_take_fds(FDS_DATAGRAMS, 1))
		return NULL;
	box = inside_connect(SOCK_DGRAM, &inside);
	if (box < 0) {
		loop_give_fds(1);
		return NULL;
	}
	f = xcalloc(1, sizeof(*f));
	at = find(key);
	*f = (struct flow){.watch.ready = on_box,
			   .key = *key,
			   .host = host,
			   .box = box,
			   .port = port,
			   .arrival = *arrival,
			   .next = *at};
	*at = f;
	ages_add(&ages, &f->aged);
	n_flows++;
	if (loop_add(box, EPOLLIN, &f->watch))
		return f;
	end(f);
	return NULL;
}

/* The address that a datagram was sent to. False: it does not say. */
static bool arrived_at(struct msghdr *m, struct endpoint *ret, union arrival *ret_arrival)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&ret_arrival->v4, CMSG_DATA(c), sizeof(ret_arrival->v4));
			*ret = endpoint_ipv4(&ret_arrival->v4.ipi_addr, ret->port);
			ret_arrival->v4.ipi_spec_dst = ret_arrival->v4.ipi_addr;
			ret_arrival->v4.ipi_ifindex = 0; /* by whatever way */
			return true;
		}
		if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&ret_arrival->v6, CMSG_DATA(c), sizeof(ret_arrival->v6));
			*ret = endpoint_ipv6(&ret_arrival->v6.ipi6_addr, ret->port);
			if (!IN6_IS_ADDR_LINKLOCAL(&ret_arrival->v6.ipi6_addr))
				ret_arrival->v6.ipi6_ifindex = 0;
			return true;
		}
	}
	return false;
}

void publish_udp_receive(int fd, in_port_t port)
{
	for (int i = 0; i < BATCH; i++) {
		_Alignas(struct cmsghdr) char control[128];
		struct sockaddr_storage from;
		struct iovec io = {.iov_base = data, .iov_len = sizeof(data)};
		struct msghdr m = {.msg_name = &from,
				   .msg_namelen = sizeof(from),
				   .msg_iov = &io,
				   .msg_iovlen = 1,
				   .msg_control = control,
				   .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
		/* The socket, not its port, tells flows of one client apart. */
		struct flow_key key = {.to.port = (in_port_t)fd};
		union arrival arrival = {0};
		struct flow *f;

		if (n < 0)
			return;
		key.from = endpoint_of(&from);
		if (!arrived_at(&m, &key.to, &arrival))
			continue;
		f = *find(&key);
		if (!f)
			f = begin(&key, fd, port, &arrival);
		if (!f)
			continue;
		ages_touch(&ages, &f->aged);
		/* An error may be that of an earlier datagram, and this one was not sent then. */
		if (send(f->box, data, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
		    errno == ECONNREFUSED)
			send(f->box, data, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
}

void publish_udp_prepare(int fd)
{
	static const int one = 1;

	/* Of the other family it fails. */
	setsockopt(fd, SOL_IP, IP_PKTINFO, &one, sizeof(one));
	setsockopt(fd, SOL_IPV6, IPV6_RECVPKTINFO, &one, sizeof(one));
}

void publish_udp_forget(int fd)
{
	struct flow *f, *next;

	for (f = flow_of(ages.oldest); f; f = next) {
		next = flow_of(f->aged.newer);
		if (f->host == fd)
			end(f);
	}
}

void publish_udp_continue(void)
{
	struct flow *f, *next;

	for (f = take_ptr(ended); f; f = next) {
		next = f->next;
		free(f);
	}
}

void publish_udp_sweep(void)
{
	while (ages.oldest && loop_now() - ages.oldest->used >= IDLE_MS)
		end(flow_of(ages.oldest));
}

bool publish_udp_waits(void)
{
	return n_flows > 0;
}
