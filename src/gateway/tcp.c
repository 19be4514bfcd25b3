/*
 * tcp.c - the box's connections, until they are made.
 *
 * A SYN of the box is held back. The host connects to the same address; when that has succeeded,
 * the SYN is put back and now reaches the listener, and accept(2) gives the other half. When it has
 * failed, the box is told by the reset or the ICMP error that a host would have seen. So connect(2)
 * in the box reports what connect(2) of the host did.
 *
 * An accepted connection that no SYN of ours asked for was made to the listener itself, and is
 * reset: it must never be connected to anything.
 */
#include "gateway/tcp.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/dns.h"
#include "gateway/dns_tcp.h"
#include "gateway/inject.h"
#include "gateway/loop.h"
#include "gateway/outside.h"
#include "gateway/relay.h"
#include "gateway/verdict.h"

#define BUCKETS	  1024
#define ACCEPT_MS 10000 /* a SYN that was put back is answered at once, or is lost */
#define SLACK_MS  3000

struct pending {
	struct watch watch;
	struct flow_key key;
	int fd;		      /* the host's half; -1: the name server's, which is here */
	int family;	      /* outside_family() of it */
	bool watched;	      /* it is in the loop */
	bool host;	      /* to this host: its other loopback has not been tried */
	enum verdict verdict; /* whether what it sends must be looked at */
	bool connected;	      /* and the SYN has been put back */
	bool done;	      /* to be freed */
	int64_t begun, asked; /* when the first SYN came, and the last */
	int64_t deadline;     /* once connected */
	struct pending *next, *next_done;
	size_t header, len; /* of the SYN */
	uint8_t syn[];
};

static int listener = -1;
static struct pending *table[BUCKETS];
static struct pending *done; /* may still be named in this round of the loop */
static unsigned n_pending;

static struct pending **find(const struct flow_key *key)
{
	struct pending **p = &table[flow_key_hash(key) % BUCKETS];

	while (*p && !flow_key_same(&(*p)->key, key))
		p = &(*p)->next;
	return p;
}

/* Leaves the table. Its descriptor is the caller's; one descriptor is still taken for accept(2). */
static void forget(struct pending *p)
{
	struct pending **at = find(&p->key);

	*at = p->next;
	n_pending--;
	p->done = true;
	p->next_done = done;
	done = p;
}

static struct packet syn_of(const struct pending *p)
{
	return (struct packet){.kind = PACKET_SYN,
			       .key = p->key,
			       .data = p->syn,
			       .len = p->len,
			       .header = p->header};
}

static void refuse(const struct packet *syn, int errnum)
{
	/* After ETIMEDOUT the box's own kernel is about to say so. */
	if (outside_is_ours(errnum) || errnum == ETIMEDOUT)
		return;
	if (errnum == ECONNREFUSED || errnum == ECONNRESET)
		inject_reset(syn);
	else
		inject_error(&syn->key.from, syn->data, syn->len, errnum);
}

static void fail(struct pending *p, int errnum)
{
	struct packet syn = syn_of(p);

	refuse(&syn, errnum);
	forget(p);
	if (p->fd >= 0)
		close(p->fd);
	loop_give_fds(2);
}

/* Accepts what there is; with `until`, no more than up to that. */
static void accept_some(const struct pending *until)
{
	struct sockaddr_storage from, to;

	for (;;) {
		socklen_t from_size = sizeof(from), to_size = sizeof(to);
		int fd = accept4(listener, (struct sockaddr *)&from, &from_size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct flow_key key;
		struct pending *p = NULL;

		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		if (getsockname(fd, (struct sockaddr *)&to, &to_size) == 0) {
			key = (struct flow_key){endpoint_of(&from), endpoint_of(&to)};
			p = *find(&key);
		}
		if (!p || !p->connected) {
			outside_reset(AF_UNSPEC, fd);
			continue;
		}
		forget(p);
		if (p->fd < 0)
			dns_tcp_start(fd);
		else
			relay_start(fd, p->fd, p->watched, p->family,
				    gate_new(&p->key.to, p->verdict));
		if (p == until)
			return;
	}
}

static void on_listener(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
	accept_some(NULL);
}

static void let_in(struct pending *p)
{
	struct packet syn = syn_of(p);

	p->connected = true;
	p->deadline = loop_now() + ACCEPT_MS;
	inject_syn(&syn);
	accept_some(p); /* on lo, the handshake has taken place within the last call */
}

static void try_other_loopback(struct pending *p);

/* The host's connect has ended: with no error, or as one tells. */
static void settle(struct pending *p, int error)
{
	if (error == ECONNREFUSED && p->host)
		try_other_loopback(p);
	else if (error)
		fail(p, error);
	else
		let_in(p);
}

/* What poll(2) or epoll(7) said. */
static void settle_events(struct pending *p, uint32_t events)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (events & (EPOLLERR | EPOLLHUP))
		getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &size);
	settle(p, error);
}

