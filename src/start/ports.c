/*
 * ports.c - the published ports of a box that starts.
 *
 * A port that is taken is an error before the box runs. With the host's network there is nothing to
 * do: a program of the box listens on the host. A line that means anything else than that is not
 * kept silent about.
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
#include "gateway/listen.h"
#include "net/port_holder.h"

#define BUSY_TRIES 25 /* of BUSY_MS: the gateway of the same box's last run may still be ending */
#define BUSY_MS	   20

static struct listen_at place(const struct port_value *p, unsigned i)
{
	struct listen_at at = {
		.udp = p->udp, .family = p->family, .port = p->host ? (uint16_t)(p->host + i) : 0};

	memcpy(at.addr, p->addr, sizeof(at.addr));
	return at;
}

/* One port of a range. *ret_fds: -1 where there is none. */
static int try_open(const struct port_value *p, unsigned i, int *ret_fds, struct err *e)
{
	struct listen_at at = place(p, i);

	if (p->family == AF_UNSPEC)
		return listen_loopback(p->udp, at.port, ret_fds, e);
	return listen_open(&at, &ret_fds[0], &at.port, e);
}

static int name_holder(const struct port_value *p, unsigned i, struct err *e)
{
	cleanup_free char *taken = xstrdup(e->msg);
	char holder[PORT_HOLDER_MAX];

	return err_set(e, EADDRINUSE, "%s by %s", taken,
		       port_holder(p->udp, (uint16_t)(p->host + i), holder));
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
	int fds[2] = {-1, -1}, r = -EADDRINUSE;

	for (int try = 0; r == -EADDRINUSE && try < BUSY_TRIES; try++) {
		if (try)
			usleep(BUSY_MS * 1000);
		r = try_open(p, i, fds, e);
	}
	if (r < 0)
		return r == -EADDRINUSE ? name_holder(p, i, e) : r;
	add(out, &fds[0], p->udp, (uint16_t)(p->box + i));
	add(out, &fds[1], p->udp, (uint16_t)(p->box + i));
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
	if (net->kind != NET_HOST)
		return err_set(e, ERR_USAGE,
			       "%s: with 'network = %s' port %s of the box cannot be reached",
			       p->from->source, net->name, box);
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

int ports_add_localhost(const uint16_t *v, size_t n, const struct net_driver *net,
			struct open_ports *out, struct err *e)
{
	if (n && net->kind == NET_NONE)
		return err_set(e, ERR_USAGE, "'localhost = %u' has no effect with 'network = none'",
			       v[0]);
	out->v = xrealloc(out->v, out->n + n + 1, sizeof(*out->v));
	for (size_t i = 0; i < n && net->kind == NET_GATEWAY; i++)
		out->v[out->n++] = (struct plan_port){.fd = -1, .box = v[i]};
	return 0;
}

void ports_say_forward(const struct settings *s, const struct net_driver *net)
{
	const struct setting *st = settings_find(s, KEY_FORWARD);

	if (!st || !streq(st->value, "auto"))
		return;
	if (net->kind == NET_NONE || net->kind == NET_PASTA)
		log_note("%s: 'forward = auto' has no effect with 'network = %s'", st->source,
			 net->name);
	else if (net->kind == NET_GATEWAY && settings_bool(s, KEY_NESTED))
		log_note("%s: 'forward = auto' has no effect with 'nested = yes'", st->source);
}

void open_ports_clear(struct open_ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		close_fd(&p->v[i].fd);
	free(p->v);
	*p = (struct open_ports){0};
}
