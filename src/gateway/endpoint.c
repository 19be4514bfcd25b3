/*
 * endpoint.c - an address with a port, of either family.
 */
#include "gateway/endpoint.h"

#include <string.h>

struct endpoint endpoint_ipv4(const void *addr, in_port_t port)
{
	struct endpoint a = {.port = port};

	memset(a.addr.s6_addr + 10, 0xff, 2);
	memcpy(a.addr.s6_addr + 12, addr, 4);
	return a;
}

struct endpoint endpoint_ipv6(const void *addr, in_port_t port)
{
	struct endpoint a = {.port = port};

	memcpy(&a.addr, addr, sizeof(a.addr));
	return a;
}

bool endpoint_is_ipv4(const struct endpoint *a)
{
	return IN6_IS_ADDR_V4MAPPED(&a->addr);
}

const uint8_t *endpoint_ipv4_bytes(const struct endpoint *a)
{
	return a->addr.s6_addr + 12;
}

bool endpoint_same_addr(const struct endpoint *a, const struct endpoint *b)
{
	return memcmp(&a->addr, &b->addr, sizeof(a->addr)) == 0;
}

static bool same(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && endpoint_same_addr(a, b);
}

bool flow_key_same(const struct flow_key *a, const struct flow_key *b)
{
	return same(&a->from, &b->from) && same(&a->to, &b->to);
}

/*
 * Not keyed: both ends are chosen by the box, which can only slow down its own gateway, and by no
 * more than the number of its flows.
 */
uint32_t flow_key_hash(const struct flow_key *key)
{
	uint32_t h = (uint32_t)key->from.port << 16 | key->to.port, words[4];

	memcpy(words, &key->to.addr, sizeof(words));
	for (int i = 0; i < 4; i++)
		h = (h ^ words[i]) * UINT32_C(2654435761); /* Knuth's, 2^32 / golden ratio */
	return h ^ h >> 15;
}

struct endpoint endpoint_of(const struct sockaddr_storage *sa)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

	return sa->ss_family == AF_INET ? endpoint_ipv4(&in->sin_addr, in->sin_port)
					: endpoint_ipv6(&in6->sin6_addr, in6->sin6_port);
}

socklen_t endpoint_sockaddr(const struct endpoint *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (endpoint_is_ipv4(a)) {
		in->sin_family = AF_INET;
		in->sin_port = a->port;
		memcpy(&in->sin_addr, endpoint_ipv4_bytes(a), 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = a->port;
	in6->sin6_addr = a->addr;
	return sizeof(*in6);
}
