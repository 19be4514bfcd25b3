/*
 * links.c - the holder's side of links between projects (link.h).
 *
 * Both holders must name each other: each checks the other's name against its own project's file.
 * What connects to a holder's socket is a process of this user outside of boxes, so it is believed.
 */
#include "gateway/links.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/helper.h"
#include "base/mem.h"
#include "gateway/channel.h"

struct remote_network {
	unsigned number;
	char name[NETWORK_NAME_MAX + 1];
	int userns, netns; /* -1: it has ended */
};

struct link {
	struct gateway_link_to to; /* socket "": none */
	int fd;			   /* the connection to its holder; -1: none */
	struct remote_network *v;
	size_t n;
};

struct link *links_new(void)
{
	struct link *links = xcalloc(LINKS_MAX, sizeof(*links));

	for (size_t i = 0; i < LINKS_MAX; i++)
		links[i].fd = -1;
	return links;
}

int links_fd(const struct networks *all, size_t i)
{
	return all->links[i].fd;
}

static void order_all(const struct networks *all, const struct gateway_order *o)
{
	for (const struct network *n = all->first; n; n = n->next)
		network_order(n, o, NULL, 0);
}

static struct gateway_linked linked_of(const struct networks *all, const struct link *l,
				       const struct remote_network *r)
{
	struct gateway_linked is = {.link = (uint32_t)(l - all->links), .number = r->number};

	snprintf(is.name, sizeof(is.name), "%s%s%s", r->name, *r->name ? "." : "", l->to.label);
	return is;
}

struct making {
	const struct remote_network *in;
	int fds[LINK_SOCKETS];
	unsigned n;
};

static int make_sockets(void *arg, struct err *e)
{
	struct making *m = arg;

	if (setns(m->in->userns, CLONE_NEWUSER) < 0 || setns(m->in->netns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot join the linked project's network");
	for (unsigned i = 0; i < m->n; i++)
		m->fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return 0;
}

static void supply(const struct networks *all, const struct network *n, const struct link *l,
		   const struct remote_network *in, unsigned count)
{
	struct gateway_order o = {.type = ORDER_LINK_SOCKET, .linked = linked_of(all, l, in)};
	struct making m = {.in = in, .n = count};
	struct err ignored;

	for (unsigned i = 0; i < LINK_SOCKETS; i++)
		m.fds[i] = -1;
	if (n->gateway >= 0)
		helper_run(make_sockets, &m, &ignored);
	for (unsigned i = 0; i < LINK_SOCKETS; i++) {
		if (m.fds[i] >= 0)
			network_order(n, &o, &m.fds[i], 1);
		close_fd(&m.fds[i]);
	}
}

static void tell_one(const struct networks *all, const struct network *n, const struct link *l,
		     const struct remote_network *r)
{
	struct gateway_order o = {.type = ORDER_LINKED, .linked = linked_of(all, l, r)};

	network_order(n, &o, NULL, 0);
	supply(all, n, l, r, LINK_SOCKETS);
}

/* A network of a linked project has ended. */
static void lose(const struct networks *all, const struct link *l, struct remote_network *r)
{
	struct gateway_order o = {.type = ORDER_LINKED, .linked = linked_of(all, l, r)};

	*o.linked.name = '\0';
	order_all(all, &o);
	close_fd(&r->userns);
	close_fd(&r->netns);
}

static void hang_up(const struct networks *all, struct link *l)
{
	for (size_t i = 0; i < l->n; i++)
		lose(all, l, &l->v[i]);
	free(take_ptr(l->v));
	l->n = 0;
	close_fd(&l->fd);
}

void links_set(struct networks *all, const struct gateway_links *to)
{
	for (size_t i = 0; i < LINKS_MAX; i++) {
		static const struct gateway_link_to none;
		const struct gateway_link_to *now = i < to->n ? &to->to[i] : &none;
		struct link *l = &all->links[i];

		if (memcmp(&l->to, now, sizeof(*now)) == 0)
			continue;
		hang_up(all, l);
		l->to = *now;
	}
}

static int connect_to(int directory, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	cleanup_close int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/%s", directory, name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return take_fd(&fd);
}

void links_connect(struct networks *all, int directory, const char *own)
{
	struct gateway_join join = {.version = GATEWAY_VERSION, .purpose = GATEWAY_LINK};
	struct gateway_peer peer = {0};

	snprintf(peer.socket, sizeof(peer.socket), "%s", own);
	for (size_t i = 0; i < LINKS_MAX; i++) {
		struct link *l = &all->links[i];

		if (!*l->to.socket || l->fd >= 0)
			continue;
		l->fd = connect_to(directory, l->to.socket);
		if (l->fd < 0)
			continue;
		channel_send(l->fd, &join, sizeof(join), NULL, 0);
		channel_send(l->fd, &peer, sizeof(peer), NULL, 0);
	}
}

bool links_any(const struct networks *all)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (*all->links[i].to.socket)
			return true;
	return false;
}

bool links_name(const struct networks *all, const char *socket)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (*socket && streq(all->links[i].to.socket, socket))
			return true;
	return false;
}

static struct remote_network *remote(struct link *l, unsigned number)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].number == number)
			return &l->v[i];
	l->v = xrealloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct remote_network){.number = number, .userns = -1, .netns = -1};
	return &l->v[l->n++];
}

void links_receive(struct networks *all, size_t i)
{
	struct link *l = &all->links[i];
	int fds[CHANNEL_FDS];
	struct gateway_name name;
	ssize_t n = channel_receive(l->fd, &name, sizeof(name), fds);
	struct remote_network *r;

	if (n != sizeof(name) || name.number > NETWORK_LAST ||
	    !memchr(name.name, '\0', sizeof(name.name))) {
		for (int k = 0; k < CHANNEL_FDS; k++)
			close_fd(&fds[k]);
		hang_up(all, l);
		return;
	}
	r = remote(l, name.number);
	if (r->netns >= 0)
		lose(all, l, r);
	memcpy(r->name, name.name, sizeof(r->name));
	r->userns = fds[0];
	r->netns = fds[1];
	for (const struct network *own = all->first; r->netns >= 0 && own; own = own->next)
		tell_one(all, own, l, r);
}

void links_show(const struct networks *all, int fd, bool *shown)
{
	for (const struct network *n = all->first; n; n = n->next) {
		const int fds[] = {all->userns, n->netns};
		struct gateway_name name = {.number = n->number};

		if (n->up == shown[n->number])
			continue;
		shown[n->number] = n->up;
		memcpy(name.name, n->name, sizeof(name.name));
		channel_send(fd, &name, sizeof(name), fds, n->up ? 2 : 0);
	}
}

void links_tell(const struct networks *all, const struct network *n)
{
	for (size_t i = 0; i < LINKS_MAX; i++)
		for (size_t k = 0; k < all->links[i].n; k++)
			if (all->links[i].v[k].netns >= 0)
				tell_one(all, n, &all->links[i], &all->links[i].v[k]);
}

void links_supply(const struct networks *all, const struct network *n,
		  const struct gateway_wanted *wanted)
{
	const struct link *l = wanted->link < LINKS_MAX ? &all->links[wanted->link] : NULL;

	for (size_t i = 0; l && i < l->n; i++)
		if (l->v[i].number == wanted->number && l->v[i].netns >= 0)
			supply(all, n, l, &l->v[i], 1);
}
