/*
 * holder.c - the holder of a box's network, for the commands that ask it.
 */
#include "start/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/path.h"
#include "gateway/channel.h"
#include "launch/client.h"
#include "launch/gateway.h"
#include "netpolicy/journal.h"

#define PORTS_MAX 4096	/* of a box, with those that are forwarded */
#define WAIT_MS	  10000 /* for a holder that was stopped */

char *holder_socket_of(const char *project)
{
	return xasprintf(GATEWAY_SOCKET "%s", store_key(project).hex);
}

char *holder_socket(const struct box *b, const char *network)
{
	/* A box that runs keeps the network of its start, wherever the project is moved. */
	const char *project = b->moved_from ? b->moved_from : box_belongs_to(b);

	if (!project || (b->temporary && !network))
		return xasprintf(GATEWAY_SOCKET "%s", b->id);
	return holder_socket_of(project);
}

int holder_open_journal(const struct store *s, const struct box *b, bool make, int *ret_fd,
			struct err *e)
{
	cleanup_free char *socket = holder_socket(b, NULL);
	cleanup_free char *name = xasprintf(NET_JOURNAL_NAME "%s", socket);
	int fd = openat(s->runtime_fd, name,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (make ? O_CREAT : 0), 0600);

	if (fd < 0)
		return err_sys(e, errno, "cannot open '%s/%s'", s->runtime, name);
	*ret_fd = fd;
	return 0;
}

char *holder_refusals(const struct store *s, const struct box *b)
{
	cleanup_free char *socket = holder_socket(b, NULL);
	cleanup_free char *name = xasprintf(NET_REFUSALS_NAME "%s", socket);
	cleanup_close int fd = openat(s->runtime_fd, name,
				      O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? NULL : path_join(s->runtime, name);
}

/* Returns 0, or -ESRCH: there is none. */
static int reach(const struct box *b, int *ret_fd)
{
	cleanup_close int directory = openat(b->run_fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_free char *alone = holder_socket(b, NULL), *project = holder_socket(b, "");

	/* A throw-away box is alone, or has a network of its own in its project. */
	return directory >= 0 && (client_connect(directory, alone, ret_fd) == 0 ||
				  client_connect(directory, project, ret_fd) == 0)
		       ? 0
		       : -ESRCH;
}

bool holder_lives(const struct box *b)
{
	cleanup_close int fd = -1;

	return reach(b, &fd) == 0;
}

/* Returns 0, or -ESRCH: there is none. */
static int ask(const struct box *b, enum gateway_purpose purpose, int *ret_fd)
{
	struct gateway_join join = {.version = GATEWAY_VERSION, .purpose = purpose};
	const struct timeval wait = {.tv_sec = WAIT_MS / 1000};
	cleanup_close int fd = -1;

	if (reach(b, &fd) < 0)
		return -ESRCH;
	snprintf(join.box, sizeof(join.box), "%s", b->id);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (channel_send(fd, &join, sizeof(join), NULL, 0) < 0)
		return -ESRCH;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int by_port(const void *a, const void *b)
{
	const struct gateway_shown *x = a, *y = b;

	if (x->port.box != y->port.box)
		return ntohs(x->port.box) < ntohs(y->port.box) ? -1 : 1;
	return x->port.id < y->port.id ? -1 : x->port.id > y->port.id;
}

int holder_ports(const struct box *b, struct gateway_shown **ret, size_t *ret_n, struct err *e)
{
	cleanup_free struct gateway_shown *v = NULL;
	cleanup_close int fd = -1;
	int fds[CHANNEL_FDS];
	ssize_t n = 0;

	if (b->run_fd >= 0 && ask(b, GATEWAY_LIST, &fd) == 0) {
		v = xcalloc(PORTS_MAX, sizeof(*v));
		n = channel_receive(fd, v, PORTS_MAX * sizeof(*v), fds);
	}
	if (n < 0 && n != -ECONNRESET)
		return err_sys(e, (int)-n, "the holder of the network of box '%s' does not answer",
			       b->name);
	n = n < 0 ? 0 : n / (ssize_t)sizeof(*v);
	if (n)
		qsort(v, (size_t)n, sizeof(*v), by_port);
	*ret = take_ptr(v);
	*ret_n = (size_t)n;
	return 0;
}

int holder_publish(const struct box *b, const struct plan_port *v, size_t n, struct err *e)
{
	cleanup_close int fd = -1;
	struct gateway_answer answer;
	int fds[CHANNEL_FDS], r = b->run_fd < 0 ? -ESRCH : ask(b, GATEWAY_ADD, &fd);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct gateway_port m = {.udp = v[i].udp, .box = htons(v[i].box)};

		r = channel_send(fd, &m, sizeof(m), &v[i].fd, 1);
	}
	if (r == 0)
		r = channel_send(fd, "", 1, NULL, 0);
	if (r == 0 && channel_receive(fd, &answer, sizeof(answer), fds) != sizeof(answer))
		r = -ESRCH;
	if (r == -ESRCH)
		return err_set(e, ESRCH,
			       "box '%s' has no network of its own: it needs 'network = gateway'",
			       b->name);
	if (r < 0)
		return err_sys(e, -r, "cannot publish ports of box '%s'", b->name);
	if (answer.err.code) {
		*e = answer.err;
		return err_add(e, "cannot publish ports of box '%s'", b->name);
	}
	return 0;
}
