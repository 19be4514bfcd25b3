/*
 * verdict.c - may the box reach this?
 */
#include "gateway/verdict.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/host_route.h"

/* Of IPv4, RFC 6890 unless another source is named. */
static const struct {
	const char *net;
	int prefix;
} closed4[] =
	{
		{"0.0.0.0", 8},	  /* means this host */
		{"10.0.2.2", 32}, /* the gateway: what it serves is sent elsewhere before */
		{"127.0.0.0", 8}, /* the host's loopback */
		{"169.254.0.0",
		 16}, /* link-local; 169.254.169.254 is the metadata service of most clouds */
		{"100.100.100.200", 32}, /* metadata of Alibaba Cloud */
		{"192.0.0.192", 32},	 /* metadata of Oracle Cloud */
		{"224.0.0.0", 4},	 /* multicast */
		{"240.0.0.0", 4},	 /* reserved, and broadcast */
},
  closed6[] = {
	  {"::", 127},		  /* unspecified and loopback */
	  {"fd00:2::2", 128},	  /* the gateway */
	  {"fd00:ec2::254", 128}, /* metadata of Amazon EC2 */
	  {"fe80::", 10},	  /* link-local */
	  {"ff00::", 8},	  /* multicast */
};

static bool has_prefix(const uint8_t *addr, int family, const char *net, int prefix)
{
	uint8_t want[16];
	int bytes = prefix / 8, bits = prefix % 8;

	inet_pton(family, net, want);
	return memcmp(addr, want, (size_t)bytes) == 0 &&
	       (bits == 0 || (addr[bytes] ^ want[bytes]) >> (8 - bits) == 0);
}

bool verdict_is_closed(const struct endpoint *to)
{
	if (endpoint_is_ipv4(to)) {
		for (size_t i = 0; i < ARRAY_SIZE(closed4); i++)
			if (has_prefix(endpoint_ipv4_bytes(to), AF_INET, closed4[i].net,
				       closed4[i].prefix))
				return true;
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(closed6); i++)
		if (has_prefix(to->addr.s6_addr, AF_INET6, closed6[i].net, closed6[i].prefix))
			return true;
	return false;
}

bool verdict_allows(const struct verdict_query *q)
{
	return !verdict_is_closed(q->to) && !host_route_is_local(q->to);
}
