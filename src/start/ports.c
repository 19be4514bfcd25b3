/*
 * ports.c - the published ports of a box that starts.
 *
 * A port that is taken is an error before the box runs. With the host's network there is nothing to do: a
 * program of the box listens on the host. A line that means anything else than that is not kept silent
 * about.
 */
#include "start/ports.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/listen.h"

#define FREE_TRIES 32 /* that the free port of one family is free in the other */
#define BUSY_TRIES 25 /* of BUSY_MS: the gateway of the same box's last run may still be ending */
#define BUSY_MS	   20

static struct listen_at place(const struct port_value *p, unsigned i)
{
	struct listen_at at = {
		.udp = p->udp, .family = p->family, .port = p->host ? (uint16_t)(p->host + i) : 0};

	memcpy(at.addr, p->addr, sizeof(at.addr));
	return at;
}

static int open_patiently(const struct listen_at *at, int *ret_fd, uint16_t *ret_port,
			  struct err *e)
{
	int r = -EADDRINUSE;

	for (int i = 0; i < BUSY_TRIES && r == -EADDRINUSE; i++) {
		if (i)
			usleep(BUSY_MS * 1000);
		r = listen_open(at, ret_fd, ret_port, e);
	}
	return r;
}

/* The loopback in both families, with one number. *ret_v6 is -1 where there is no IPv6. */
static int open_loopback(struct listen_at at, int *ret_v4, int *ret_v6, struct err *e)
{
	static const uint8_t v4[16] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
	bool any = at.port == 0;
	cleanup_close int first = -1;
	int r = 0;

	for (int i = 0; i < FREE_TRIES; i++) {
		close_fd(&first);
		at.family = AF_INET;
		memcpy(at.addr, v4, sizeof(v4));
		r = open_patiently(&at, &first, &at.port, e);
		if (r < 0)
			return r;
		at.family = AF_INET6;
		memcpy(at.addr, v6, sizeof(v6));
		r = any ? listen_open(&at, ret_v6, &at.port, e)
			: open_patiently(&at, ret_v6, &at.port, e);
		if (r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL)
			r = 0;
		if (r != -EADDRINUSE || !any)
			break;
		at.port = 0;
	}
	if (r == 0)
		*ret_v4 = take_fd(&first);
	return r;
}

static void add(struct open_ports *out, int *fd, bool udp, uint16_t box)
{
	if (*fd < 0)
		return;
	out->v = xrealloc(out->v, out->n + 1, sizeof(*out->v));
	out->v[out->n++] = (struct plan_port){.fd = take_fd(fd), .udp = udp, .box = box};
}

static int open_one(const struct port_value *p, unsigned i, struct open_ports *out, struct err *e)
{
	struct listen_at at = place(p, i);
	cleanup_close int first = -1, second = -1;
	int r = p->family == AF_UNSPEC ? open_loopback(at, &first, &second, e)
				       : open_patiently(&at, &first, &at.port, e);

	if (r < 0)
		return r;
	add(out, &first, p->udp, (uint16_t)(p->box + i));
	add(out, &second, p->udp, (uint16_t)(p->box + i));
	return 0;
}

static int open_range(const struct port_setting *p, struct open_ports *out, struct err *e)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < p->value.n; i++)
		r = open_one(&p->value, i, out, e);
	return r < 0 ? err_add(e, "%s: cannot publish a port", p->from->source) : 0;
}

/* Says what another network makes of a port. */
static int explain(const struct port_setting *p, const struct net_driver *net, struct err *e)
{
	char host[PORT_TEXT_MAX], box[PORT_TEXT_MAX];

	port_value_host(&p->value, host);
	port_value_box(&p->value, box);
	if (net->kind == NET_NONE)
		return err_set(e, ERR_USAGE,
			       "%s: with 'network = none' port %s of the box cannot be reached",
			       p->from->source, box);
	if (p->value.host == p->value.box)
		return 0;
	if (p->from->users)
		return err_set(
			e, ERR_USAGE,
			"--publish %s:%s: with 'network = host' a port of the box is the same "
			"port of this machine: add '--network gateway'",
			host, box);
	log_note(
		"%s: '%s = %s' has no effect with 'network = host': port %s of the box is the same "
		"port of this machine",
		p->from->source, host, box, box);
	return 0;
}

int ports_open(const struct port_setting *v, size_t n, const struct net_driver *net, bool lenient,
	       struct open_ports *out, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		r = net->kind == NET_GATEWAY ? open_range(&v[i], out, e) : explain(&v[i], net, e);
		if (r == -EADDRINUSE && lenient && !v[i].from->users) {
			log_warn("%s", e->msg);
			r = 0;
		}
	}
	return r;
}

void open_ports_clear(struct open_ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		close(p->v[i].fd);
	free(p->v);
	*p = (struct open_ports){0};
}
