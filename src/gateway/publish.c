/*
 * publish.c - ports of the host that lead into the box.
 */
#include "gateway/publish.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/loop.h"
#include "gateway/publish_path.h"
#include "gateway/publish_tcp.h"
#include "gateway/publish_udp.h"

struct published {
	struct watch watch;
	struct gateway_port port;
	int fd; /* -1: removed, to be freed */
	struct published *next;
};

static struct published *all;
static bool running, some_removed;

static void on_tcp(struct watch *w, uint32_t events)
{
	const struct published *p = watch_owner(w, struct published, watch);

	(void)events;
	if (p->fd >= 0)
		publish_tcp_accept(p->fd, p->port.box);
}

static void on_udp(struct watch *w, uint32_t events)
{
	const struct published *p = watch_owner(w, struct published, watch);

	(void)events;
	if (p->fd >= 0)
		publish_udp_receive(p->fd, p->port.box);
}

void publish_add(int fd, const struct gateway_port *port)
{
	struct published *p;

	if (!loop_take_fds(FDS_NAMES, 1)) {
		close(fd);
		return;
	}
	p = xcalloc(1, sizeof(*p));
	*p = (struct published){
		.watch.ready = port->udp ? on_udp : on_tcp, .port = *port, .fd = fd, .next = all};
	all = p;
	if (port->udp)
		publish_udp_prepare(fd);
	if (running)
		loop_add(fd, EPOLLIN, &p->watch);
}

void publish_remove(uint32_t id)
{
	for (struct published *p = all; p; p = p->next) {
		if (p->port.id != id || p->fd < 0)
			continue;
		publish_udp_forget(p->fd);
		close_fd(&p->fd);
		loop_give_fds(1);
		some_removed = true;
	}
}

void publish_init(unsigned number, bool ipv6)
{
	publish_path_init(number, ipv6);
	running = true;
	for (struct published *p = all; p; p = p->next)
		loop_add(p->fd, EPOLLIN, &p->watch);
}

/* A removed one may have been named in this round of the loop. */
static void free_removed(void)
{
	struct published **at = &all;

	while (*at) {
		struct published *p = *at;

		if (p->fd >= 0) {
			at = &p->next;
			continue;
		}
		*at = p->next;
		free(p);
	}
	some_removed = false;
}

void publish_continue(void)
{
	publish_tcp_continue();
	publish_udp_continue();
	if (some_removed)
		free_removed();
}

void publish_sweep(void)
{
	publish_udp_sweep();
}

bool publish_waits(void)
{
	return publish_udp_waits();
}
