/*
 * identity_start.c - pid 1's side of the identity supervisor: starting it.
 *
 * A session of box-root needs it from the start, so it is started with the session. Most of your
 * sessions never need it, so pid 1 keeps their listeners: the supervisor is started by the first
 * call that waits for an answer, or by a listener too many for pid 1 to keep. No call is read here.
 */
#include "launch/identity_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "launch/identity.h"
#include "launch/seccomp.h"

void identity_prepare(struct server *srv)
{
	int pair[2];

	if (srv->for_sudo || srv->policy.identity >= 0 || !identity_supported() ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return;
	srv->policy.identity = pair[0];
	srv->held.socket = pair[1];
}

/* Returns when the supervisor serves its socket. */
static int fork_supervisor(const struct server *srv, pid_t *ret)
{
	cleanup_close int ready = -1, its = -1;
	char byte;
	int pair[2];
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -errno;
	ready = pair[0];
	its = pair[1];
	pid = fork();
	if (pid == 0)
		identity_run(srv->held.socket, its, srv->policy.seccomp_flags & SECCOMP_OWNERS);
	if (pid < 0)
		return -errno;
	*ret = pid;
	close_fd(&its);
	/* One that fails ends; it is reaped as any other process. */
	return read(ready, &byte, 1) == 1 ? 0 : -ECANCELED;
}

int identity_start(struct server *srv)
{
	struct message m = {.type = MESSAGE_LISTENER};
	struct held *h = &srv->held;
	int r;

	if (h->socket < 0)
		return 0;
	while (h->n > 0) {
		message_send(srv->policy.identity, &m, &h->fds[--h->n], 1, MSG_DONTWAIT);
		close_fd(&h->fds[h->n]);
	}
	r = fork_supervisor(srv, &srv->identity_pid);
	if (r < 0)
		close_fd(&srv->policy.identity);
	close_fd(&h->socket);
	return r;
}

void identity_poll(const struct server *srv, struct pollfd *p)
{
	const struct held *h = &srv->held;

	p[POLLED_IDENTITY] = (struct pollfd){.fd = h->socket, .events = POLLIN};
	for (size_t i = 0; i < MAX_HELD; i++)
		p[POLLED_HELD + i] = (struct pollfd){.fd = i < h->n ? h->fds[i] : -1,
						     .events = POLLIN};
}

static void take_listener(struct server *srv)
{
	int fds[PROTOCOL_MAX_FDS], n_fds = 0;
	struct held *h = &srv->held;
	struct message m;
	int r = message_receive(h->socket, &m, fds, &n_fds, MSG_DONTWAIT);

	if (r == 1 && n_fds == 1 && m.type == MESSAGE_LISTENER) {
		h->fds[h->n++] = fds[0];
		if (h->n == MAX_HELD)
			identity_start(srv);
		return;
	}
	for (int i = 0; r == 1 && i < n_fds; i++)
		close_fd(&fds[i]);
}

void identity_polled(struct server *srv, const struct pollfd *p)
{
	struct held *h = &srv->held;

	for (size_t i = h->n; i-- > 0;) {
		if (p[POLLED_HELD + i].revents & POLLIN) {
			identity_start(srv);
			return;
		}
		if (p[POLLED_HELD + i].revents) { /* no process is left under its filter */
			close_fd(&h->fds[i]);
			h->fds[i] = h->fds[--h->n];
		}
	}
	if (p[POLLED_IDENTITY].revents)
		take_listener(srv);
}

void identity_ended(struct server *srv)
{
	srv->identity_pid = 0;
	close_fd(&srv->policy.identity);
}

void identity_forget(struct server *srv)
{
	close_fd(&srv->held.socket);
	while (srv->held.n > 0)
		close_fd(&srv->held.fds[--srv->held.n]);
}
