/*
 * network.c - a network of a project: its namespace, its boxes, and the process that is its
 * gateway.
 *
 * The holder reads no byte of a box, so it keeps what a gateway must not have: the namespaces, by
 * which the next one gets in, and the sockets of published ports. It keeps none of the gateway's
 * own sockets: with a copy, those of a gateway that was killed would live on, without anyone to
 * serve them.
 */
#include "gateway/network.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/proc.h"
#include "gateway/channel.h"
#include "gateway/gateway.h"
#include "gateway/listen.h"
#include "gateway/pasta.h"
#include "gateway/servers.h"
#include "gateway/setup_bridge.h"

#define RESTART_MS 1000 /* between two starts: one that ends at once must not burn a processor */

void network_order(const struct network *n, const struct gateway_order *o, const int *fds,
		   size_t n_fds)
{
	/* Of the others pasta knows nothing. */
	if (n->gateway >= 0 && (n->driver == DRIVER_GATEWAY || o->type == ORDER_PROJECT))
		channel_send(n->gateway, o, sizeof(*o), fds, n_fds);
}

/* With the host's hosts(5), which the gateway reads itself: its lines may be anybody's. */
static void tell_servers(const struct networks *all, const struct network *n)
{
	struct gateway_order o = {.type = ORDER_SERVERS, .servers = all->servers};
	cleanup_close int hosts = servers_open_hosts();

	network_order(n, &o, &hosts, hosts >= 0);
}

static bool has_names(const struct network *n)
{
	return *n->name || *n->aliases.name[0];
}

static void tell_names(const struct network *n, const struct network *of)
{
	struct gateway_order o = {.type = ORDER_NAME, .name.number = of->number};

	memcpy(o.name.name, of->name, sizeof(o.name.name));
	network_order(n, &o, NULL, 0);
	o.type = ORDER_ALIAS;
	for (size_t i = 0; i < NETWORK_ALIASES && *of->aliases.name[i]; i++) {
		memcpy(o.name.name, of->aliases.name[i], sizeof(o.name.name));
		network_order(n, &o, NULL, 0);
	}
}

static void tell_policy(const struct network *n)
{
	struct gateway_order o = {.type = ORDER_POLICY};

	if (!n->policy || n->gateway < 0 || n->driver == DRIVER_PASTA)
		return;
	network_order(n, &o, NULL, 0);
	channel_send(n->gateway, n->policy, netpolicy_size(n->policy), NULL, 0);
}

bool network_set_policy(struct network *n, const struct netpolicy *policy, bool used)
{
	size_t size = netpolicy_size(policy);

	if (n->policy && used && netpolicy_is_same(n->policy, policy))
		return true;
	if (n->policy && used)
		return false;
	free(n->policy);
	n->policy = xcalloc(1, size);
	memcpy(n->policy, policy, size);
	tell_policy(n);
	return true;
}

static void give_project(const struct networks *all, const struct network *n)
{
	struct gateway_order o = {.type = ORDER_PROJECT};

	if (n->netns >= 0)
		network_order(n, &o, (int[]){all->userns, n->netns}, 2);
}

static void tell_port(const struct network *n, const struct kept_port *p)
{
	struct gateway_order o = {.type = ORDER_PORT, .port = p->port};

	if (p->fd >= 0)
		network_order(n, &o, &p->fd, 1);
}

/* The box that wants it, or NULL. */
static const struct network_box *network_forwards(const struct network *n)
{
	for (size_t i = 0; i < n->n_boxes; i++)
		if (n->boxes[i].forward)
			return &n->boxes[i];
	return NULL;
}

static void tell_forward(const struct network *n)
{
	struct gateway_order o = {.type = ORDER_FORWARD};

	network_order(n, &o, NULL, 0);
}

static void set_aliases(const struct networks *all, struct network *n,
			const struct network_aliases *aliases)
{
	if (memcmp(&n->aliases, aliases, sizeof(*aliases)) == 0)
		return;
	n->aliases = *aliases;
	for (const struct network *other = all->first; other; other = other->next)
		tell_names(other, n);
}

struct network *networks_find(struct networks *all, const char *name,
			      const struct network_aliases *aliases)
{
	unsigned number = *name ? NETWORK_FIRST : NETWORK_SHARED;
	struct network *n;

	for (n = all->first; n; n = n->next) {
		if (streq(n->name, name)) {
			set_aliases(all, n, aliases);
			return n;
		}
		if (*name && n->number >= number)
			number = n->number + 1;
	}
	if (number > NETWORK_LAST)
		return NULL;
	n = xcalloc(1, sizeof(*n));
	*n = (struct network){.number = number,
			      .aliases = *aliases,
			      .netns = -1,
			      .gateway = -1,
			      .next = all->first};
	snprintf(n->name, sizeof(n->name), "%s", name);
	all->first = n;
	for (const struct network *other = all->first; other; other = other->next)
		if (has_names(n))
			tell_names(other, n);
	return n;
}

