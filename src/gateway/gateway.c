/*
 * gateway.c - the process that carries the traffic of a network.
 *
 * It joins the project's user namespace, which gives it every capability over the project's network
 * and none over the host; sets that network up; gives all of it up (lockdown.c); and only then
 * reads what the box sends. If it ends, by a bug or by its filter, no packet leaves the box until
 * its parent has started another.
 */
#include "gateway/gateway.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/slice.h"
#include "gateway/channel.h"
#include "gateway/dns.h"
#include "gateway/dns_tcp.h"
#include "gateway/forward.h"
#include "gateway/host_route.h"
#include "gateway/inject.h"
#include "gateway/inside.h"
#include "gateway/linked.h"
#include "gateway/local_names.h"
#include "gateway/listeners.h"
#include "gateway/lockdown.h"
#include "gateway/loop.h"
#include "gateway/names.h"
#include "gateway/outside.h"
#include "gateway/packet.h"
#include "gateway/ping.h"
#include "gateway/publish.h"
#include "gateway/refusals.h"
#include "gateway/relay.h"
#include "gateway/tcp.h"
#include "gateway/udp.h"
#include "gateway/verdict.h"

#define SWEEP_MS  1000
#define TAP_BATCH 8

struct tap {
	struct watch watch;
	int fd;
};

struct parent {
	struct watch watch;
	int fd;
};

static uint8_t packets_read[TAP_BATCH][PACKET_MAX];

static void read_packet(const uint8_t *data, size_t len)
{
	struct packet packet;

	if (!packet_parse(data, len, &packet))
		return;
	if (packet.kind == PACKET_SYN)
		tcp_syn(&packet);
	else
		ping_request(&packet);
}

