/*
 * relay.c - carrying the bytes of TCP connections between two sockets.
 *
 * Bytes go by splice(2) through a pipe; few at a time, as a question and its answer, by recv(2) and
 * send(2), which are fewer calls. A pipe is borrowed while bytes are in it, so that idle
 * connections have none; when no descriptors are left for pipes, by recv(2) and send(2) alone, so
 * that each connection goes on and ends. A connection is moved ROUNDS times and then waits for its next turn, so
 * that one cannot starve the others.
 *
 * Promises what a router would: an end of file passes in its direction only; a reset at one end
 * resets the other; bytes keep their order and none is lost before a reset. Urgent data is carried
 * as ordinary data, or lost.
 */
#include "gateway/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/gate.h"
#include "gateway/loop.h"
#include "gateway/outside.h"

#define ROUNDS 16
#define CHUNK  (1 << 20)
/*
 * 64 KiB is 20 % slower, 1 MiB no faster. Pages of pipes are counted per user, 16384 by default
 * (pipe(7)), and past that all programs of the user get pipes of two pages: so only the first pipes
 * are large. With more than that, most wait for slow readers.
 */
#define PIPE_SIZE   (256 << 10)
#define LARGE_PIPES 64
#define SPARE_PIPES 8
#define FEW	    (16 << 10) /* bytes that are not worth a splice */
#define MANY_TURNS  8	       /* after more than a few, how often the next may be few */

/* Edge-triggered. EPOLLOUT comes with the first wait for room; few connections ever do that. */
#define EVENTS (EPOLLIN | EPOLLRDHUP | EPOLLET)

struct relay;

struct end {
	struct watch watch;
	struct relay *relay;
	int fd;
	bool readable, writable;
	bool out;     /* EPOLLOUT is watched, too */
	bool hung_up; /* no more will come than there is */
	bool ended;   /* its peer sends no more */
	bool shut;    /* we send it no more */
	bool failed;  /* it was reset, or lost */
};

/* Bytes on their way from end[i] to end[1 - i]. */
struct way {
	int pipe[2];   /* -1: none borrowed */
	bool large;    /* it is a large one */
	unsigned many; /* as MANY_TURNS: not 0 while bytes come in large portions */
	size_t held;
	uint64_t may; /* with a gate: bytes that may pass before it is asked again */
};

struct relay {
	struct end end[2]; /* the box's, the host's */
	struct way way[2];
	struct gate *gate; /* NULL: everything may pass */
	int host_family;   /* for outside_reset() */
	bool dead;
	bool reset;  /* and so its ends are to be */
	bool queued; /* in the list of those that are ready */
	struct relay *next;
	struct relay *next_dead;
};

static struct relay *ready; /* have more to do */
static struct relay *dead;

static int spare[SPARE_PIPES][2];
static unsigned n_spare, n_large;
static uint8_t few[FEW];

static bool borrow_pipe(struct way *w)
{
	if (n_spare > 0) {
		n_spare--;
		w->pipe[0] = spare[n_spare][0];
		w->pipe[1] = spare[n_spare][1];
		w->large = true;
		return true;
	}
	if (!loop_take_fds(FDS_CONNECTION, 2))
		return false;
	if (pipe2(w->pipe, O_NONBLOCK | O_CLOEXEC) < 0) {
		w->pipe[0] = w->pipe[1] = -1;
		loop_give_fds(2);
		return false;
	}
	w->large = n_large < LARGE_PIPES && fcntl(w->pipe[1], F_SETPIPE_SZ, PIPE_SIZE) >= 0;
	if (w->large)
		n_large++; /* with the spare ones */
	else
		fcntl(w->pipe[1], F_SETPIPE_SZ, 4096);
	return true;
}

/* A pipe that holds bytes of an ended connection must not be used again. */
static void return_pipe(struct way *w)
{
	if (w->pipe[0] < 0)
		return;
	if (w->large && w->held == 0 && n_spare < SPARE_PIPES) {
		spare[n_spare][0] = w->pipe[0];
		spare[n_spare][1] = w->pipe[1];
		n_spare++;
	} else {
		close(w->pipe[0]);
		close(w->pipe[1]);
		loop_give_fds(2);
		n_large -= w->large;
	}
	w->pipe[0] = w->pipe[1] = -1;
	w->held = 0;
}

static void queue(struct relay *r)
{
	if (r->queued)
		return;
	r->queued = true;
	r->next = ready;
	ready = r;
}

