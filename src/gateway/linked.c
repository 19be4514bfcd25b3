/*
 * linked.c - the gateway's sockets in the networks of linked projects (link.h).
 *
 * A socket belongs to the namespace that it was made in, whoever connects it. So this process
 * connects to a linked project as it does to the host, with the errors that connect(2) has, and
 * never sees that project's namespaces. A few sockets are there before they are needed; each that
 * was used is replaced.
 */
#include "gateway/linked.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "gateway/channel.h"
#include "gateway/loop.h"

struct linked {
	struct gateway_linked is;
	int fds[LINK_SOCKETS];
	unsigned n;
	struct linked *next;
};

static struct linked *all;
static int holder = -1;

void linked_init(int parent)
{
	holder = parent;
}

static struct linked **find(uint32_t link, uint32_t number)
{
	struct linked **at = &all;

	while (*at && !((*at)->is.link == link && (*at)->is.number == number))
		at = &(*at)->next;
	return at;
}

static void forget(struct linked **at)
{
	struct linked *l = *at;

	*at = l->next;
	for (unsigned i = 0; i < l->n; i++)
		close(l->fds[i]);
	loop_give_fds(l->n);
	free(l);
}

void linked_set(const struct gateway_linked *l)
{
	struct linked **at = find(l->link, l->number), *made;

	if (*at)
		forget(at);
	if (!*l->name || !memchr(l->name, '\0', sizeof(l->name)))
		return;
	made = xcalloc(1, sizeof(*made));
	*made = (struct linked){.is = *l, .next = all};
	all = made;
}

void linked_add_socket(const struct gateway_linked *l, int fd)
{
	struct linked *to = *find(l->link, l->number);

	if (to && to->n < LINK_SOCKETS && loop_take_fds(FDS_CONNECTION, 1))
		to->fds[to->n++] = fd;
	else
		close(fd);
}

bool linked_find(const char *name, struct endpoint *ret)
{
	for (const struct linked *l = all; l; l = l->next) {
		const uint8_t addr[] = {LINK_NET_0, LINK_NET_1, (uint8_t)l->is.link,
					(uint8_t)l->is.number};

		if (!streq(l->is.name, name))
			continue;
		*ret = endpoint_ipv4(addr, 0);
		return true;
	}
	return false;
}

static struct linked *of_address(const struct endpoint *to)
{
	const uint8_t *a = endpoint_is_ipv4(to) ? endpoint_ipv4_bytes(to) : NULL;

	return a && a[0] == LINK_NET_0 && a[1] == LINK_NET_1 ? *find(a[2], a[3]) : NULL;
}

bool linked_is(const struct endpoint *to)
{
	return of_address(to) != NULL;
}

int linked_connect(const struct endpoint *to)
{
	static const int one = 1;
	struct linked *l = of_address(to);
	struct gateway_wanted wanted;
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = to->port};
	cleanup_close int fd = -1;
	char text[INET_ADDRSTRLEN];

	if (!l || !l->n)
		return -EAGAIN;
	fd = l->fds[--l->n];
	loop_give_fds(1);
	wanted = (struct gateway_wanted){l->is.link, l->is.number};
	channel_send(holder, &wanted, sizeof(wanted), NULL, 0);
	snprintf(text, sizeof(text), NETWORK_IPV4 "%u", l->is.number);
	inet_pton(AF_INET, text, &sa.sin_addr);
	setsockopt(fd, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 && errno != EINPROGRESS)
		return -errno;
	return take_fd(&fd);
}