int network_start(struct networks *all, struct network *n, struct err *e)
{
	struct gateway_request request = {.first = !n->up,
					  .ipv6 = all->ipv6,
					  .number = n->number,
					  .journal = all->journal,
					  .pins = n->pins,
					  .refusals = n->number == NETWORK_SHARED ? all->refusals
										  : -1};
	int pair[2];

	if (!n->pins)
		n->pins = request.pins = pins_map();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, errno, "cannot make a socket pair");
	request.parent = pair[1];
	n->started = clock_ms();
	n->pid = fork();
	if (n->pid == 0 && n->driver == DRIVER_PASTA) {
		proc_close_others((int[]){0, 1, 2, request.parent}, 4);
		pasta_run(request.parent, request.ipv6);
	}
	if (n->pid == 0) {
		int keep[] = {0, 1, 2, request.parent, GATEWAY_CACHE_FD, request.refusals};

		proc_close_others(keep, ARRAY_SIZE(keep));
		gateway_run(&request);
	}
	close(pair[1]);
	if (n->pid < 0) {
		close(pair[0]);
		return err_sys(e, errno, "cannot start the gateway");
	}
	n->gateway = pair[0];
	tell_policy(n);
	tell_servers(all, n);
	for (const struct network *other = all->first; other; other = other->next)
		if (has_names(other))
			tell_names(n, other);
	for (size_t i = 0; i < n->ports.n; i++)
		tell_port(n, &n->ports.v[i]);
	if (network_forwards(n))
		tell_forward(n);
	all->started(all, n);
	give_project(all, n);
	return 0;
}

static int wire(struct networks *all, struct network *n, struct err *e)
{
	int r = n->wired ? 0 : bridge_connect(all->userns, &all->bridge, n->netns, n->number, e);

	n->wired |= r == 0;
	return r;
}

/* The network that is shared, if it is up, or NULL. */
static struct network *shared_network(const struct networks *all)
{
	for (struct network *n = all->first; n; n = n->next)
		if (n->number == NETWORK_SHARED && n->up)
			return n;
	return NULL;
}

/* The network that is shared is connected to others when there are any. */
static int wire_shared(struct networks *all, struct err *e)
{
	struct network *n = shared_network(all);

	return n ? wire(all, n, e) : 0;
}

int network_take(struct networks *all, struct network *n, int userns, int netns, struct err *e)
{
	int r = 0;

	if (all->userns < 0)
		all->userns = userns;
	else
		close(userns);
	close_fd(&n->netns);
	n->netns = netns;
	if (n->number != NETWORK_SHARED) {
		r = wire(all, n, e);
		if (r == 0)
			r = wire_shared(all, e);
	}
	if (r == 0)
		give_project(all, n);
	return r;
}

int network_is_up(struct networks *all, struct network *n, struct err *e)
{
	int r = 0;

	n->up = true;
	if (n->number != NETWORK_SHARED || all->bridge < 0)
		return 0;
	r = wire(all, n, e);
	for (struct network *other = all->first; r == 0 && other; other = other->next)
		r = network_open_localhost(all, other, e);
	return r;
}

static void tell_no_port(const struct kept_port *p, void *arg)
{
	struct gateway_order o = {.type = ORDER_NO_PORT, .port = p->port};

	network_order(arg, &o, NULL, 0);
}

void network_add_box(struct network *n, int pidfd, const char *id, bool forward)
{
	struct network_box *b;

	n->boxes = xrealloc(n->boxes, n->n_boxes + 1, sizeof(*n->boxes));
	b = &n->boxes[n->n_boxes++];
	*b = (struct network_box){.pidfd = pidfd, .forward = forward};
	snprintf(b->id, sizeof(b->id), "%s", id);
	if (forward)
		tell_forward(n);
}

const struct network_box *networks_find_box(const struct networks *all, const char *id,
					    struct network **ret)
{
	for (struct network *n = all->first; n; n = n->next)
		for (size_t i = 0; i < n->n_boxes; i++)
			if (streq(n->boxes[i].id, id)) {
				*ret = n;
				return &n->boxes[i];
			}
	return NULL;
}

void network_add_ports(struct network *n, int pidfd, struct ports_kept *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		tell_port(n, &ports->v[i]);
	ports_kept_move(ports, &n->ports, pidfd);
}

