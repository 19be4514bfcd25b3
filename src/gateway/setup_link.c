/*
 * setup_link.c - the box's network interface, addresses, routes and rules.
 *
 * The interface is for show: programs look for one with an address and a default route, and no
 * packet ever leaves by it. What a program of the box sends has come in by lo (`iif lo`), and so a
 * rule sends every lookup that the table `local` did not answer to a table of our own, in which all
 * addresses are local. connect(2) thus finds a route over lo. bind(2) asks the table `local` alone,
 * so that the address of somebody else is refused as on any host.
 */
#include "gateway/setup_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define LO	   1 /* the first interface of each network namespace */
#define PEER	   3 /* the other end of a veth, unused */
#define TABLE	   100
#define WIRE_TABLE 101
/* Of rules, after `local` (0) and before `main` (32766). */
#define WIRE_PREF 99
#define PREF	  100
#define METRIC	  1

#define MULTICAST	 "224.0.0.0"
#define MULTICAST_PREFIX 4

/*
 * Modules are loaded for an unprivileged namespace too, but not every kernel has each of them.
 * ifb has the flags of dummy, and takes 60 us less than a bridge without ports; veth is the
 * dearest.
 */
const char *const link_kinds[] = {"dummy", "ifb", "bridge", "veth", NULL};

struct link_address link_address(unsigned number)
{
	struct link_address a;

	snprintf(a.ipv4, sizeof(a.ipv4), NETWORK_IPV4 "%u", number);
	snprintf(a.ipv6, sizeof(a.ipv6), NETWORK_IPV6 "%u", number);
	return a;
}

void link_build_up(struct netlink_batch *b, int index)
{
	struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	netlink_begin(b, "bring up an interface", RTM_NEWLINK, 0, &link, sizeof(link));
}

static void add_peer(struct netlink_batch *b)
{
	struct ifinfomsg peer = {.ifi_index = PEER};
	size_t data = netlink_nest(b, IFLA_INFO_DATA), nest = netlink_nest(b, VETH_INFO_PEER);

	/* The header of a link stands in front of the peer's attributes. */
	netlink_put(b, &peer, sizeof(peer));
	netlink_attr_string(b, IFLA_IFNAME, "gw0");
	netlink_unnest(b, nest);
	netlink_unnest(b, data);
}

