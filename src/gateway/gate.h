/*
 * gate.h - a connection whose first bytes decide whether it may go on, or each request to a proxy.
 */
#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "gateway/endpoint.h"
#include "gateway/verdict.h"

struct gate;

enum gate_says {
	GATE_WAITS,  /* for more bytes, or for those of the other end */
	GATE_PASSES, /* *ret_n bytes may pass, then it is asked again */
	GATE_OPEN,   /* whatever comes may pass, in both directions */
	GATE_REFUSES,
};

/*
 * Of a connection to `to` with that verdict. NULL: there is nothing to look at. The caller frees
 * it.
 */
struct gate *gate_new(const struct endpoint *to, enum verdict verdict);

/* Looks at what the box has sent on a socket, and leaves it there. ended: no more will come. */
enum gate_says gate_look(struct gate *g, int fd, bool ended, uint64_t *ret_n);

/* The same of what the host's end has sent; never open, and never refused. */
enum gate_says gate_look_back(struct gate *g, int fd, bool ended, uint64_t *ret_n);

/* Does the box wait for what the host's end sends, although it has sent something? */
bool gate_is_held(const struct gate *g);

/*
 * After GATE_REFUSES: tells the program in the box why, if it will understand that, and takes from
 * its socket what it has sent. False: nothing was told, and the connection is to be reset.
 */
bool gate_explain(const struct gate *g, int fd);

#endif
