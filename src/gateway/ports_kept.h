/*
 * ports_kept.h - the published ports of boxes, kept by the holder for each gateway that it starts.
 */
#ifndef GATEWAY_PORTS_KEPT_H
#define GATEWAY_PORTS_KEPT_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/contract.h"

struct kept_port {
	struct gateway_port port;
	int fd;	 /* the socket of the host; of `localhost` -1: to be opened, whenever that can be */
	int box; /* the pidfd of its box, which tells them apart */
};

struct ports_kept {
	struct kept_port *v;
	size_t n;
};

/* Takes the socket, and gives the port its id. */
void ports_kept_add(struct ports_kept *k, int fd, const struct gateway_port *port);

/* Moves all of them to another list, as those of this box. */
void ports_kept_move(struct ports_kept *from, struct ports_kept *to, int box);

/* Is a port of `localhost` open, which has the pidfd box? */
bool ports_kept_is_open(const struct ports_kept *k, const struct kept_port *of);

/* Where those of a box are on the host. The caller frees *ret. */
void ports_kept_show(const struct ports_kept *k, int box, struct gateway_shown **ret,
		     size_t *ret_n);

/* Is a port of the box, of TCP, in it? */
bool ports_kept_has(const struct ports_kept *k, in_port_t box);

/* Removes those that keep says no to, and calls removed for each. */
void ports_kept_filter(struct ports_kept *k, bool (*keep)(const struct kept_port *p, void *arg),
		       void *keep_arg, void (*removed)(const struct kept_port *p, void *arg),
		       void *arg);

void ports_kept_clear(struct ports_kept *k);

#endif
