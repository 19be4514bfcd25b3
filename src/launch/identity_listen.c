/*
 * identity_listen.c - listen(2) in a box with forward = auto.
 *
 * The kernel tells nobody that a socket listens, and looking every now and then would keep an idle
 * machine awake. So the call is noticed here, and the gateway is woken by a datagram; it finds out
 * itself what listens, a moment later, when the call has been made. Nothing depends on this for
 * security: a program of the box may send that datagram, too.
 */
#include "launch/identity_listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "gateway/contract.h"

void listen_answer(const struct notice *c)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(GATEWAY_WAKE_PORT)};
	cleanup_close int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	notice_continue(c);
	inet_pton(AF_INET, GATEWAY_IPV4, &to.sin_addr);
	if (fd >= 0)
		sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to));
}
