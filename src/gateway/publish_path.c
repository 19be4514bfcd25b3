/*
 * publish_path.c - how what comes in by a published port gets to its program in the box.
 *
 * The loopback comes first: a program that listens on all addresses listens there, too. Then the
 * loopback of the other family, on which alone some servers listen (`localhost` may be ::1), then
 * the box's addresses.
 */
#include "gateway/publish_path.h"

#include <arpa/inet.h>

#include "gateway/contract.h"
#include "gateway/listeners.h"
#include "gateway/setup_link.h"

static bool has_ipv6;
static struct link_address own_address;

void publish_path_init(unsigned number, bool ipv6)
{
	has_ipv6 = ipv6;
	own_address = link_address(number);
}

static struct endpoint ipv4(const char *text, in_port_t port)
{
	uint8_t addr[4];

	inet_pton(AF_INET, text, addr);
	return endpoint_ipv4(addr, port);
}

static struct endpoint ipv6(const char *text, in_port_t port)
{
	uint8_t addr[16];

	inet_pton(AF_INET6, text, addr);
	return endpoint_ipv6(addr, port);
}

/* Does the address mean something else in the box? */
static bool is_hosts_own(const struct endpoint *a)
{
	if (endpoint_is_ipv4(a))
		return endpoint_ipv4_bytes(a)[0] == 127;
	return IN6_IS_ADDR_LOOPBACK(&a->addr) || IN6_IS_ADDR_LINKLOCAL(&a->addr);
}

/*
 * A client as the box sees it, in the family that it is addressed in. A box without IPv6 has no way
 * back to such an address: then it is `any`, and the box's own.
 */
static struct endpoint seen(const struct endpoint *client, bool as_ipv4)
{
	bool same = endpoint_is_ipv4(client) == as_ipv4;

	if (!as_ipv4 && !has_ipv6)
		return ipv6("::", 0);
	if (same && !is_hosts_own(client))
		return *client;
	return as_ipv4 ? ipv4(GATEWAY_IPV4, client->port) : ipv6(GATEWAY_IPV6, client->port);
}

/* Where the sockets of a port are bound, of IPv4 and of IPv6. */
struct bound {
	in_port_t port;
	bool loopback[2], own[2];
};

static void note(const struct listener *l, void *arg)
{
	struct bound *b = arg;
	struct endpoint loopback4 = ipv4("127.0.0.1", 0);
	bool any6 = IN6_IS_ADDR_UNSPECIFIED(&l->at.addr);

	if (l->at.port != b->port)
		return;
	if (endpoint_same_addr(&l->at, &loopback4))
		b->loopback[0] = true;
	else if (IN6_IS_ADDR_LOOPBACK(&l->at.addr))
		b->loopback[1] = true;
	else if (endpoint_is_ipv4(&l->at) || (any6 && !l->only_ipv6))
		b->own[0] = true;
	if (any6 || (!endpoint_is_ipv4(&l->at) && !IN6_IS_ADDR_LOOPBACK(&l->at.addr)))
		b->own[1] = true;
}

bool publish_path_bound(const struct endpoint *client, in_port_t port, struct flow_key *ret)
{
	struct bound b = {.port = port};
	bool other = !endpoint_is_ipv4(client);

	if (!listeners_each(IPPROTO_UDP, note, &b))
		return publish_path(client, port, 0, ret);
	for (int i = 0; i < 2; i++, other = !other) {
		bool own = b.own[other] && (!other || has_ipv6);

		if (!b.own[other] && !b.loopback[other])
			continue;
		ret->from = seen(client, !other);
		ret->to = other ? ipv6(own ? own_address.ipv6 : "::1", port)
				: ipv4(own ? own_address.ipv4 : "127.0.0.1", port);
		return true;
	}
	return false;
}

bool publish_path(const struct endpoint *client, in_port_t port, unsigned attempt,
		  struct flow_key *ret)
{
	bool v4 = endpoint_is_ipv4(client) == (attempt % 2 == 0), own = attempt >= 2;

	if (attempt >= 4)
		return false;
	ret->from = seen(client, v4);
	/* Without IPv6, once more. */
	ret->to = v4 ? ipv4(own ? own_address.ipv4 : "127.0.0.1", port)
		     : ipv6(own && has_ipv6 ? own_address.ipv6 : "::1", port);
	return true;
}
