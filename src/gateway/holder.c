/*
 * holder.c - the process that keeps a project's networks: what launchers ask it, and how long it
 * stays.
 *
 * Whoever is missing a namespace makes it, since the kernel takes longest for that, and the
 * launcher would only wait; one launcher at a time, so that all get the same. A launcher, a box or
 * a gateway may be killed at any point: what it had in use is then given up.
 */
#include "gateway/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "gateway/channel.h"
#include "gateway/contract.h"
#include "gateway/fallback.h"
#include "gateway/host_route.h"
#include "gateway/links.h"
#include "gateway/network.h"
#include "gateway/servers.h"

#define NAME_SIZE 256 /* of a file in the holder's directory, with its end */

enum client_state {
	CLIENT_NEW,
	CLIENT_LINKS, /* its network is known, and not yet what its project is linked to */
	CLIENT_NAMED, /* its network is known, and not yet the policy */
	CLIENT_WAITS, /* for what another one makes */
	CLIENT_MAKES, /* what is missing of its network */
	CLIENT_JOINED,
	CLIENT_STARTED, /* its box is in the network */
	CLIENT_ADDS,	/* ports to a box that runs */
	CLIENT_PEER,	/* the holder of a linked project, not named yet */
	CLIENT_LINKED,	/* one that is told our networks */
	CLIENT_REFUSED, /* and has been told why: what else it sends is not looked at */
};

struct client {
	int fd; /* -1: to be forgotten */
	enum client_state state;
	bool founder; /* it has started the holder, and makes the first network */
	bool told;    /* that the network is up */
	struct network *network;
	enum gateway_driver driver;
	char box[GATEWAY_BOX_MAX + 1];
	bool forward, publishes;
	bool *shown;		 /* LINKED: networks that it has, by number */
	struct ports_kept ports; /* of the box, until that is there, or all of them are */
};

struct holder {
	struct networks networks;
	struct client *clients;
	size_t n_clients;
	bool had_box;	 /* a client has started its box */
	bool made_files; /* the journal and the refusals are new */
	int watch;	 /* tells that the name servers may have changed; -1: nothing does */
	struct pollfd *polls;
};

static void answer(struct client *c, const struct err *error, const int *fds, size_t n_fds)
{
	struct gateway_answer a = {.number = c->network ? c->network->number : 0};

	if (error)
		a.err = *error;
	channel_send(c->fd, &a, sizeof(a), fds, n_fds);
	if (!error)
		return;
	/* Closed before all was read that it sends meanwhile, it would read an error instead. */
	c->state = CLIENT_REFUSED;
	c->network = NULL;
}

static void refuse(struct client *c, int code, const char *why)
{
	struct err e;

	err_set(&e, code, "%s", why);
	answer(c, &e, NULL, 0);
}

/* Has somebody else been told to make what this client needs? */
static bool is_being_made(const struct holder *h, const struct client *c)
{
	for (size_t i = 0; i < h->n_clients; i++) {
		const struct client *other = &h->clients[i];

		if (other->fd < 0 || other == c)
			continue;
		if (other->state == CLIENT_MAKES &&
		    (h->networks.userns < 0 || other->network == c->network))
			return true;
		if (other->state <= CLIENT_NAMED && other->founder)
			return true;
	}
	return false;
}

/* Its gateway starts at the same time. */
static void let_make(struct holder *h, struct client *c)
{
	struct err e = {0};

	c->state = CLIENT_MAKES;
	if (c->network->gateway < 0 && network_start(&h->networks, c->network, &e) < 0)
		answer(c, &e, NULL, 0);
}

static void join(struct holder *h, struct client *c)
{
	const int fds[] = {h->networks.userns, c->network->netns};

	if (fds[1] >= 0) {
		answer(c, NULL, fds, 2);
		c->state = CLIENT_JOINED;
	} else if (!is_being_made(h, c)) {
		answer(c, NULL, fds, fds[0] >= 0);
		let_make(h, c);
	}
}

static void list_ports(const struct holder *h, struct client *c)
{
	cleanup_free struct gateway_shown *v = NULL;
	struct network *n = NULL;
	const struct network_box *b = networks_find_box(&h->networks, c->box, &n);
	size_t count = 0;

	if (b)
		ports_kept_show(&n->ports, b->pidfd, &v, &count);
	if (count)
		channel_send(c->fd, v, count * sizeof(*v), NULL, 0);
	close_fd(&c->fd);
}