/*
 * Ends both directions at once. reset: the peers are told so, and get no end of file. The sockets
 * are closed after the round: a client that ends a connection often waits for its next one by then.
 */
static void finish(struct relay *r, bool reset)
{
	if (r->dead)
		return;
	r->dead = true;
	r->reset = reset;
	for (int i = 0; i < 2; i++)
		return_pipe(&r->way[i]);
	r->next_dead = dead;
	dead = r;
}

/* How much may pass from an end, CHUNK at most. 0: nothing now. */
static size_t pass_gate(struct relay *r, int i)
{
	struct end *from = &r->end[i];
	struct way *w = &r->way[i];

	if (r->gate && w->may == 0) {
		switch (i == 0 ? gate_look(r->gate, from->fd, from->hung_up, &w->may)
			       : gate_look_back(r->gate, from->fd, from->hung_up, &w->may)) {
		case GATE_WAITS:
			from->readable = false;
			break;
		case GATE_PASSES:
			break;
		case GATE_OPEN:
			free(take_ptr(r->gate));
			break;
		case GATE_REFUSES:
			finish(r, !gate_explain(r->gate, from->fd));
			return 0;
		}
	}
	return r->gate && w->may < CHUNK ? (size_t)w->may : CHUNK;
}

/* So many bytes have passed. The other end may have waited for that. */
static void passed(struct relay *r, int i, size_t n)
{
	struct way *w = &r->way[i];

	if (!r->gate)
		return;
	w->may -= n;
	if (i == 0) {
		r->way[1].may = 0; /* what comes next may be an answer that a tunnel depends on */
		return;
	}
	if (w->may == 0)
		gate_look_back(r->gate, r->end[1].fd, r->end[1].hung_up, &w->may);
	if (gate_is_held(r->gate)) {
		r->end[0].readable = true;
		queue(r);
	}
}

/* What a read from an end has returned. False: nothing was read. */
static bool took(struct relay *r, int i, ssize_t n)
{
	struct end *from = &r->end[i];

	if (n > 0)
		passed(r, i, (size_t)n);
	else if (n == 0)
		from->ended = true;
	else if (n < 0 && errno == EAGAIN)
		from->readable = false;
	else
		finish(r, true);
	return n > 0;
}

/* It takes no more: an event tells when it does. */
static void wait_for_room(struct end *to)
{
	to->writable = false;
	if (to->out)
		return;
	to->out = true;
	loop_change(to->fd, EVENTS | EPOLLOUT, &to->watch);
}

/*
 * Moves a few bytes; what the other end does not take is held in the pipe, which is empty and
 * large. As a read of less than was asked for has emptied the socket, it waits for an event then;
 * epoll(7).
 */
static bool move_few(struct relay *r, int i, size_t may)
{
	struct end *from = &r->end[i], *to = &r->end[1 - i];
	struct way *w = &r->way[i];
	size_t most = may < sizeof(few) ? may : sizeof(few);
	ssize_t n = recv(from->fd, few, most, MSG_DONTWAIT), sent;

	if (!took(r, i, n))
		return false;
	if (n == FEW)
		w->many = MANY_TURNS;
	else if (n < (ssize_t)most)
		from->readable = from->hung_up;
	sent = send(to->fd, few, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN)
		sent = 0;
	if (sent < 0 ||
	    (sent < n && write(w->pipe[1], few + sent, (size_t)(n - sent)) != n - sent)) {
		finish(r, true);
		return false;
	}
	if (sent < n)
		wait_for_room(to);
	w->held = (size_t)(n - sent);
	return true;
}

/*
 * Where there is no descriptor for a pipe: what the other end has taken is taken from this one after
 * that. It is a call more.
 */