/* What is left after a batch is there in the next round. */
static void on_tap(struct watch *w, uint32_t events)
{
	const struct tap *t = watch_owner(w, struct tap, watch);
	struct mmsghdr packets[TAP_BATCH] = {0};
	struct iovec io[TAP_BATCH];
	int n;

	(void)events;
	for (int i = 0; i < TAP_BATCH; i++) {
		io[i] = (struct iovec){packets_read[i], PACKET_MAX};
		packets[i].msg_hdr = (struct msghdr){.msg_iov = &io[i], .msg_iovlen = 1};
	}
	n = recvmmsg(t->fd, packets, TAP_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		read_packet(packets_read[i], packets[i].msg_len);
}

static void read_policy(int parent)
{
	static struct netpolicy policy; /* large */
	int fds[CHANNEL_FDS];
	ssize_t n = channel_receive(parent, &policy, sizeof(policy), fds);

	if (n <= 0 || verdict_set_policy(&policy, (size_t)n) < 0)
		_exit(1);
}

/* It begins when the network is up. */
static bool forward_asked;

/* One message of the parent. *ret_fds as channel_receive() has them. */
static void read_parent(int parent, int *ret_fds)
{
	struct gateway_order o;

	if (channel_receive(parent, &o, sizeof(o), ret_fds) != sizeof(o))
		_exit(0);
	switch (o.type) {
	case ORDER_PROJECT:
		break;
	case ORDER_SERVERS:
		dns_set_servers(&o.servers);
		local_names_read(take_fd(&ret_fds[0]));
		break;
	case ORDER_NAME:
		names_set(&o.name);
		break;
	case ORDER_ALIAS:
		names_add_alias(&o.name);
		break;
	case ORDER_PORT:
		publish_add(take_fd(&ret_fds[0]), &o.port);
		break;
	case ORDER_NO_PORT:
		publish_remove(o.port.id);
		break;
	case ORDER_POLICY:
		read_policy(parent);
		break;
	case ORDER_LINKED:
		linked_set(&o.linked);
		break;
	case ORDER_LINK_SOCKET:
		if (ret_fds[0] >= 0)
			linked_add_socket(&o.linked, take_fd(&ret_fds[0]));
		break;
	case ORDER_FORWARD:
		forward_asked = true;
		break;
	}
}

static void on_parent(struct watch *w, uint32_t events)
{
	int fds[CHANNEL_FDS];

	(void)events;
	read_parent(watch_owner(w, struct parent, watch)->fd, fds);
	if (forward_asked) {
		forward_asked = false;
		forward_begin();
	}
}

/*
 * Everything that needs a capability, a file or a system call that lockdown.c takes away. What can
 * be done without the namespaces is done before they are there.
 */
static int set_up(const struct gateway_request *req, struct inside *ret, struct err *e)
{
	struct inside_request inside = {.number = req->number,
					.cache_dir = GATEWAY_CACHE_FD,
					.ipv6 = req->ipv6,
					.first = req->first};
	int fds[CHANNEL_FDS] = {-1, -1}, r = loop_init(e);

	if (r == 0)
		r = host_route_init(e);
	if (r < 0)
		return r;
	outside_init();
	ping_init();
	verdict_init(req->journal, req->pins);
	refusals_init(req->refusals);
	linked_init(req->parent);
	while (fds[1] < 0)
		read_parent(req->parent, fds);
	inside.netns = fds[1];
	if (setns(fds[0], CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot join the project's user namespace");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, errno, "cannot set no_new_privs");
	r = inside_start(&inside, ret, e);
	/* The parent keeps its own, by which the next gateway gets in. */
	close(fds[0]);
	close(fds[1]);
	close(GATEWAY_CACHE_FD);
	return r;
}

static void on_routes(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
	host_route_forget();
}

static void attend(const struct inside *sockets, const struct gateway_request *req)
{
	static struct watch routes = {.ready = on_routes};
	static struct tap taps[2];
	static struct parent p;
	int changes = host_route_remember();

	for (int i = 0; i < 2; i++) {
		taps[i] = (struct tap){.watch.ready = on_tap, .fd = sockets->tap[i]};
		if (taps[i].fd >= 0)
			loop_add(taps[i].fd, EPOLLIN, &taps[i].watch);
	}
	p = (struct parent){.watch.ready = on_parent, .fd = req->parent};
	loop_add(req->parent, EPOLLIN, &p.watch);
	if (changes >= 0)
		loop_add(changes, EPOLLIN, &routes);
	loop_add_buffer(packets_read, sizeof(packets_read));
	inject_init(sockets);
	relay_init();
	tcp_init(sockets->tcp);
	udp_init(sockets->udp, req->number);
	listeners_init(sockets->diag);
	publish_init(req->number, req->ipv6);
	forward_init(sockets, req->parent);
	if (forward_asked)
		forward_begin();
}

/* Idle, it waits without end. */
static int timeout(void)
{
	int look = forward_timeout();

	if (relay_has_work())
		return 0;
	return tcp_waits() || udp_waits() || dns_waits() || dns_tcp_waits() || publish_waits()
		       ? look >= 0 && look < SWEEP_MS ? look : SWEEP_MS
		       : look;
}

static noreturn void run(void)
{
	int64_t swept = loop_now();

	for (;;) {
		loop_wait(timeout());
		relay_continue();
		tcp_continue();
		udp_continue();
		publish_continue();
		forward_continue();
		dns_continue();
		dns_tcp_continue();
		refusals_write();
		if (loop_now() - swept < SWEEP_MS)
			continue;
		swept = loop_now();
		tcp_sweep();
		udp_sweep();
		publish_sweep();
		dns_sweep();
		dns_tcp_sweep();
	}
}

noreturn void gateway_run(const struct gateway_request *req)
{
	static struct inside sockets; /* for good: inject.c has it */
	struct err e = {0};
	int r;

	signal(SIGPIPE, SIG_IGN);
	/* A client waits for this process again and again. */
	slice_shorten();
	r = set_up(req, &sockets, &e);
	if (r == 0)
		r = lockdown_thread(false, &e);
	/* What the box sends before we read it waits: its start need not. */
	channel_send(req->parent, &e, sizeof(e), NULL, 0);
	if (r < 0)
		_exit(1);
	setsid(); /* now, as the holder: serve_waiting() */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	attend(&sockets, req);
	if (!req->first)
		verdict_note_killed();
	if (lockdown_process(&e) < 0)
		_exit(1);
	run();
}
