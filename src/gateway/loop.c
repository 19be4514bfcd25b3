/*
 * loop.c - waiting for descriptors, and what the parts of the gateway share while they do.
 */
#include "gateway/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rest.h"

#define EVENTS	 128
#define RESERVED 64 /* descriptors that are not counted: listeners, spares, those closed at once */

#define BUFFERS 8

static int epoll_fd = -1;
static struct {
	void *data;
	size_t size;
} buffers[BUFFERS];
static unsigned n_buffers;
static bool rested; /* since the last event */
static int64_t now;
static unsigned fds_max, fds_taken;

int loop_init(struct err *e)
{
	struct rlimit limit;

	/* Each connection takes two. */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(e, errno, "cannot read the limit of open files");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	fds_max = limit.rlim_cur > 1u << 20 ? 1u << 20 : (unsigned)limit.rlim_cur;
	fds_max = fds_max > 2 * RESERVED ? fds_max - RESERVED : RESERVED;
	now = clock_ms();
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? err_sys(e, errno, "cannot make an epoll descriptor") : 0;
}

bool loop_add(int fd, uint32_t events, struct watch *w)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

void loop_change(int fd, uint32_t events, struct watch *w)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void loop_remove(int fd)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void loop_add_buffer(void *data, size_t size)
{
	if (n_buffers == BUFFERS)
		return; /* it keeps its memory */
	buffers[n_buffers].data = data;
	buffers[n_buffers++].size = size;
}

static void rest(void)
{
	rested = true;
	rest_give_back();
	for (unsigned i = 0; i < n_buffers; i++)
		rest_give_back_buffer(buffers[i].data, buffers[i].size);
}

/* The caller comes again when nothing happens for a second, whatever it waits for. */
static int wait_events(struct epoll_event *events, int timeout_ms)
{
	bool is_long = !rested && (timeout_ms < 0 || timeout_ms >= REST_QUIET_MS);
	int n = epoll_wait(epoll_fd, events, EVENTS, is_long ? REST_QUIET_MS : timeout_ms);

	if (n > 0)
		rested = false;
	if (n == 0 && is_long)
		rest();
	return n;
}

void loop_wait(int timeout_ms)
{
	struct epoll_event events[EVENTS];
	int n = wait_events(events, timeout_ms);

	now = clock_ms();
	for (int i = 0; i < n; i++) {
		struct watch *w = events[i].data.ptr;

		w->ready(w, events[i].events);
	}
}

int64_t loop_now(void)
{
	return now;
}

bool loop_take_fds(enum fds_for what, unsigned n)
{
	unsigned left = fds_max / 16 * (FDS_NAMES - what);

	if (fds_taken + n + left > fds_max)
		return false;
	fds_taken += n;
	return true;
}

void loop_give_fds(unsigned n)
{
	fds_taken -= n;
}

unsigned loop_max_fds(void)
{
	return fds_max;
}
