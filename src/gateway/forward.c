/*
 * forward.c - telling the holder what listens in the box.
 *
 * It looks when it is woken: by the box's supervisor, that a program has called listen(2), and by
 * the kernel, that a socket has gone. Nothing is polled. The call is made after we were woken, so
 * it looks more than once, and no more often than that, however often it is woken.
 */
#include "gateway/forward.h"

#include <linux/filter.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "gateway/channel.h"
#include "gateway/listeners.h"
#include "gateway/loop.h"
#include "gateway/port.h"

/* After it was woken. The last one is for a caller that was slow, on a busy machine. */
static const int looks_ms[] = {5, 50, 500};

static int holder = -1, events = -1;
static bool running;
static in_port_t own;			     /* the gateway's listener */
static unsigned look = ARRAY_SIZE(looks_ms); /* the next one */
static int64_t due;
static struct gateway_listening told;

/*
 * Of a socket that is destroyed, a listener has no peer: everything else would wake us for nothing.
 */
static const struct sock_filter no_peer[] = {
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS,
		 sizeof(struct nlmsghdr) + offsetof(struct inet_diag_msg, id.idiag_dport)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	BPF_STMT(BPF_RET | BPF_K, 0),
};

static void on_event(struct watch *w, uint32_t what)
{
	char data[4096];

	(void)w;
	(void)what;
	while (recv(events, data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	forward_wake();
}

void forward_init(const struct inside *sockets, int to)
{
	struct sockaddr_storage sa = {.ss_family = AF_INET};
	socklen_t size = sizeof(sa);

	holder = to;
	events = sockets->events;
	getsockname(sockets->tcp, (struct sockaddr *)&sa, &size);
	own = endpoint_of(&sa).port;
}

void forward_begin(void)
{
	static struct watch watch = {.ready = on_event};
	struct sockaddr_nl groups = {.nl_family = AF_NETLINK,
				     .nl_groups = 1u << (SKNLGRP_INET_TCP_DESTROY - 1) |
						  1u << (SKNLGRP_INET6_TCP_DESTROY - 1)};
	struct sock_fprog program = {.len = ARRAY_SIZE(no_peer),
				     .filter = (struct sock_filter *)no_peer};

	told.n = UINT32_MAX; /* whoever asks knows nothing yet */
	if (running) {
		forward_wake();
		return;
	}
	running = true;
	setsockopt(events, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	if (bind(events, (struct sockaddr *)&groups, sizeof(groups)) == 0)
		loop_add(events, EPOLLIN, &watch);
	forward_wake();
}

void forward_wake(void)
{
	if (!running || look == 0)
		return;
	look = 0;
	due = loop_now() + looks_ms[0];
}

int forward_timeout(void)
{
	int64_t left = due - loop_now();

	return look == ARRAY_SIZE(looks_ms) ? -1 : left > 0 ? (int)left : 0;
}

static void take(const struct listener *l, void *arg)
{
	struct gateway_listening *now = arg;

	if (l->at.port == own || now->n == GATEWAY_MAX_LISTENING)
		return;
	for (uint32_t i = 0; i < now->n; i++)
		if (now->at[i] == l->at.port)
			return;
	now->at[now->n++] = l->at.port;
}

void forward_continue(void)
{
	struct gateway_listening now = {0};

	if (forward_timeout() != 0)
		return;
	look++;
	if (look < ARRAY_SIZE(looks_ms))
		due = loop_now() + looks_ms[look];
	if (!listeners_each(IPPROTO_TCP, take, &now) || memcmp(&now, &told, sizeof(now)) == 0)
		return;
	told = now;
	channel_send(holder, &told, sizeof(told), NULL, 0);
}
