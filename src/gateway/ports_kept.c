/*
 * ports_kept.c - the published ports of boxes, kept by the holder for each gateway that it starts.
 */
#include "gateway/ports_kept.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

static void append(struct ports_kept *k, const struct kept_port *p)
{
	k->v = xrealloc(k->v, k->n + 1, sizeof(*k->v));
	k->v[k->n++] = *p;
}

void ports_kept_add(struct ports_kept *k, int fd, const struct gateway_port *port)
{
	static uint32_t last_id;
	struct kept_port p = {*port, fd, -1};

	p.port.id = ++last_id;
	append(k, &p);
}

void ports_kept_move(struct ports_kept *from, struct ports_kept *to, int box)
{
	for (size_t i = 0; i < from->n; i++) {
		from->v[i].box = box;
		append(to, &from->v[i]);
	}
	free(take_ptr(from->v));
	from->n = 0;
}

/*
 * A gateway has a copy of the socket, and closes it when it reads that it shall. Who asks for the port
 * next need not wait for that.
 */
static void give_up(struct kept_port *p)
{
	if (p->fd >= 0)
		shutdown(p->fd, SHUT_RDWR);
	close_fd(&p->fd);
}

static struct endpoint where(int fd)
{
	struct sockaddr_storage sa = {.ss_family = AF_INET};
	socklen_t size = sizeof(sa);

	getsockname(fd, (struct sockaddr *)&sa, &size);
	return endpoint_of(&sa);
}

void ports_kept_show(const struct ports_kept *k, int box, struct gateway_shown **ret, size_t *ret_n)
{
	struct gateway_shown *v = xcalloc(k->n + 1, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].box == box && !k->v[i].port.localhost)
			v[n++] = (struct gateway_shown){k->v[i].port, where(k->v[i].fd)};
	*ret = v;
	*ret_n = n;
}

bool ports_kept_is_open(const struct ports_kept *k, const struct kept_port *of)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i].fd >= 0 && k->v[i].box == of->box && k->v[i].port.localhost &&
		    k->v[i].port.box == of->port.box)
			return true;
	return false;
}

bool ports_kept_has(const struct ports_kept *k, in_port_t box)
{
	for (size_t i = 0; i < k->n; i++)
		if (!k->v[i].port.udp && k->v[i].port.box == box)
			return true;
	return false;
}

void ports_kept_filter(struct ports_kept *k, bool (*keep)(const struct kept_port *p, void *arg),
		       void *keep_arg, void (*removed)(const struct kept_port *p, void *arg),
		       void *arg)
{
	size_t left = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (keep(&k->v[i], keep_arg)) {
			k->v[left++] = k->v[i];
			continue;
		}
		removed(&k->v[i], arg);
		give_up(&k->v[i]);
	}
	k->n = left;
}

void ports_kept_clear(struct ports_kept *k)
{
	for (size_t i = 0; i < k->n; i++)
		give_up(&k->v[i]);
	free(take_ptr(k->v));
	k->n = 0;
}
