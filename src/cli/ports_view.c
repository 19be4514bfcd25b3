/*
 * ports_view.c - how commands show the published ports of a box.
 */
#include "cli/ports_view.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "start/holder.h"

static const char *address(const struct gateway_shown *p, char dst[static INET6_ADDRSTRLEN])
{
	if (endpoint_is_ipv4(&p->host))
		return inet_ntop(AF_INET, endpoint_ipv4_bytes(&p->host), dst, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, &p->host.addr, dst, INET6_ADDRSTRLEN);
}

const char *ports_view_host(const struct gateway_shown *p, char dst[static PORTS_VIEW_TEXT])
{
	char addr[INET6_ADDRSTRLEN];

	snprintf(dst, PORTS_VIEW_TEXT, endpoint_is_ipv4(&p->host) ? "%s:%u" : "[%s]:%u",
		 address(p, addr), ntohs(p->host.port));
	return dst;
}

static const char *protocol(const struct gateway_shown *p)
{
	return p->port.udp ? "udp" : "tcp";
}

const char *ports_view_box(const struct gateway_shown *p, char dst[static PORTS_VIEW_TEXT])
{
	snprintf(dst, PORTS_VIEW_TEXT, "%u/%s", ntohs(p->port.box), protocol(p));
	return dst;
}

void ports_view_json(struct json *j, const char *name, const struct gateway_shown *v, size_t n)
{
	char addr[INET6_ADDRSTRLEN];

	jsonout_array_begin(j, name);
	for (size_t i = 0; i < n; i++) {
		jsonout_object_begin(j, NULL);
		jsonout_number(j, "port", ntohs(v[i].port.box));
		jsonout_string(j, "protocol", protocol(&v[i]));
		jsonout_string(j, "address", address(&v[i], addr));
		jsonout_number(j, "host_port", ntohs(v[i].host.port));
		jsonout_bool(j, "forwarded", v[i].port.forwarded);
		jsonout_object_end(j);
	}
	jsonout_array_end(j);
}

char *ports_view_short(const struct box *b)
{
	cleanup_free struct gateway_shown *v = NULL;
	cleanup_strv struct strv seen = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct err ignored;
	size_t n = 0;

	if (holder_ports(b, &v, &n, &ignored) < 0 || !n)
		return xstrdup("-");
	for (size_t i = 0; i < n; i++) {
		char *one = xasprintf("%u->%u%s", ntohs(v[i].host.port), ntohs(v[i].port.box),
				      v[i].port.udp ? "/udp" : "");

		if (!strv_has(&seen, one))
			buf_addf(&out, "%s%s", out.len ? "," : "", one);
		strv_push_take(&seen, one);
	}
	return buf_detach(&out);
}

void ports_view_json_member(struct json *j, const struct box *b)
{
	cleanup_free struct gateway_shown *v = NULL;
	struct err ignored;
	size_t n = 0;

	if (holder_ports(b, &v, &n, &ignored) < 0)
		n = 0;
	ports_view_json(j, "ports", v, n);
}