/* pasta has its ports from its command line, before there is a box. */
static void refuse_ports(struct client *c, const struct network *n)
{
	refuse(c, EEXIST,
	       n->asked == DRIVER_GATEWAY
		       ? "pasta carries the network, since this machine can have no gateway, and "
			 "publishes no ports"
		       : "pasta publishes no ports: they need 'network = gateway'");
}

/* Publishes what this client has sent, for a box that runs. */
static void add_ports(struct holder *h, struct client *c)
{
	struct network *n = NULL;
	const struct network_box *b = networks_find_box(&h->networks, c->box, &n);

	if (!b) {
		refuse(c, ESRCH, "the box has no network of its own");
		return;
	}
	if (n->driver == DRIVER_PASTA) {
		refuse_ports(c, n);
		return;
	}
	network_add_ports(n, b->pidfd, &c->ports);
	answer(c, NULL, NULL, 0);
	close_fd(&c->fd);
}

/* Has it a box, or a client other than that one? One that has gone in this round is none. */
static bool is_used(const struct holder *h, const struct network *n, const struct client *but)
{
	for (size_t i = 0; i < h->n_clients; i++) {
		const struct client *c = &h->clients[i];

		if (c->fd >= 0 && c->network == n && c != but)
			return true;
	}
	return n->n_boxes > 0;
}

/* Do its texts end? */
static bool is_whole(const struct gateway_join *j)
{
	for (size_t i = 0; i < NETWORK_ALIASES; i++)
		if (!memchr(j->aliases.name[i], '\0', sizeof(j->aliases.name[i])))
			return false;
	return memchr(j->name, '\0', sizeof(j->name)) && memchr(j->box, '\0', sizeof(j->box));
}

static void on_join(struct holder *h, struct client *c, const struct gateway_join *j, ssize_t len)
{
	if (len != sizeof(*j) || j->version != GATEWAY_VERSION) {
		refuse(c, EPROTO,
		       "the project's network was started by another version of sandbox: stop the "
		       "project's boxes first");
		return;
	}
	if (!is_whole(j)) {
		close_fd(&c->fd);
		return;
	}
	memcpy(c->box, j->box, sizeof(c->box));
	c->driver = j->driver;
	c->forward = j->forward;
	c->publishes = j->publishes;
	if (j->purpose == GATEWAY_LIST)
		list_ports(h, c);
	if (j->purpose == GATEWAY_ADD)
		c->state = CLIENT_ADDS;
	if (j->purpose == GATEWAY_LINK)
		c->state = CLIENT_PEER;
	if (j->purpose != GATEWAY_JOIN)
		return;
	c->network = networks_find(&h->networks, j->name, &j->aliases);
	if (!c->network)
		refuse(c, ENOSPC, "the project has too many networks");
	else
		c->state = j->has_links ? CLIENT_LINKS : CLIENT_NAMED;
	if (!j->has_links)
		links_set(&h->networks, &(struct gateway_links){0});
}

/* The holder's name in its directory: what its launcher has called the socket. */
static const char *own_name(char *out, size_t size)
{
	struct sockaddr_un addr = {0};
	socklen_t len = sizeof(addr) - 1; /* ends with a zero byte */

	*out = '\0';
	if (getsockname(GATEWAY_LISTEN_FD, (struct sockaddr *)&addr, &len) == 0)
		snprintf(out, size, "%s", path_basename(addr.sun_path));
	return out;
}

static void on_links(struct holder *h, struct client *c, const struct gateway_links *l, ssize_t len)
{
	char name[NAME_SIZE];

	if (len != sizeof(*l) || l->n > LINKS_MAX) {
		close_fd(&c->fd);
		return;
	}
	links_set(&h->networks, l);
	links_connect(&h->networks, GATEWAY_CACHE_FD, own_name(name, sizeof(name)));
	c->state = CLIENT_NAMED;
}

/* The holder of a project that names ours; it may have started a moment ago. */
static void on_peer(struct holder *h, struct client *c, const struct gateway_peer *p, ssize_t len)
{
	char name[NAME_SIZE];

	if (len != sizeof(*p) || !memchr(p->socket, '\0', sizeof(p->socket)) ||
	    !links_name(&h->networks, p->socket)) {
		close_fd(&c->fd);
		return;
	}
	c->state = CLIENT_LINKED;
	c->shown = xcalloc(NETWORK_LAST + 1, sizeof(*c->shown));
	links_connect(&h->networks, GATEWAY_CACHE_FD, own_name(name, sizeof(name)));
}