void link_build_interface(struct netlink_batch *b, const char *kind)
{
	bool veth = streq(kind, "veth");
	struct ifinfomsg link = {.ifi_index = LINK_ETH0};
	size_t info;

	link_build_up(b, LO);
	netlink_begin(b, "make eth0", RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	netlink_attr_string(b, IFLA_IFNAME, "eth0");
	netlink_attr_u32(b, IFLA_MTU, LINK_MTU);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_string(b, IFLA_INFO_KIND, kind);
	if (veth)
		add_peer(b);
	netlink_unnest(b, info);
	link_build_up(b, LINK_ETH0);
	if (veth)
		link_build_up(b, PEER);
	netlink_ask_answer(b);
}

/* An address in binary, of the size that its family has. */
static size_t parse(int family, const char *text, void *ret)
{
	inet_pton(family, text, ret);
	return family == AF_INET ? 4 : 16;
}

static void add_address(struct netlink_batch *b, int family, const char *text, int prefix,
			int index)
{
	struct ifaddrmsg address = {.ifa_family = (uint8_t)family,
				    .ifa_prefixlen = (uint8_t)prefix,
				    .ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0,
				    .ifa_index = (unsigned)index};
	char addr[16];
	size_t size = parse(family, text, addr);

	netlink_begin(b, "add an address", RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &address,
		      sizeof(address));
	netlink_attr(b, IFA_LOCAL, addr, size);
	netlink_attr(b, IFA_ADDRESS, addr, size);
}

static void begin_route(struct netlink_batch *b, const char *what, const struct rtmsg *route)
{
	netlink_begin(b, what, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, route, sizeof(*route));
}

/* What `ip route` and programs show. No lookup gets as far as this. */
static void add_default(struct netlink_batch *b, int family, const char *gateway)
{
	struct rtmsg route = {.rtm_family = (uint8_t)family,
			      .rtm_table = RT_TABLE_MAIN,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = RT_SCOPE_UNIVERSE,
			      .rtm_type = RTN_UNICAST};
	char addr[16];

	begin_route(b, "add the default route", &route);
	netlink_attr(b, RTA_GATEWAY, addr, parse(family, gateway, addr));
	netlink_attr_u32(b, RTA_OIF, LINK_ETH0);
}

/* What programs of the box ask for. */
static void add_rule(struct netlink_batch *b, int family, uint8_t table, uint32_t pref)
{
	struct fib_rule_hdr rule = {
		.family = (uint8_t)family, .table = table, .action = FR_ACT_TO_TBL};

	netlink_begin(b, "add a routing rule", RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, &rule,
		      sizeof(rule));
	netlink_attr_u32(b, FRA_PRIORITY, pref);
	netlink_attr_string(b, FRA_IIFNAME, "lo");
}

/* `to` NULL: every address. The route of the lower metric is for sockets without an interface. */
static void add_route(struct netlink_batch *b, int family, const char *to, uint8_t type,
		      const char *source, int index, uint32_t metric)
{
	struct rtmsg route = {.rtm_family = (uint8_t)family,
			      .rtm_dst_len = to ? MULTICAST_PREFIX : 0,
			      .rtm_table = TABLE,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = type == RTN_LOCAL ? RT_SCOPE_HOST : RT_SCOPE_LINK,
			      .rtm_type = type};
	char addr[16];

	begin_route(b, "add the route to the gateway", &route);
	if (to)
		netlink_attr(b, RTA_DST, addr, parse(family, to, addr));
	netlink_attr(b, RTA_PREFSRC, addr, parse(family, source, addr));
	netlink_attr_u32(b, RTA_OIF, (uint32_t)index);
	netlink_attr_u32(b, RTA_PRIORITY, metric);
}

/*
 * Every address is local, with the box's as the source. What is sent goes by lo, whichever interface
 * the route names; that one is compared with the one that a socket is bound to (SO_BINDTODEVICE).
 * Multicasts are by eth0, as on a host, except where it leads to other networks of the project: there
 * a socket has to say so. Of IPv6 the kernel has such a route.
 */
static void add_all_local(struct netlink_batch *b, int family, const char *source, int index,
			  bool stays)
{
	add_rule(b, family, TABLE, PREF);
	add_route(b, family, NULL, RTN_LOCAL, source, LO, METRIC);
	if (index == LO)
		return;
	add_route(b, family, NULL, RTN_LOCAL, source, index, METRIC + 1);
	if (family != AF_INET)
		return;
	if (!stays)
		add_route(b, family, MULTICAST, RTN_LOCAL, source, LO, METRIC);
	add_route(b, family, MULTICAST, RTN_UNICAST, source, index, METRIC + 1);
}

static void add_wire(struct netlink_batch *b, const char *to, uint8_t prefix, const char *source,
		     int index)
{
	struct rtmsg route = {.rtm_family = AF_INET,
			      .rtm_dst_len = prefix,
			      .rtm_table = WIRE_TABLE,
			      .rtm_protocol = RTPROT_BOOT,
			      .rtm_scope = RT_SCOPE_LINK,
			      .rtm_type = RTN_UNICAST};
	char addr[4];

	begin_route(b, "add the route to the project's networks", &route);
	netlink_attr(b, RTA_DST, addr, parse(AF_INET, to, addr));
	netlink_attr(b, RTA_PREFSRC, addr, parse(AF_INET, source, addr));
	netlink_attr_u32(b, RTA_OIF, (uint32_t)index);
}

void link_build_wire(struct netlink_batch *b, unsigned number, int index)
{
	struct link_address own = link_address(number), shared = link_address(NETWORK_SHARED),
			    first = link_address(NETWORK_FIRST);

	add_rule(b, AF_INET, WIRE_TABLE, WIRE_PREF);
	add_wire(b, first.ipv4, NETWORK_PREFIX, own.ipv4, index);
	if (number != NETWORK_SHARED)
		add_wire(b, shared.ipv4, 32, own.ipv4, index);
}

void link_build_routes(struct netlink_batch *b, unsigned number, bool interface, bool ipv6)
{
	struct link_address own = link_address(number);
	int index = interface ? LINK_ETH0 : LO;
	bool stays = number == NETWORK_SHARED;

	add_address(b, AF_INET, own.ipv4, 24, index);
	if (ipv6)
		add_address(b, AF_INET6, own.ipv6, 64, index);
	if (interface)
		add_default(b, AF_INET, GATEWAY_IPV4);
	if (interface && ipv6)
		add_default(b, AF_INET6, GATEWAY_IPV6);
	add_all_local(b, AF_INET, own.ipv4, index, stays);
	if (ipv6)
		add_all_local(b, AF_INET6, own.ipv6, index, stays);
}

int link_send(const struct netlink_batch *b, struct err *e)
{
	cleanup_close int fd = -1;
	int r = netlink_open(NETLINK_ROUTE, &fd, e);

	return r < 0 ? r : netlink_send(fd, b, e);
}

static bool make_interface(const char *kind)
{
	struct netlink_batch b = {0};
	struct err ignored;

	link_build_interface(&b, kind);
	return link_send(&b, &ignored) == 0;
}

/* The kind that works, `known` first; NULL if none does. */
static const char *find_interface(const char *known)
{
	if (known && make_interface(known))
		return known;
	for (const char *const *k = link_kinds; *k; k++)
		if (!(known && streq(*k, known)) && make_interface(*k))
			return *k;
	return NULL;
}

int link_setup(const char **kind, unsigned number, bool ipv6, struct err *e)
{
	bool own = number != NETWORK_SHARED;
	struct netlink_batch b = {0};

	if (!own)
		*kind = find_interface(*kind);
	if (own || !*kind)
		link_build_up(&b, LO);
	if (own)
		link_build_up(&b, LINK_ETH0);
	link_build_routes(&b, number, own || *kind, ipv6);
	if (own)
		link_build_wire(&b, number, LINK_ETH0);
	netlink_ask_answer(&b);
	return link_send(&b, e);
}
