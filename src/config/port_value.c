/*
 * port_value.c - the syntax of a published port.
 */
#include "config/port_value.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "config/value.h"

#define RULE_HOST "expected a port, 1 to 65535, 'auto', or an address before it: 127.0.0.1:8080"
#define RULE_BOX  "expected a port, 1 to 65535, with '/udp' if it is one"

enum protocol { UNSAID, TCP, UDP };

/* Cuts "/tcp" or "/udp" off. False: another one. */
static bool cut_protocol(char *text, enum protocol *ret)
{
	char *slash = strchr(text, '/');

	*ret = UNSAID;
	if (!slash)
		return true;
	*slash++ = '\0';
	*ret = streq(slash, "udp") ? UDP : TCP;
	return streq(slash, "udp") || streq(slash, "tcp");
}

/* "8080" or "8000-8010". */
static bool parse_range(const char *text, uint16_t *ret_first, uint16_t *ret_n)
{
	cleanup_free char *first = xstrdup(text);
	char *last = strchr(first, '-');
	unsigned long a, b;

	if (last)
		*last++ = '\0';
	if (!value_number(first, 1, 65535, &a) || !value_number(last ? last : first, a, 65535, &b))
		return false;
	*ret_first = (uint16_t)a;
	*ret_n = (uint16_t)(b - a + 1);
	return b - a < 65535;
}

/* Cuts the address off. False: it is none. *ret: the rest. */
static bool cut_address(char *text, struct port_value *p, char **ret)
{
	char *colon = *text == '[' ? strchr(text, ']') : strrchr(text, ':');
	bool ok;

	*ret = text;
	if (!colon)
		return *text != '[';
	if (*text == '[') {
		*colon++ = '\0';
		ok = *colon == ':' && inet_pton(AF_INET6, text + 1, p->addr) == 1;
		p->family = AF_INET6;
	} else {
		ok = inet_pton(AF_INET, (*colon = '\0', text), p->addr) == 1;
		p->family = AF_INET;
		if (streq(text, "localhost")) {
			p->family = AF_UNSPEC;
			ok = true;
		}
	}
	*ret = colon + 1;
	return ok;
}

static bool parse_host(char *text, struct port_value *p, uint16_t *ret_n)
{
	char *port;

	if (!cut_address(text, p, &port))
		return false;
	if (streq(port, "auto") || streq(port, "0") || !*port) {
		p->host = 0;
		*ret_n = 0;
		return true;
	}
	return parse_range(port, &p->host, ret_n);
}

int port_value_parse(const char *host, const char *box, struct port_value *ret, struct err *e)
{
	cleanup_free char *left = xstrdup(host), *right = xstrdup(box);
	struct port_value p = {.family = AF_UNSPEC};
	enum protocol of_host, of_box;
	uint16_t n;

	if (!cut_protocol(left, &of_host) || !parse_host(left, &p, &n))
		return err_set(e, ERR_USAGE, "bad port of the host '%.80s': %s", host, RULE_HOST);
	if (!cut_protocol(right, &of_box) || !parse_range(right, &p.box, &p.n))
		return err_set(e, ERR_USAGE, "bad port of the box '%.80s': %s", box, RULE_BOX);
	if (of_host && of_box && of_host != of_box)
		return err_set(e, ERR_USAGE, "'%.80s' and '%.80s' differ in their protocol", host,
			       box);
	if (n && n != p.n)
		return err_set(e, ERR_USAGE, "%u ports of the host for %u of the box", n, p.n);
	p.udp = of_host == UDP || of_box == UDP;
	*ret = p;
	return 0;
}

void port_value_split(const char *text, char **ret_host, char **ret_box)
{
	const char *colon = strrchr(text, ':');

	/* ":8080:80": docker-run(1) takes no address, such as that of an empty variable, too. */
	if (*text == ':' && colon != text)
		text++;
	*ret_host = colon ? xstrndup(text, (size_t)(colon - text)) : xstrdup("auto");
	*ret_box = xstrdup(colon ? colon + 1 : text);
}

static void print_range(char *dst, size_t size, uint16_t first, uint16_t n)
{
	if (n > 1)
		snprintf(dst, size, "%u-%u", first, first + n - 1U);
	else
		snprintf(dst, size, "%u", first);
}

void port_value_host(const struct port_value *p, char dst[static PORT_TEXT_MAX])
{
	char addr[INET6_ADDRSTRLEN] = "", port[16] = "auto";

	if (p->host)
		print_range(port, sizeof(port), p->host, p->n);
	if (p->family != AF_UNSPEC)
		inet_ntop(p->family, p->addr, addr, sizeof(addr));
	snprintf(dst, PORT_TEXT_MAX,
		 p->family == AF_UNSPEC	 ? "%s%s"
		 : p->family == AF_INET6 ? "[%s]:%s"
					 : "%s:%s",
		 addr, port);
}

void port_value_box(const struct port_value *p, char dst[static PORT_TEXT_MAX])
{
	char port[16];

	print_range(port, sizeof(port), p->box, p->n);
	snprintf(dst, PORT_TEXT_MAX, "%s%s", port, p->udp ? "/udp" : "");
}

bool port_value_is_public(const struct port_value *p)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	if (p->family == AF_INET)
		return p->addr[0] != 127;
	return p->family == AF_INET6 && memcmp(p->addr, loopback6, sizeof(loopback6)) != 0;
}

bool port_value_overlaps(const struct port_value *a, const struct port_value *b)
{
	if (a->udp != b->udp || !a->host || !b->host || a->family != b->family ||
	    memcmp(a->addr, b->addr, sizeof(a->addr)) != 0)
		return false;
	return a->host < b->host + b->n && b->host < a->host + a->n;
}
