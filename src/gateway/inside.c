/*
 * inside.c - the thread in the box's network namespace.
 *
 * It owns nothing: the descriptors that it makes are the process's. It allocates no memory, so
 * that its part of the filter (lockdown.c) can be small.
 */
#include "gateway/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/rest.h"
#include "gateway/inside_sockets.h"
#include "gateway/listeners.h"
#include "gateway/lockdown.h"
#include "gateway/setup_link.h"
#include "gateway/setup_nft.h"

#define STACK	   (256u << 10)	       /* virtual; setting up takes 40 KiB of it */
#define CACHE_NAME "gateway-interface" /* in cache_dir: the kind of link that works here */

/* What the thread is asked and answers, over a socket pair. */
static int ask_fd = -1;

struct order {
	int type; /* SOCK_* of inside_connect(); 0: inside_udp() */
	struct flow_key key;
};

struct starting {
	const struct inside_request *req;
	struct inside *ret;
	struct err *err;
	int serve_fd;
};

static int write_sysctl(const char *path, const char *value, struct err *e)
{
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : write_all(fd, value, strlen(value));

	return r < 0 ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

int inside_permit(struct err *e)
{
	char group[48];
	int r = write_sysctl("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0", e);

	snprintf(group, sizeof(group), "%u %u", getegid(), getegid());
	return r < 0 ? r : write_sysctl("/proc/sys/net/ipv4/ping_group_range", group, e);
}

/*
 * The kind of interface that worked last time, or NULL. A kind that fails costs 11 ms of modprobe.
 */
static const char *read_cache(int dir)
{
	cleanup_close int fd = dir < 0 ? -1 : openat(dir, CACHE_NAME, O_RDONLY | O_CLOEXEC);
	char text[16];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	for (const char *const *k = link_kinds; *k; k++)
		if (streq(*k, text))
			return *k;
	return NULL;
}

/* Half of it, if it cannot be written, is no kind. */
static void write_cache(int dir, const char *kind)
{
	cleanup_close int fd = openat(dir, CACHE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				      0600);

	if (fd >= 0)
		(void)!write(fd, kind, strlen(kind));
}

static int setup_links(const struct inside_request *req, struct err *e)
{
	const char *known = read_cache(req->cache_dir), *kind = known;
	int r = link_setup(&kind, req->number, req->ipv6, e);

	if (r == 0 && kind && kind != known && req->cache_dir >= 0)
		write_cache(req->cache_dir, kind);
	return r;
}

static int set_up(const struct inside_request *req, struct inside *ret, struct err *e)
{
	uint16_t port = 0;
	int r = 0;

	if (setns(req->netns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot join the box's network namespace");
	r = inside_sockets_make(req->number, req->ipv6, ret, &port, e);
	if (r == 0)
		r = listeners_open(&ret->diag, e);
	if (r == 0)
		r = listeners_open(&ret->events, e);
	/* Before the interface: without a filter, pasta(1) finds the network as it was. */
	if (r == 0)
		r = nft_setup(port, req->number, req->ipv6, !req->first, e);
	if (r == 0 && req->first)
		r = setup_links(req, e);
	if (r == 0 && req->first)
		r = inside_permit(e);
	return r < 0 ? r : lockdown_thread(true, e);
}

/* The main thread waits for the first answer: 0, or the error is in *err. */
static void *thread_main(void *arg)
{
	struct starting *s = arg;
	int fd = s->serve_fd, answer = set_up(s->req, s->ret, s->err);
	struct order order;

	(void)!write(fd, &answer, sizeof(answer));
	rest_give_back_stack(STACK / 2);
	while (read(fd, &order, sizeof(order)) == sizeof(order)) {
		answer = order.type ? inside_sockets_connect(order.type, &order.key)
				    : inside_sockets_udp(&order.key);
		if (write(fd, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	return NULL;
}

int inside_start(const struct inside_request *req, struct inside *ret, struct err *e)
{
	struct starting s = {.req = req, .ret = ret, .err = e};
	int pair[2], answer = 0, r;
	pthread_attr_t attr;
	pthread_t thread;

	*ret = (struct inside){.tcp = -1,
			       .udp = -1,
			       .tap = {-1, -1},
			       .raw4 = {-1, -1},
			       .raw6 = {-1, -1},
			       .diag = -1,
			       .events = -1};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket pair");
	ask_fd = pair[0];
	s.serve_fd = pair[1];
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	r = pthread_create(&thread, &attr, thread_main, &s);
	pthread_attr_destroy(&attr);
	if (r != 0)
		return err_sys(e, r, "cannot start a thread");
	if (read(ask_fd, &answer, sizeof(answer)) != sizeof(answer))
		return err_set(e, ECHILD, "the gateway's thread ended");
	return answer;
}

static int ask(int type, const struct flow_key *key)
{
	struct order order = {.type = type, .key = *key};
	int answer;

	if (write(ask_fd, &order, sizeof(order)) != sizeof(order) ||
	    read(ask_fd, &answer, sizeof(answer)) != sizeof(answer))
		return -EIO;
	return answer;
}

int inside_udp(const struct flow_key *key)
{
	return ask(0, key);
}

int inside_connect(int type, const struct flow_key *key)
{
	return ask(type, key);
}