static void on_host(struct watch *w, uint32_t events)
{
	struct pending *p = watch_owner(w, struct pending, watch);

	if (!p->done && !p->connected)
		settle_events(p, events);
}

static struct pending *add(const struct packet *syn)
{
	struct pending *p = xcalloc(1, sizeof(*p) + syn->len), **at = find(&syn->key);

	p->watch.ready = on_host;
	p->key = syn->key;
	p->begun = p->asked = loop_now();
	p->header = syn->header;
	p->len = syn->len;
	memcpy(p->syn, syn->data, syn->len);
	p->next = *at;
	*at = p;
	n_pending++;
	return p;
}

static void connect_host(struct pending *p, const struct endpoint *to)
{
	struct pollfd poll_host;

	p->watched = false;
	p->family = outside_family(to);
	p->fd = outside_connect(SOCK_STREAM, to);
	if (p->fd < 0) {
		settle(p, -p->fd);
		return;
	}
	/* A peer on this machine has answered by now; that saves a round of the loop. */
	poll_host = (struct pollfd){.fd = p->fd, .events = POLLOUT};
	if (poll(&poll_host, 1, 0) == 1) {
		settle_events(p, (uint32_t)poll_host.revents);
		return;
	}
	p->watched = loop_add(p->fd, EPOLLOUT | EPOLLET, &p->watch);
	if (!p->watched)
		fail(p, ENOMEM);
}

/* On 127.0.0.1 nobody listens: many servers that listen on `localhost` are on ::1 only. */
static void try_other_loopback(struct pending *p)
{
	struct endpoint other = endpoint_ipv6(&in6addr_loopback, p->key.to.port);

	p->host = false;
	close_fd(&p->fd);
	connect_host(p, &other);
}

/* Two descriptors have been taken. */
static void begin(const struct packet *syn, const struct endpoint *to, enum verdict verdict)
{
	struct pending *p = add(syn);

	p->verdict = verdict;
	p->host = !endpoint_same_addr(to, &syn->key.to);
	connect_host(p, to);
}

/*
 * The name server is this process: there is nothing to wait for. Two descriptors have been taken.
 */
static void serve_names(const struct packet *syn)
{
	struct pending *p = add(syn);

	p->fd = -1;
	let_in(p);
}

void tcp_syn(const struct packet *syn)
{
	struct pending *p = *find(&syn->key);
	struct endpoint to;
	enum verdict verdict;

	if (p) { /* sent again: the first one, put back, was lost, or the host waits */
		p->asked = loop_now();
		if (p->connected)
			inject_syn(syn);
		return;
	}
	if (dns_is_server(&syn->key.to)) {
		if (loop_take_fds(FDS_NAMES, 2))
			serve_names(syn);
		return;
	}
	verdict = verdict_of(IPPROTO_TCP, &syn->key.to, &to);
	if (verdict == VERDICT_REFUSED)
		refuse(syn, ECONNREFUSED);
	else if (loop_take_fds(FDS_CONNECTION, 2))
		begin(syn, &to, verdict);
	else /* it comes again, and may find one that has ended */
		verdict_note_full();
}

bool tcp_waits(void)
{
	return n_pending > 0;
}

void tcp_continue(void)
{
	struct pending *p, *next;

	for (p = take_ptr(done); p; p = next) {
		next = p->next_done;
		free(p);
	}
}

/*
 * When the box must have sent its SYN again, if it still wants the connection: 1, 2, 4 and so on
 * seconds pass between two (RFC 6298).
 */
static int64_t next_syn(const struct pending *p)
{
	return p->begun + 2 * (p->asked - p->begun) + 1000;
}

void tcp_sweep(void)
{
	struct pending *p, *next;

	for (size_t i = 0; n_pending && i < BUCKETS; i++)
		for (p = table[i]; p; p = next) {
			next = p->next;
			if (loop_now() < (p->connected ? p->deadline : next_syn(p) + SLACK_MS))
				continue;
			forget(p);
			if (p->fd >= 0)
				outside_reset(AF_UNSPEC, p->fd);
			loop_give_fds(2);
		}
}

void tcp_init(int fd)
{
	static struct watch watch = {.ready = on_listener};

	listener = fd;
	loop_add(fd, EPOLLIN, &watch);
}
