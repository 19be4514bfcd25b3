/*
 * gate.c - a connection whose first bytes decide whether it may go on.
 *
 * The bytes are peeked at, so that what passes is carried as on any other connection. The other
 * direction is not held back: some servers speak first.
 */
#include "gateway/gate.h"

#include <errno.h>
#include <sys/socket.h>

#include "gateway/verdict.h"

enum gate gate_look(int fd, const struct endpoint *to, bool ended)
{
	static uint8_t data[FLIGHT_MAX];
	char name[NET_NAME_MAX];
	enum flight flight;
	ssize_t n = recv(fd, data, sizeof(data), MSG_PEEK | MSG_DONTWAIT);

	if (n == 0)
		return GATE_OPEN; /* nothing was said */
	if (n < 0)
		return errno == EAGAIN ? GATE_WAITS : GATE_REFUSES;
	flight = flight_read(data, (size_t)n, name);
	if (flight == FLIGHT_MORE && !ended && n < (ssize_t)sizeof(data))
		return GATE_WAITS;
	return verdict_of_flight(to, flight, name) ? GATE_OPEN : GATE_REFUSES;
}
