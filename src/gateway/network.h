/*
 * network.h - a network of a project: its namespace, its boxes, and the process that carries it.
 */
#ifndef GATEWAY_NETWORK_H
#define GATEWAY_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "gateway/contract.h"
#include "gateway/pins.h"
#include "gateway/ports_kept.h"
#include "netpolicy/journal.h"

struct network;

/* What a project's networks have in common. */
struct networks {
	int userns; /* -1: not made yet */
	int bridge; /* a network namespace with the wire between them; -1: not needed so far */
	struct net_journal *journal; /* or NULL */
	int refusals;		     /* the file of refusals, of the shared network; or -1 */
	bool ipv6;
	struct gateway_servers servers;
	struct link *links; /* LINKS_MAX, see links.h */
	void (*started)(const struct networks *all, const struct network *n); /* its gateway has */
	struct err missing;    /* why this machine can have no gateway; code 0: it is not known */
	struct network *first; /* kept, so that a service that starts again gets its old number */
	pid_t *dying; /* gateways that were killed: they take a while, which nobody waits for */
	size_t n_dying;
};

#define NETWORKS_INIT ((struct networks){.refusals = -1, .userns = -1, .bridge = -1})

struct network_box {
	int pidfd; /* of pid 1 */
	bool forward;
	char id[GATEWAY_BOX_MAX + 1];
};

struct network {
	char name[NETWORK_NAME_MAX + 1]; /* "": shared by the project's boxes */
	struct network_aliases aliases;
	unsigned number;
	enum gateway_driver asked, driver; /* what its boxes asked for, and what that is */
	int netns;			   /* -1: not made */
	bool up, wired; /* a gateway has set it up; it is connected to the project's others */
	int gateway;	/* the connection to that process; -1: there is none */
	pid_t pid;
	long long started; /* clock_ms() */
	struct network_box *boxes;
	size_t n_boxes;
	struct ports_kept ports;
	struct netpolicy *policy; /* NULL: none yet */
	struct pins *pins;	  /* of its gateways; NULL: none yet */
	struct network *next;
};

/* Sends its gateway an order, unless that has ended. */
void network_order(const struct network *n, const struct gateway_order *o, const int *fds,
		   size_t n_fds);

/* The network of that name, or a new one; its aliases are these from now on. NULL: too many. */
struct network *networks_find(struct networks *all, const char *name,
			      const struct network_aliases *aliases);

/* Its policy, from now on, if that is so or `used` is not set. False: boxes run with another. */
bool network_set_policy(struct network *n, const struct netpolicy *policy, bool used);

/* Starts its gateway. It begins once the network has its namespaces; then it sends a struct err. */
int network_start(struct networks *all, struct network *n, struct err *e);

/* Takes netns, and the project's user namespace, which may be the one that is there already. */
int network_take(struct networks *all, struct network *n, int userns, int netns, struct err *e);

/* Its gateway has set it up. */
int network_is_up(struct networks *all, struct network *n, struct err *e);
void network_add_box(struct network *n, int pidfd, const char *id, bool forward);

/* Opens its ports at the loopback of the project's boxes, if those run. -EADDRINUSE: taken. */
int network_open_localhost(struct networks *all, struct network *n, struct err *e);

/* What listens in it has changed: forwards that, for a box that wants it. */
void network_forward(struct network *n, const struct gateway_listening *l);

/* The box of that id, with its network, or NULL. */
const struct network_box *networks_find_box(const struct networks *all, const char *id,
					    struct network **ret);

/* Publishes ports of a box, which are moved. */
void network_add_ports(struct network *n, int pidfd, struct ports_kept *ports);

/* That has ended: closes the pidfd. The caller takes it out of boxes. */
void network_forget_box(struct network *n, int pidfd);

/* Ends its gateway, unless it has ended. The network stays. */
void network_stop(struct networks *all, struct network *n);

/* Ends it, but for its name and number. */
void network_end(struct networks *all, struct network *n);

/* All have ended: ends their user namespace, which the next box may be unable to join. */
void networks_end(struct networks *all);

/* Reaps the gateways that were stopped and have ended. */
void networks_reap(struct networks *all);

/*
 * Starts the gateways that have ended in networks that are up, no more than one a second each.
 * Returns for how many milliseconds there is nothing to do; -1: until something happens.
 */
int networks_restart(struct networks *all);

/* Tells all gateways the name servers. */
void networks_tell_servers(const struct networks *all);

#endif
