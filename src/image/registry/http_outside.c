/*
 * http_outside.c - compares addresses with this machine's, and with a table.
 *
 * The same addresses are closed to boxes by the gateway (gateway/verdict.c).
 */
#include "image/registry/http_outside.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const struct {
	const char *address;
	unsigned int bits;
} closed
	[] =
		{
			{"0.0.0.0", 8},
			{"127.0.0.0", 8},
			{"169.254.0.0", 16}, /* link-local; at 169.254.169.254 are a cloud's secrets */
			{"100.100.100.200", 32}, /* metadata of Alibaba Cloud */
			{"192.0.0.192", 32},	 /* metadata of Oracle Cloud */
			{"224.0.0.0", 4},
			{"::", 128},
			{"::1", 128},
			{"fe80::", 10},
			{"fd00:ec2::254", 128}, /* metadata of Amazon EC2 */
			{"ff00::", 8},
};

/* An IPv4 address as IPv6 shows it. */
static struct in6_addr mapped(const void *four)
{
	struct in6_addr a = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

	memcpy(a.s6_addr + 12, four, 4);
	return a;
}

static bool read_address(const struct sockaddr *addr, struct in6_addr *ret)
{
	if (addr && addr->sa_family == AF_INET)
		*ret = mapped(&((const struct sockaddr_in *)(const void *)addr)->sin_addr);
	else if (addr && addr->sa_family == AF_INET6)
		*ret = ((const struct sockaddr_in6 *)(const void *)addr)->sin6_addr;
	else
		return false;
	return true;
}

static bool is_in(const struct in6_addr *a, const struct in6_addr *net, unsigned int bits)
{
	unsigned int rest = bits % 8;

	return memcmp(a, net, bits / 8) == 0 &&
	       (!rest || (a->s6_addr[bits / 8] ^ net->s6_addr[bits / 8]) >> (8 - rest) == 0);
}

static bool is_closed(const struct in6_addr *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
		struct in6_addr net;
		struct in_addr four;
		unsigned int bits = closed[i].bits;

		if (inet_pton(AF_INET, closed[i].address, &four) == 1) {
			net = mapped(&four);
			bits += 96;
		} else if (inet_pton(AF_INET6, closed[i].address, &net) != 1) {
			return true;
		}
		if (is_in(a, &net, bits))
			return true;
	}
	return false;
}

bool http_outside(const struct sockaddr *addr)
{
	struct ifaddrs *all = NULL;
	struct in6_addr a, own;
	bool outside = read_address(addr, &a) && !is_closed(&a) && getifaddrs(&all) == 0;

	for (const struct ifaddrs *i = all; outside && i; i = i->ifa_next)
		outside = !read_address(i->ifa_addr, &own) || memcmp(&a, &own, sizeof(a)) != 0;
	freeifaddrs(all);
	return outside;
}

bool http_outside_by_proxy(void)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
					    "ALL_PROXY"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}
