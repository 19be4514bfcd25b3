/*
 * dns_tcp.c - connections of the box to its name server.
 *
 * A message has its length, two bytes, in front (RFC 1035 4.2.2). Queries of a connection are
 * answered one after the other; each goes to a server by TCP, too, as the box uses TCP when an
 * answer is too large for a datagram.
 */
#include "gateway/dns_tcp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/dns.h"
#include "gateway/loop.h"
#include "gateway/outside.h"

#define CLIENTS_MAX 64
#define PREFIX	    2
#define EVENTS	    (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* On its way in or out, with its prefix. */
struct message {
	size_t at; /* bytes that have come, or gone */
	uint8_t data[PREFIX + DNS_MESSAGE_MAX];
};

struct client {
	struct watch box_watch, host_watch;
	int box, host; /* host -1: no server is asked */
	enum { READING, ASKING, WAITING, ANSWERING } state;
	unsigned tries; /* servers that did not answer this query */
	uint16_t client_id;
	bool dead;
	int64_t used;
	struct client *next;
	struct message query, answer;
};

static struct client *clients;
static unsigned n_clients;

static size_t size_of(const struct message *m)
{
	return PREFIX + (size_t)(m->data[0] << 8 | m->data[1]);
}

static void set_size(struct message *m, size_t len)
{
	m->data[0] = (uint8_t)(len >> 8);
	m->data[1] = (uint8_t)len;
	m->at = 0;
}

/* 1: the whole message is there; 0: not yet; -1: the peer has ended, or failed. */
static int receive(int fd, struct message *m)
{
	while (m->at < PREFIX || m->at < size_of(m)) {
		size_t want = m->at < PREFIX ? PREFIX : size_of(m);
		ssize_t n = recv(fd, m->data + m->at, want - m->at, MSG_DONTWAIT);

		if (n <= 0)
			return n < 0 && errno == EAGAIN ? 0 : -1;
		m->at += (size_t)n;
	}
	return 1;
}

/* The same for sending. */
static int transmit(int fd, struct message *m)
{
	while (m->at < size_of(m)) {
		ssize_t n = send(fd, m->data + m->at, size_of(m) - m->at,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == ENOTCONN ? 0 : -1;
		m->at += (size_t)n;
	}
	return 1;
}

static void end(struct client *c)
{
	if (c->dead)
		return;
	c->dead = true;
	close_fd(&c->box);
	close_fd(&c->host);
	loop_give_fds(2);
}

static void answer(struct client *c, size_t len)
{
	set_size(&c->answer, len);
	close_fd(&c->host);
	c->state = ANSWERING;
}

static void fail(struct client *c)
{
	const uint8_t *query = c->query.data + PREFIX;
	struct dns_question q;
	enum dns_code ignored;
	uint8_t *out = c->answer.data + PREFIX;

	dns_read_query(query, size_of(&c->query) - PREFIX, &q, &ignored);
	answer(c, dns_build_answer(query, &q, DNS_FAILED, NULL, out));
	memcpy(out, &c->client_id, sizeof(c->client_id));
}

/* Connects to the server whose turn it is. */
static void ask(struct client *c)
{
	struct endpoint to;

	close_fd(&c->host);
	for (; c->tries < dns_servers() && dns_server(c->tries, &to); c->tries++) {
		c->host = outside_connect(SOCK_STREAM, &to);
		if (c->host >= 0 && loop_add(c->host, EVENTS, &c->host_watch)) {
			c->query.at = 0;
			c->state = ASKING;
			return;
		}
		close_fd(&c->host);
	}
	fail(c);
}

static void decide(struct client *c)
{
	struct dns_question q;
	uint8_t *query = c->query.data + PREFIX;
	size_t len;

	switch (dns_decide(query, size_of(&c->query) - PREFIX, &q, c->answer.data + PREFIX, &len)) {
	case DNS_DROP:
		end(c);
		return;
	case DNS_ANSWER:
		answer(c, len);
		return;
	case DNS_FORWARD:
		c->client_id = q.id;
		c->tries = 0;
		dns_renumber(query);
		ask(c);
		return;
	}
}

/* What the server has sent is what it was asked for, or the next one is asked. */
static void take_answer(struct client *c)
{
	size_t len = size_of(&c->answer) - PREFIX;

	if (dns_accept(c->query.data + PREFIX, size_of(&c->query) - PREFIX, c->answer.data + PREFIX,
		       &len)) {
		memcpy(c->answer.data + PREFIX, &c->client_id, sizeof(c->client_id));
		answer(c, len);
	} else {
		c->tries++;
		ask(c);
	}
}

/* One step. False: something must come first. */
static bool step(struct client *c)
{
	int r = c->state == READING   ? receive(c->box, &c->query)
		: c->state == ASKING  ? transmit(c->host, &c->query)
		: c->state == WAITING ? receive(c->host, &c->answer)
				      : transmit(c->box, &c->answer);

	if (r == 0)
		return false;
	if (r < 0 && (c->state == READING || c->state == ANSWERING)) {
		end(c);
		return false;
	}
	if (r < 0) {
		c->tries++;
		ask(c);
		return true;
	}
	switch (c->state) {
	case READING:
		decide(c);
		break;
	case ASKING:
		c->answer.at = 0;
		c->state = WAITING;
		break;
	case WAITING:
		take_answer(c);
		break;
	case ANSWERING:
		c->query.at = 0;
		c->state = READING;
		break;
	}
	return !c->dead;
}

static void work(struct client *c)
{
	c->used = loop_now();
	while (!c->dead && step(c))
		;
}

static void on_box(struct watch *w, uint32_t events)
{
	(void)events;
	work(watch_owner(w, struct client, box_watch));
}

static void on_host(struct watch *w, uint32_t events)
{
	(void)events;
	work(watch_owner(w, struct client, host_watch));
}

void dns_tcp_start(int box)
{
	struct client *c;

	if (n_clients == CLIENTS_MAX) {
		close(box);
		loop_give_fds(2);
		return;
	}
	c = xcalloc(1, sizeof(*c)); /* of its pages, those are in memory that were written */
	c->box_watch.ready = on_box;
	c->host_watch.ready = on_host;
	c->box = box;
	c->host = -1;
	c->used = loop_now();
	c->next = clients;
	clients = c;
	n_clients++;
	if (!loop_add(box, EVENTS, &c->box_watch))
		end(c);
}

bool dns_tcp_waits(void)
{
	return clients;
}

void dns_tcp_continue(void)
{
	struct client **at = &clients;

	while (*at) {
		struct client *c = *at;

		if (!c->dead) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		n_clients--;
		free(c);
	}
}

void dns_tcp_sweep(void)
{
	for (struct client *c = clients; c; c = c->next)
		if (loop_now() - c->used >= DNS_WAIT_MS)
			end(c);
}
