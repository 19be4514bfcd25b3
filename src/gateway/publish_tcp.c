/*
 * publish_tcp.c - connections that come in by published ports.
 *
 * The client's half has been made by the time that this sees it. If no program of the box takes the
 * connection, it is reset.
 */
#include "gateway/publish_tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/inside.h"
#include "gateway/loop.h"
#include "gateway/outside.h"
#include "gateway/publish_path.h"
#include "gateway/relay.h"

#define BATCH 64

struct coming {
	struct watch watch;
	struct endpoint from;
	in_port_t port;
	unsigned attempt;
	int client, box;
	bool watched; /* `box` is in the loop */
	bool done;    /* to be freed */
	struct coming *next;
};

static struct coming *done; /* may still be named in this round of the loop */

static void forget(struct coming *c)
{
	c->done = true;
	c->next = done;
	done = c;
}

static void give_up(struct coming *c)
{
	outside_reset(AF_UNSPEC, c->client);
	loop_give_fds(2);
	forget(c);
}

/* The next address of the box. False: there is none, and the client has been told. */
static bool try_next(struct coming *c)
{
	struct flow_key key;

	while (publish_path(&c->from, c->port, c->attempt++, &key)) {
		c->watched = false;
		c->box = inside_connect(SOCK_STREAM, &key);
		if (c->box >= 0)
			return true;
	}
	give_up(c);
	return false;
}

static int error_of(int fd)
{
	int error = 0;
	socklen_t size = sizeof(error);

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

static void on_box(struct watch *w, uint32_t events);

/* Goes on until the connection is made, cannot be made, or must be waited for. */
static void advance(struct coming *c)
{
	struct pollfd now = {.fd = c->box, .events = POLLOUT};

	/* On lo, the answer is there when connect(2) returns. */
	while (poll(&now, 1, 0) == 1) {
		if (error_of(c->box) == 0) {
			relay_start(c->client, c->box, c->watched, AF_UNSPEC, NULL);
			forget(c);
			return;
		}
		close(c->box);
		if (!try_next(c))
			return;
		now.fd = c->box;
	}
	if (c->watched)
		return;
	c->watch.ready = on_box;
	c->watched = loop_add(c->box, EPOLLOUT | EPOLLET, &c->watch);
	if (!c->watched) {
		close(c->box);
		give_up(c);
	}
}

static void on_box(struct watch *w, uint32_t events)
{
	struct coming *c = watch_owner(w, struct coming, watch);

	(void)events;
	if (!c->done)
		advance(c);
}

static void begin(int client, const struct endpoint *from, in_port_t port)
{
	static const int one = 1;
	struct coming *c = xcalloc(1, sizeof(*c));

	setsockopt(client, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	c->client = client;
	c->from = *from;
	c->port = port;
	if (try_next(c))
		advance(c);
}

void publish_tcp_accept(int listener, in_port_t port)
{
	for (int i = 0; i < BATCH; i++) {
		struct sockaddr_storage sa;
		socklen_t size = sizeof(sa);
		int fd = accept4(listener, (struct sockaddr *)&sa, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct endpoint from;

		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		from = endpoint_of(&sa);
		if (loop_take_fds(FDS_CONNECTION, 2))
			begin(fd, &from, port);
		else
			outside_reset(AF_UNSPEC, fd);
	}
}

void publish_tcp_continue(void)
{
	struct coming *c, *next;

	for (c = take_ptr(done); c; c = next) {
		next = c->next;
		free(c);
	}
}