int network_open_localhost(struct networks *all, struct network *n, struct err *e)
{
	const struct network *shared = shared_network(all);
	size_t before = n->ports.n;
	int r = 0;

	for (size_t i = 0; r == 0 && shared && i < before; i++) {
		struct kept_port of = n->ports.v[i];
		struct ports_kept added = {0};
		int fds[2] = {-1, -1};

		if (!of.port.localhost || of.fd >= 0 || ports_kept_is_open(&n->ports, &of))
			continue;
		r = listen_inside(all->userns, shared->netns, ntohs(of.port.box), fds, e);
		for (size_t k = 0; k < ARRAY_SIZE(fds); k++)
			if (fds[k] >= 0)
				ports_kept_add(&added, fds[k], &of.port);
		network_add_ports(n, of.box, &added);
	}
	return r;
}

static bool is_listening(const struct kept_port *p, void *arg)
{
	const struct gateway_listening *l = arg;

	if (!p->port.forwarded)
		return true;
	for (uint32_t i = 0; i < l->n; i++)
		if (l->at[i] == p->port.box)
			return true;
	return false;
}

/* The same port of the host, if it is free, on both of its loopbacks; else another one. */
static void forward(struct ports_kept *to, in_port_t box)
{
	struct gateway_port port = {.box = box, .forwarded = true};
	int fds[2] = {-1, -1};
	struct err ignored;

	if (listen_loopback(false, ntohs(box), fds, &ignored) < 0 &&
	    listen_loopback(false, 0, fds, &ignored) < 0)
		return;
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			ports_kept_add(to, fds[i], &port);
}

void network_forward(struct network *n, const struct gateway_listening *l)
{
	const struct network_box *b = network_forwards(n);
	struct ports_kept added = {0};

	if (!b || l->n > GATEWAY_MAX_LISTENING)
		return;
	ports_kept_filter(&n->ports, is_listening, (void *)l, tell_no_port, n);
	for (uint32_t i = 0; i < l->n; i++)
		if (!ports_kept_has(&n->ports, l->at[i]))
			forward(&added, l->at[i]);
	network_add_ports(n, b->pidfd, &added);
}

static bool is_not_of(const struct kept_port *p, void *arg)
{
	const int *pidfd = arg;

	return p->box != *pidfd;
}

void network_forget_box(struct network *n, int pidfd)
{
	ports_kept_filter(&n->ports, is_not_of, &pidfd, tell_no_port, n);
	close(pidfd);
}

void networks_reap(struct networks *all)
{
	size_t left = 0;

	for (size_t i = 0; i < all->n_dying; i++)
		if (waitpid(all->dying[i], NULL, WNOHANG) == 0)
			all->dying[left++] = all->dying[i];
	all->n_dying = left;
}

/* The sockets that watch for packets take the kernel tens of milliseconds to close. */
void network_stop(struct networks *all, struct network *n)
{
	if (n->gateway < 0)
		return;
	close_fd(&n->gateway);
	if (n->driver == DRIVER_GATEWAY) /* what runs pasta ends it, and then itself */
		kill(n->pid, SIGKILL);
	all->dying = xrealloc(all->dying, all->n_dying + 1, sizeof(*all->dying));
	all->dying[all->n_dying++] = n->pid;
}

static bool is_not_open_localhost(const struct kept_port *p, void *arg)
{
	(void)arg;
	return !p->port.localhost || p->fd < 0;
}

void network_end(struct networks *all, struct network *n)
{
	if (n->number == NETWORK_SHARED && n->up)
		for (struct network *other = all->first; other; other = other->next)
			ports_kept_filter(&other->ports, is_not_open_localhost, NULL, tell_no_port,
					  other);
	network_stop(all, n);
	close_fd(&n->netns);
	n->up = n->wired = false;
	free(n->policy);
	n->policy = NULL;
	pins_unmap(n->pins);
	n->pins = NULL;
	for (size_t i = 0; i < n->n_boxes; i++)
		close(n->boxes[i].pidfd);
	ports_kept_clear(&n->ports);
	free(n->boxes);
	n->boxes = NULL;
	n->n_boxes = 0;
}

void networks_end(struct networks *all)
{
	close_fd(&all->bridge);
	close_fd(&all->userns);
}

int networks_restart(struct networks *all)
{
	struct err ignored;
	int soonest = -1;

	for (struct network *n = all->first; n; n = n->next) {
		long long wait = n->started + RESTART_MS - clock_ms();

		if (!n->up || n->gateway >= 0)
			continue;
		if (wait <= 0 && network_start(all, n, &ignored) < 0) {
			n->started = clock_ms();
			wait = RESTART_MS;
		}
		if (wait > 0 && (soonest < 0 || wait < soonest))
			soonest = (int)wait;
	}
	return soonest;
}

void networks_tell_servers(const struct networks *all)
{
	for (const struct network *n = all->first; n; n = n->next)
		tell_servers(all, n);
}
