/*
 * loop.h - waiting for descriptors, and what the parts of the gateway share while they do.
 *
 * The gateway is one thread (inside.h has the other), so the parts keep their state in their files.
 */
#ifndef GATEWAY_LOOP_H
#define GATEWAY_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Embedded in what owns a descriptor; events: EPOLL* of epoll_ctl(2). */
struct watch {
	void (*ready)(struct watch *w, uint32_t events);
};

#define watch_owner(w, type, member) ((type *)((char *)(w)-offsetof(type, member)))

int loop_init(struct err *e);

/* Closing the descriptor ends it. False, out of memory: there will be no events. */
bool loop_add(int fd, uint32_t events, struct watch *w);

/* Gives a watched descriptor to another watch; what is ready is reported to that again. */
void loop_change(int fd, uint32_t events, struct watch *w);

/* Ends it for a descriptor that stays open. */
void loop_remove(int fd);

/*
 * A buffer whose bytes nobody needs from one event to the next: after a second without an event its
 * memory is the kernel's again.
 */
void loop_add_buffer(void *data, size_t size);

/*
 * Waits timeout_ms at most (-1: no limit) and calls what is ready; may return earlier with nothing.
 * A watch may be named again in the same round: its owner is freed after loop_wait() has returned.
 */
void loop_wait(int timeout_ms);

/* The time when loop_wait() returned: milliseconds of CLOCK_MONOTONIC. */
int64_t loop_now(void);

/*
 * What descriptors are for. Connections may be as many as a program of the box likes and stay as
 * long, so the last sixteenths are not for them: datagrams go on without them, and names are found.
 */
enum fds_for {
	FDS_CONNECTION, /* leaves two */
	FDS_DATAGRAMS,	/* leaves one */
	FDS_NAMES,	/* and published ports */
};

/*
 * Descriptors are taken before they are made: a connection that was let in must not fail at its
 * second one. False, and nothing taken, if fewer than n are left.
 */
bool loop_take_fds(enum fds_for what, unsigned n);
void loop_give_fds(unsigned n);
unsigned loop_max_fds(void);

#endif
