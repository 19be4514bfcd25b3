/*
 * gateway.c - the launcher's side of a project's network.
 *
 * The holder's socket is its lock: whoever can connect to it has found the project's holder. One
 * that refuses has lost its holder, which was killed. It is replaced under a lock on the directory,
 * held for no longer than that takes; until the program runs, those who have connected wait in its
 * queue, and we are the first of them.
 */
#include "launch/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/dir.h"
#include "base/file.h"
#include "base/spawn.h"
#include "gateway/channel.h"
#include "gateway/contract.h"
#include "launch/client.h"
#include "netpolicy/journal.h"

#define ATTEMPTS 64   /* each of them has met a holder that ended in this moment */
#define QUEUE	 4096 /* boxes of a project that start at once; net.core.somaxconn limits it, too */

/* Duplicates a descriptor above those that the program gets, so that none overwrites another. */
static int above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, GATEWAY_END_FD);
}

static int start_program(const struct gateway_place *place, int listener, int directory,
			 int founder, struct err *e)
{
	static const char *const argv[] = {GATEWAY_PROGRAM, NULL}, *const envp[] = {NULL};
	struct spawn s = {.program = place->program,
			  .argv = argv,
			  .envp = envp,
			  .fds = {SPAWN_NULL, SPAWN_NULL, SPAWN_NULL, SPAWN_SAME, SPAWN_SAME,
				  SPAWN_SAME, SPAWN_SAME, SPAWN_SAME}};
	cleanup_close int first = above(listener), second = above(directory),
			  third = above(founder);
	pid_t pid;

	if (first < 0 || second < 0 || third < 0)
		return err_sys(e, errno, "cannot duplicate a descriptor for the gateway");
	s.fds[GATEWAY_LISTEN_FD] = first;
	s.fds[GATEWAY_CACHE_FD] = second;
	s.fds[GATEWAY_FOUNDER_FD] = third;
	return spawn_start(&s, &pid, e);
}

/* Makes the socket in place of one that refuses. */
static int listen_at(int directory, const char *name, int *ret, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", directory, name);
	unlinkat(directory, name, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, QUEUE) < 0)
		return err_sys(e, errno, "cannot make the socket of the network's holder");
	*ret = take_fd(&fd);
	return 0;
}

/*
 * Under the lock: connects to the holder that another has started, or makes the socket of a new one.
 * Without it gateway_sweep() could remove files of one that has just started. The program gets a
 * duplicate of directory, which would keep a lock of that.
 */
static int connect_or_listen(const struct gateway_place *place, int directory, int *ret,
			     int *ret_listener, struct err *e)
{
	cleanup_close int lock = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (lock < 0)
		return err_sys(e, errno, "cannot open '%s'", place->directory);
	r = file_lock(lock, place->directory, e);
	if (r < 0)
		return r;
	if (place->alone || client_connect(directory, place->socket, ret) < 0)
		r = listen_at(directory, place->socket, ret_listener, e);
	return r;
}

/* *ret is connected to it. */
static int start_holder(const struct gateway_place *place, int listener, int directory, int *ret,
			struct err *e)
{
	cleanup_close int ours = -1, its = -1;
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket pair");
	ours = pair[0];
	its = pair[1];
	r = start_program(place, listener, directory, its, e);
	if (r == 0)
		*ret = take_fd(&ours);
	return r;
}

static int found(const struct gateway_place *place, struct gateway_link *link, struct err *e)
{
	cleanup_close int directory = open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_close int listener = -1, fd = -1;
	int r;

	if (directory < 0)
		return err_sys(e, errno, "cannot open '%s'", place->directory);
	r = connect_or_listen(place, directory, &fd, &listener, e);
	if (r == 0 && listener >= 0)
		r = start_holder(place, listener, directory, &fd, e);
	if (r < 0)
		return r;
	link->founds = listener >= 0;
	link->fd = take_fd(&fd);
	return 0;
}