static void on_policy(struct holder *h, struct client *c, const struct netpolicy *policy,
		      size_t len)
{
	bool used = is_used(h, c->network, c);

	if (!netpolicy_is_whole(policy, len))
		close_fd(&c->fd);
	else if (c->driver == DRIVER_PASTA && *c->network->name)
		refuse(c, EEXIST,
		       "a service needs 'network = gateway': pasta carries only one network");
	else if (c->driver == DRIVER_PASTA && links_any(&h->networks))
		refuse(c, EEXIST, "[network] links needs 'network = gateway'");
	else if (!network_set_policy(c->network, policy, used))
		refuse(c, EEXIST,
		       "the project's boxes run with another [network] policy: stop them first");
	else if (!fallback_choose(&h->networks, c->network, c->driver, used))
		refuse(c, EEXIST, "the project's boxes run with another network: stop them first");
	else if (c->publishes && c->network->driver == DRIVER_PASTA)
		refuse_ports(c, c->network);
	else if (c->founder)
		let_make(h, c);
	else
		c->state = CLIENT_WAITS;
}

/* The network could not be set up, so that there is none. */
static void fail(struct holder *h, struct network *n, const struct err *e)
{
	for (size_t i = 0; i < h->n_clients; i++)
		if (h->clients[i].fd >= 0 && h->clients[i].network == n)
			answer(&h->clients[i], e, NULL, 0);
	network_end(&h->networks, n);
}

static void take(struct holder *h, struct client *c, int *fds)
{
	struct err e = {0};

	c->state = CLIENT_JOINED;
	if (network_take(&h->networks, c->network, take_fd(&fds[0]), take_fd(&fds[1]), &e) < 0)
		fail(h, c->network, &e);
}

static void add_box(struct holder *h, struct client *c, int pidfd)
{
	struct err e = {0};

	network_add_ports(c->network, pidfd, &c->ports);
	network_add_box(c->network, pidfd, c->box, c->forward);
	c->state = CLIENT_STARTED;
	h->had_box = true;
	if (network_open_localhost(&h->networks, c->network, &e) < 0)
		answer(c, &e, NULL, 0);
}

/* Takes those of fds that it keeps. port: NULL if the message is none. */
static void on_message(struct holder *h, struct client *c, const struct gateway_port *port,
		       int *fds)
{
	if ((c->state == CLIENT_JOINED || c->state == CLIENT_ADDS) && port &&
	    (fds[0] >= 0 || port->localhost)) {
		ports_kept_add(&c->ports, take_fd(&fds[0]), port);
	} else if (c->state == CLIENT_MAKES && fds[1] >= 0) {
		take(h, c, fds);
	} else if (c->state == CLIENT_JOINED && fds[0] >= 0) {
		add_box(h, c, take_fd(&fds[0]));
	} else if (c->state == CLIENT_ADDS) {
		add_ports(h, c);
	} else {
		close_fd(&c->fd);
	}
}

static void on_client(struct holder *h, struct client *c)
{
	static union { /* large */
		struct gateway_join join;
		struct gateway_port port;
		struct netpolicy policy;
		struct gateway_links links;
		struct gateway_peer peer;
	} m;
	int fds[CHANNEL_FDS];
	ssize_t n = channel_receive(c->fd, &m, sizeof(m), fds);

	if (n <= 0)
		close_fd(&c->fd);
	else if (c->state == CLIENT_REFUSED)
		;
	else if (c->state == CLIENT_NEW)
		on_join(h, c, &m.join, n);
	else if (c->state == CLIENT_LINKS)
		on_links(h, c, &m.links, n);
	else if (c->state == CLIENT_PEER)
		on_peer(h, c, &m.peer, n);
	else if (c->state == CLIENT_NAMED)
		on_policy(h, c, &m.policy, (size_t)n);
	else
		on_message(h, c, n == sizeof(m.port) ? &m.port : NULL, fds);
	for (int i = 0; i < CHANNEL_FDS; i++)
		close_fd(&fds[i]);
}

static void add_client(struct holder *h, struct client c)
{
	h->clients = xrealloc(h->clients, h->n_clients + 1, sizeof(*h->clients));
	h->clients[h->n_clients++] = c;
}

