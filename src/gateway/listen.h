/*
 * listen.h - sockets of the host that published ports come in by.
 */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct listen_at {
	bool udp;
	int family;	  /* AF_INET or AF_INET6, which does not take IPv4 */
	uint8_t addr[16]; /* in network byte order; of IPv4 the first four */
	uint16_t port;	  /* 0: a free one */
};

/*
 * Binds a socket, non-blocking and close-on-exec, and for TCP listens. *ret_fd is the caller's;
 * *ret_port: the port that it has. A port that is taken is -EADDRINUSE; a family that the host
 * lacks is -EAFNOSUPPORT.
 */
int listen_open(const struct listen_at *at, int *ret_fd, uint16_t *ret_port, struct err *e);

/*
 * On the loopback of both families, with one port. ret_fds[1] is untouched where there is no IPv6.
 */
int listen_loopback(bool udp, uint16_t port, int *ret_fds, struct err *e);

/*
 * The same of a box, for TCP: in the network namespace netns below the user namespace userns.
 */
int listen_inside(int userns, int netns, uint16_t port, int *ret_fds, struct err *e);

/* "127.0.0.1:80" or "[::1]:80". */
#define LISTEN_TEXT_MAX (INET6_ADDRSTRLEN + 9)
const char *listen_text(const struct listen_at *at, char dst[static LISTEN_TEXT_MAX]);

#endif