static int connect_to(const struct gateway_place *place, int *ret)
{
	cleanup_close int directory = open(place->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return directory < 0 ? -errno : client_connect(directory, place->socket, ret);
}

static int connect_to_holder(struct gateway_link *link, struct err *e)
{
	struct gateway_join join = {.version = GATEWAY_VERSION,
				    .has_links = link->place.links->n > 0,
				    .publishes = link->place.publishes,
				    .driver = link->place.driver,
				    .aliases = link->place.aliases,
				    .forward = link->place.forward};
	int r;

	close_fd(&link->fd);
	link->founds = false;
	if (link->place.alone || connect_to(&link->place, &link->fd) < 0) {
		r = found(&link->place, link, e);
		if (r < 0)
			return r;
	}
	snprintf(join.name, sizeof(join.name), "%s", link->place.network);
	snprintf(join.box, sizeof(join.box), "%s", link->place.box);
	/* If it has ended meanwhile, gateway_project() finds out. */
	channel_send(link->fd, &join, sizeof(join), NULL, 0);
	if (join.has_links)
		channel_send(link->fd, link->place.links, sizeof(*link->place.links), NULL, 0);
	channel_send(link->fd, link->place.policy, netpolicy_size(link->place.policy), NULL, 0);
	return 0;
}

int gateway_join(const struct gateway_place *place, struct gateway_link *ret, struct err *e)
{
	struct gateway_link link = {.place = *place, .fd = -1};
	int r = 0;

	if (strlen(place->network) > NETWORK_NAME_MAX)
		r = err_set(e, ENAMETOOLONG,
			    "the network's name '%s' is too long: %d bytes at most", place->network,
			    NETWORK_NAME_MAX);
	if (r == 0)
		r = connect_to_holder(&link, e);
	if (r == 0)
		*ret = link;
	return r;
}

/*
 * *ret_number, if it is an answer. Returns 0, with what else it says in *e; the error in the answer;
 * or -ERR_RETRY.
 */
static int receive_answer(const struct gateway_link *link, int *ret_fds, unsigned *ret_number,
			  struct err *e)
{
	struct gateway_answer answer;
	ssize_t n = channel_receive(link->fd, &answer, sizeof(answer), ret_fds);

	if (n != sizeof(answer))
		return err_set(e, ERR_RETRY, "the network's holder has ended");
	*ret_number = answer.number;
	*e = answer.err;
	if (e->code == 0)
		return 0;
	if (e->code == EEXIST || e->code == EPROTO || e->code == EADDRINUSE)
		return -e->code;
	return err_add(e,
		       "no network = %s on this machine ('network = host' uses this machine's; see "
		       "sandbox doctor)",
		       link->place.driver == DRIVER_PASTA ? "pasta" : "gateway");
}

static int send_message(const struct gateway_link *link, const void *data, size_t size,
			const int *fds, size_t n, struct err *e)
{
	int r = channel_send(link->fd, data, size, fds, n);

	return r < 0 && r != -EPIPE && r != -ECONNRESET
		       ? err_sys(e, -r, "cannot send a message to the network's holder")
		       : 0;
}

static int send_to_holder(const struct gateway_link *link, const int *fds, size_t n, struct err *e)
{
	return send_message(link, "", 1, fds, n, e);
}

/* Those that the holder has, and which it will be sent. */
static int receive_project(struct gateway_link *link, struct project *p, struct err *e)
{
	int fds[CHANNEL_FDS] = {-1, -1}, r = 0;
	unsigned number;

	for (int i = 0; i < ATTEMPTS && !link->founds; i++) {
		r = receive_answer(link, fds, &number, e);
		p->userns = fds[0];
		p->netns = fds[1];
		if (r != -ERR_RETRY)
			return r;
		project_clear(p);
		r = connect_to_holder(link, e);
		if (r < 0)
			return r;
	}
	return link->founds ? 0 : err_set(e, ETIMEDOUT, "the network's holder ends each time");
}

int gateway_project(struct gateway_link *link, struct project *ret, struct err *e)
{
	cleanup_project struct project p = PROJECT_INIT;
	int r = receive_project(link, &p, e);

	if (r < 0)
		return r;
	*ret = p;
	p = PROJECT_INIT;
	return 0;
}

int gateway_give_project(const struct gateway_link *link, const struct project *p, struct err *e)
{
	return send_to_holder(link, (int[]){p->userns, p->netns}, 2, e);
}

int gateway_publish(const struct gateway_link *link, const struct plan_port *port, struct err *e)
{
	struct gateway_port m = {
		.udp = port->udp, .box = htons(port->box), .localhost = port->fd < 0};

	return send_message(link, &m, sizeof(m), &port->fd, !m.localhost, e);
}

int gateway_give_box(const struct gateway_link *link, int pidfd, struct err *e)
{
	return send_to_holder(link, &pidfd, 1, e);
}

int gateway_wait(struct gateway_link *link, unsigned *ret_number, struct err *e)
{
	int fds[CHANNEL_FDS];
	int r = receive_answer(link, fds, ret_number, &link->note);

	if (r < 0)
		*e = link->note;
	return r == -ERR_RETRY
		       ? err_set(e, ECONNRESET, "the gateway was killed while the box started")
		       : r;
}

/* Has its holder gone? */
static bool is_dead(int directory, const char *socket)
{
	cleanup_close int fd = -1;
	int r = client_connect(directory, socket, &fd);

	return r == -ECONNREFUSED || r == -ENOENT;
}

/* name: what a holder that was killed would have removed itself; socket: that of the holder. */
static void remove_dead(int directory, const char *name, const char *socket)
{
	struct err ignored;

	if (!is_dead(directory, socket) || file_lock(directory, name, &ignored) < 0)
		return;
	/* Nobody starts one meanwhile. */
	if (is_dead(directory, socket))
		unlinkat(directory, name, 0);
	flock(directory, LOCK_UN);
}

/*
 * The part of a journal's name that is its holder's, if that is of a throw-away box: others are
 * kept.
 */
static const char *journal_socket(const char *name)
{
	static const char *const kinds[] = {NET_JOURNAL_NAME, NET_REFUSALS_NAME};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *socket = name + strlen(kinds[i]);

		if (starts_with(name, kinds[i]) && starts_with(socket, GATEWAY_SOCKET))
			return strlen(socket) < NET_PROJECT_NAME ? socket : NULL;
	}
	return NULL;
}

void gateway_sweep(int runtime_fd)
{
	cleanup_close int directory = openat(runtime_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_strv struct strv names = {0};
	struct err ignored;

	if (directory < 0 || dir_names(directory, ".", &names, &ignored) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		const char *name = names.v[i], *socket = journal_socket(name);

		if (starts_with(name, GATEWAY_SOCKET))
			socket = name;
		if (socket)
			remove_dead(directory, name, socket);
	}
}