static void accept_clients(struct holder *h)
{
	int fd;

	while ((fd = accept4(GATEWAY_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		add_client(h, (struct client){.fd = fd});
}

/* *e: why the network has no gateway, and no pasta in its place. */
static bool fall_back(struct holder *h, struct network *n, struct err *e)
{
	for (size_t i = 0; i < h->n_clients; i++)
		if (h->clients[i].network == n && h->clients[i].publishes)
			return false;
	return fallback_take(&h->networks, n, e) && network_start(&h->networks, n, e) == 0;
}

/* The gateway has said how its start went, or what listens, or has ended. */
static void on_gateway(struct holder *h, struct network *n)
{
	union {
		struct err error;
		struct gateway_listening listening;
		struct gateway_wanted wanted;
	} m = {0};
	int fds[CHANNEL_FDS];
	ssize_t len = channel_receive(n->gateway, &m, sizeof(m), fds);
	struct err e = m.error;

	for (int i = 0; i < CHANNEL_FDS; i++)
		close_fd(&fds[i]);
	if (len == sizeof(m.listening)) {
		network_forward(n, &m.listening);
		return;
	}
	if (len == sizeof(m.wanted)) {
		links_supply(&h->networks, n, &m.wanted);
		return;
	}
	if (len == sizeof(e) && e.code == 0) {
		if (!n->up && network_is_up(&h->networks, n, &e) < 0)
			fail(h, n, &e);
		return;
	}
	network_stop(&h->networks, n);
	if (len != sizeof(e))
		err_set(&e, ECHILD, "the gateway ended while it set up the network");
	if (!n->up && !fall_back(h, n, &e))
		fail(h, n, &e);
}

static void on_change(struct holder *h)
{
	if (!servers_changed(h->watch))
		return;
	servers_read(&h->networks.servers);
	networks_tell_servers(&h->networks);
}

/* Each round of the loop asks for them in this order, and looks at them in the same. */
static size_t collect(struct holder *h)
{
	size_t n = 2 + LINKS_MAX + h->n_clients, at = 0;

	for (struct network *net = h->networks.first; net; net = net->next)
		n += 1 + net->n_boxes;
	h->polls = xrealloc(h->polls, n, sizeof(*h->polls));
	h->polls[at++] = (struct pollfd){.fd = GATEWAY_LISTEN_FD, .events = POLLIN};
	h->polls[at++] = (struct pollfd){.fd = h->watch, .events = POLLIN};
	for (size_t i = 0; i < LINKS_MAX; i++)
		h->polls[at++] = (struct pollfd){.fd = links_fd(&h->networks, i), .events = POLLIN};
	for (size_t i = 0; i < h->n_clients; i++)
		h->polls[at++] = (struct pollfd){.fd = h->clients[i].fd, .events = POLLIN};
	for (struct network *net = h->networks.first; net; net = net->next) {
		h->polls[at++] = (struct pollfd){.fd = net->gateway, .events = POLLIN};
		for (size_t i = 0; i < net->n_boxes; i++)
			h->polls[at++] = (struct pollfd){.fd = net->boxes[i].pidfd,
							 .events = POLLIN};
	}
	return n;
}

/* Forgets the boxes that have ended: *polls are theirs. */
static void forget_boxes(struct network *n, const struct pollfd *polls)
{
	size_t left = 0;

	for (size_t i = 0; i < n->n_boxes; i++) {
		if (polls[i].revents)
			network_forget_box(n, n->boxes[i].pidfd);
		else
			n->boxes[left++] = n->boxes[i];
	}
	n->n_boxes = left;
}

static void dispatch(struct holder *h)
{
	const struct pollfd *links = h->polls + 2, *p = links + LINKS_MAX;
	const struct pollfd *of_networks = p + h->n_clients;

	/* Networks first: what clients ask may add to them. */
	for (struct network *n = h->networks.first; n; n = n->next) {
		const struct pollfd *gateway = of_networks++;

		of_networks += n->n_boxes;
		forget_boxes(n, gateway + 1);
		if (gateway->revents)
			on_gateway(h, n);
	}
	for (size_t i = 0; i < LINKS_MAX; i++)
		if (links[i].revents)
			links_receive(&h->networks, i);
	/*
	 * All that a client has sent, and that it has gone: what those ask that came after it depends
	 * on that.
	 */
	for (size_t i = 0; i < h->n_clients; i++)
		if (p[i].revents && h->clients[i].fd >= 0)
			do
				on_client(h, &h->clients[i]);
			while (h->clients[i].fd >= 0 && clock_wait_readable(h->clients[i].fd, 0));
	if (h->polls[0].revents)
		accept_clients(h);
	if (h->polls[1].revents)
		on_change(h);
}

/* With a word about what carries it, if that is not what was asked for. */
static void tell_up(const struct holder *h, struct client *c)
{
	struct gateway_answer a = {.number = c->network->number};

	if (c->network->driver != c->network->asked)
		err_set(&a.err, 0,
			"pasta carries the network, since this machine can have no gateway (%s): "
			"the "
			"box can reach this machine, but for its loopback",
			h->networks.missing.msg);
	channel_send(c->fd, &a, sizeof(a), NULL, 0);
}

static void serve_waiting(struct holder *h)
{
	for (size_t i = 0; i < h->n_clients; i++) {
		struct client *c = &h->clients[i];

		if (c->state == CLIENT_WAITS)
			join(h, c);
		if (c->network && c->state >= CLIENT_JOINED && c->network->up && !c->told) {
			tell_up(h, c);
			c->told = true;
			/*
			 * Leave the launcher's session, by the first of these calls, and not before a
			 * box can start: where the kernel shares the processors between sessions, a
			 * busy machine lets a process wait that begins one.
			 */
			setsid();
		}
		if (c->state == CLIENT_LINKED)
			links_show(&h->networks, c->fd, c->shown);
	}
}

static void forget_client(struct client *c)
{
	ports_kept_clear(&c->ports);
	free(take_ptr(c->shown));
}

/* Does anybody need the holder but those of linked projects? */
static bool has_clients(const struct holder *h)
{
	for (size_t i = 0; i < h->n_clients; i++)
		if (h->clients[i].state != CLIENT_LINKED)
			return true;
	return false;
}

/* Forgets those that have gone. False: none has. */
static bool forget_clients(struct holder *h)
{
	size_t left = 0, n = h->n_clients;

	for (size_t i = 0; i < n; i++)
		if (h->clients[i].fd >= 0)
			h->clients[left++] = h->clients[i];
		else
			forget_client(&h->clients[i]);
	h->n_clients = left;
	return left < n;
}

/* After each round. False: nobody needs the project any more. */
static bool settle(struct holder *h)
{
	bool used = false;

	do /* what one was to make, the next one may have to */
		serve_waiting(h);
	while (forget_clients(h));
	for (struct network *n = h->networks.first; n; n = n->next) {
		if (is_used(h, n, NULL))
			used = true;
		else
			network_end(&h->networks, n);
	}
	if (!used)
		networks_end(&h->networks);
	return used || has_clients(h);
}

static void serve(struct holder *h)
{
	while (settle(h)) {
		int wait = networks_restart(&h->networks);
		size_t n = collect(h);

		if (poll(h->polls, n, wait) >= 0)
			dispatch(h);
		networks_reap(&h->networks);
	}
}

/* A file of the same name, but for its beginning. */
static const char *name_with(const char *begin, char *out)
{
	char name[NAME_SIZE / 2];

	snprintf(out, NAME_SIZE, "%s%s", begin, own_name(name, sizeof(name)));
	return out;
}

static void open_files(struct holder *h)
{
	struct networks *n = &h->networks;
	char name[NAME_SIZE];

	name_with(NET_JOURNAL_NAME, name);
	h->made_files = faccessat(GATEWAY_CACHE_FD, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0;
	n->journal = net_journal_map(GATEWAY_CACHE_FD, name);
	n->refusals = openat(GATEWAY_CACHE_FD, name_with(NET_REFUSALS_NAME, name),
			     O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * Removes the socket's name, so that the next launcher starts another holder, and lets go of those
 * that have connected meanwhile, who then do the same. Nobody has replaced it: we still listen.
 */
static void leave(const struct holder *h)
{
	char name[NAME_SIZE], file[NAME_SIZE];
	int fd;

	own_name(name, sizeof(name));
	unlinkat(GATEWAY_CACHE_FD, name, 0);
	/* A throw-away box leaves nothing, nor does one of a project that has not started. */
	if (strlen(name) < NET_PROJECT_NAME || (h->made_files && !h->had_box)) {
		unlinkat(GATEWAY_CACHE_FD, name_with(NET_JOURNAL_NAME, file), 0);
		unlinkat(GATEWAY_CACHE_FD, name_with(NET_REFUSALS_NAME, file), 0);
	}
	while ((fd = accept4(GATEWAY_LISTEN_FD, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
}

int holder_run(void)
{
	/* It ends with its boxes; until the first can start it is in the session of a launcher. */
	static const int ignored[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	struct holder h = {.networks = NETWORKS_INIT, .watch = -1};
	struct err e = {0};

	/* What the launcher's caller has open: a pipe would not end before the network. */
	close_range(GATEWAY_END_FD, ~0U, 0);
	h.networks.links = links_new();
	h.networks.started = links_tell;
	(void)!chdir("/"); /* else the launcher's directory could not be unmounted */
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (host_route_init(&e) == 0)
		h.networks.ipv6 = host_route_has_ipv6();
	open_files(&h);
	fallback_read(&h.networks);
	servers_read(&h.networks.servers);
	h.watch = servers_watch();
	add_client(&h, (struct client){.fd = GATEWAY_FOUNDER_FD, .founder = true});
	serve(&h);
	leave(&h);
	return 0;
}