static bool move_without_pipe(struct relay *r, int i, size_t may)
{
	struct end *from = &r->end[i], *to = &r->end[1 - i];
	ssize_t n, sent;

	if (!to->writable)
		return false;
	n = recv(from->fd, few, may < sizeof(few) ? may : sizeof(few), MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return took(r, i, n);
	sent = send(to->fd, few, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN) {
		wait_for_room(to);
		return false;
	}
	if (sent < 0 || recv(from->fd, few, (size_t)sent, MSG_TRUNC | MSG_DONTWAIT) != sent) {
		finish(r, true);
		return false;
	}
	return took(r, i, sent);
}

/* Fills the pipe from an end, or moves what is there at once. False: not now. */
static bool fill(struct relay *r, int i)
{
	struct end *from = &r->end[i];
	struct way *w = &r->way[i];
	size_t may;
	ssize_t n;

	if (!from->readable || from->ended)
		return false;
	may = pass_gate(r, i);
	if (may == 0)
		return false;
	if (w->pipe[0] < 0 && !borrow_pipe(w))
		return move_without_pipe(r, i, may);
	if (w->many == 0 && w->large && r->end[1 - i].writable)
		return move_few(r, i, may);
	n = splice(from->fd, NULL, w->pipe[1], NULL, may, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (!took(r, i, n))
		return false;
	if (n >= FEW)
		w->many = MANY_TURNS;
	else if (w->many > 0)
		w->many--;
	w->held = (size_t)n;
	return true;
}

/* Empties it to the other end. False: not now. */
static bool drain(struct relay *r, int i)
{
	struct end *to = &r->end[1 - i];
	struct way *w = &r->way[i];
	ssize_t n;

	if (!to->writable)
		return false;
	n = splice(w->pipe[0], NULL, to->fd, NULL, w->held, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0) {
		w->held -= (size_t)n;
		return true;
	}
	if (n < 0 && errno == EAGAIN)
		wait_for_room(to);
	else
		finish(r, true);
	return false;
}

/* Carries one direction. True if it could go on. */
static bool carry(struct relay *r, int i)
{
	struct end *from = &r->end[i], *to = &r->end[1 - i];
	struct way *w = &r->way[i];
	int round = 0;

	while (round < ROUNDS && (w->held ? drain(r, i) : fill(r, i)))
		round++;
	if (r->dead)
		return false;
	if (w->held == 0) {
		return_pipe(w);
		if (from->ended && !to->shut) {
			to->shut = true;
			if (!from->shut) /* else close(2) says so to both */
				shutdown(to->fd, SHUT_WR);
		}
	}
	return round == ROUNDS;
}

static void carry_both(struct relay *r)
{
	bool more = carry(r, 0);

	if (!r->dead)
		more |= carry(r, 1);
	if (!r->dead && r->end[0].shut && r->end[1].shut)
		finish(r, false);
	if (!r->dead && more)
		queue(r);
}

static void on_end(struct watch *w, uint32_t events)
{
	struct end *e = watch_owner(w, struct end, watch);
	struct relay *r = e->relay;

	if (r->dead)
		return;
	if (events & EPOLLERR) {
		e->failed = true;
		finish(r, true);
		return;
	}
	e->hung_up |= (events & (EPOLLRDHUP | EPOLLHUP)) != 0;
	e->readable |= (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) != 0;
	e->writable |= (events & EPOLLOUT) != 0;
	carry_both(r);
}

static void start_end(struct relay *r, int i, int fd, bool watched)
{
	struct end *e = &r->end[i];

	*e = (struct end){.watch.ready = on_end, .relay = r, .fd = fd, .writable = true};
	r->way[i].pipe[0] = r->way[i].pipe[1] = -1;
	if (watched)
		loop_change(fd, EVENTS, &e->watch);
	else if (!loop_add(fd, EVENTS, &e->watch))
		r->dead = true;
}

void relay_start(int box, int host, bool host_watched, int host_family, struct gate *gate)
{
	struct relay *r = xcalloc(1, sizeof(*r));

	r->gate = gate;
	r->host_family = host_family;
	start_end(r, 0, box, false);
	start_end(r, 1, host, host_watched);
	if (r->dead) { /* no memory in the kernel */
		r->dead = false;
		finish(r, true);
	}
}

void relay_init(void)
{
	loop_add_buffer(few, sizeof(few));
}

bool relay_has_work(void)
{
	return ready;
}

static void work_off(void)
{
	struct relay *r = take_ptr(ready), *next;

	for (; r; r = next) {
		next = r->next;
		r->queued = false;
		if (!r->dead)
			carry_both(r);
	}
}

static void close_end(const struct relay *r, int i)
{
	const struct end *e = &r->end[i];
	int family = i == 1 ? r->host_family : AF_UNSPEC;

	if (!r->reset || e->failed) {
		close(e->fd);
		return;
	}
	if (family != AF_UNSPEC)
		loop_remove(e->fd);
	outside_reset(family, e->fd);
}

void relay_continue(void)
{
	struct relay *r, *next;

	work_off();
	/* One that is in the list is closed and freed when it has left that. */
	for (r = take_ptr(dead); r; r = next) {
		next = r->next_dead;
		if (r->queued) {
			r->next_dead = dead;
			dead = r;
			continue;
		}
		close_end(r, 0);
		close_end(r, 1);
		loop_give_fds(2);
		free(r->gate);
		free(r);
	}
}
