/*
 * gate.h - a connection whose first bytes decide whether it may go on.
 */
#ifndef GATEWAY_GATE_H
#define GATEWAY_GATE_H

#include <stdbool.h>

#include "gateway/endpoint.h"

enum gate {
	GATE_WAITS, /* for more bytes */
	GATE_OPEN,
	GATE_REFUSES,
};

/*
 * Looks at what the box has sent on a socket, of a connection to `to`, and leaves it there. ended:
 * no more will come.
 */
enum gate gate_look(int fd, const struct endpoint *to, bool ended);

#endif
