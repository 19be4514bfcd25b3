/*
 * setup_bridge.c - the wire between the networks of a project.
 *
 * Traffic between two of them stays in the kernel: a pair of veth leads from each network to a
 * bridge, which is in a namespace that no box is in. Through the gateways, by splice, it would cost
 * two wake-ups in each direction. Only IPv4 goes this way; names of services have no other address.
 */
#include "gateway/setup_bridge.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/helper.h"
#include "gateway/contract.h"
#include "gateway/netlink.h"
#include "gateway/setup_link.h"

#define BRIDGE 2 /* its index; those of its ports are the numbers of the networks */

struct connecting {
	int userns, *bridge, netns;
	unsigned number;
};

static bool is_shared(const struct connecting *c)
{
	return c->number == NETWORK_SHARED;
}

/* No port and no bridge says anything of its own. */
static int silence_ipv6(struct err *e)
{
	static const char path[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
	cleanup_close int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : write_all(fd, "1", 1);

	return r < 0 && r != -ENOENT ? err_sys(e, -r, "cannot write '%s'", path) : 0;
}

static void add_bridge(struct netlink_batch *b)
{
	struct ifinfomsg link = {.ifi_index = BRIDGE, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	size_t info;

	netlink_begin(b, "make a bridge between the project's networks", RTM_NEWLINK,
		      NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	netlink_attr_string(b, IFLA_IFNAME, "bridge");
	netlink_attr_u32(b, IFLA_MTU, LINK_MTU);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_string(b, IFLA_INFO_KIND, "bridge");
	netlink_unnest(b, info);
	netlink_ask_answer(b);
}

static int make_bridge(int *ret, struct err *e)
{
	struct netlink_batch b = {0};
	cleanup_close int ns = -1;
	int r;

	if (unshare(CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot make a network namespace%s",
			       errno == ENOSPC ? " (user.max_net_namespaces)" : "");
	ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return err_sys(e, errno, "cannot open '/proc/self/ns/net'");
	r = silence_ipv6(e);
	add_bridge(&b);
	if (r == 0)
		r = link_send(&b, e);
	if (r == 0)
		*ret = take_fd(&ns);
	return r;
}

/*
 * A service that starts again has another interface with the same address. It has the same address
 * of Ethernet, too, so that what others remember stays right.
 */
static void add_peer(struct netlink_batch *b, const struct connecting *c)
{
	const uint8_t mac[] = {0x02, 0, 10, 0, 2, (uint8_t)c->number}; /* locally administered */
	struct ifinfomsg peer = {.ifi_index = is_shared(c) ? LINK_ETH1 : LINK_ETH0};
	size_t data = netlink_nest(b, IFLA_INFO_DATA), nest = netlink_nest(b, VETH_INFO_PEER);

	/* The header of a link stands in front of the peer's attributes. */
	netlink_put(b, &peer, sizeof(peer));
	netlink_attr_string(b, IFLA_IFNAME, is_shared(c) ? "eth1" : "eth0");
	netlink_attr_u32(b, IFLA_MTU, LINK_MTU);
	netlink_attr(b, IFLA_ADDRESS, mac, sizeof(mac));
	netlink_attr_u32(b, IFLA_NET_NS_FD, (uint32_t)c->netns);
	netlink_unnest(b, nest);
	netlink_unnest(b, data);
}

static void add_port(struct netlink_batch *b, const struct connecting *c)
{
	struct ifinfomsg port = {.ifi_index = (int)c->number};
	size_t info;

	netlink_begin(b, "connect a network of the project (veth)", RTM_NEWLINK,
		      NLM_F_CREATE | NLM_F_EXCL, &port, sizeof(port));
	netlink_attr_u32(b, IFLA_MTU, LINK_MTU);
	netlink_attr_u32(b, IFLA_MASTER, BRIDGE);
	info = netlink_nest(b, IFLA_LINKINFO);
	netlink_attr_string(b, IFLA_INFO_KIND, "veth");
	add_peer(b, c);
	netlink_unnest(b, info);
	link_build_up(b, (int)c->number);
	netlink_ask_answer(b);
}

/* Of a network that has ended; the kernel may take its time for that. */
static void remove_port(const struct connecting *c)
{
	struct ifinfomsg port = {.ifi_index = (int)c->number};
	struct netlink_batch b = {0};
	struct err ignored;

	netlink_begin(&b, "remove a port", RTM_DELLINK, 0, &port, sizeof(port));
	netlink_ask_answer(&b);
	link_send(&b, &ignored);
}

static int connect_network(void *arg, struct err *e)
{
	const struct connecting *c = arg;
	struct netlink_batch port = {0}, routes = {0};
	int r = 0;

	if (setns(c->userns, CLONE_NEWUSER) < 0)
		return err_sys(e, errno, "cannot join the project's user namespace");
	if (*c->bridge < 0)
		r = make_bridge(c->bridge, e);
	else if (setns(*c->bridge, CLONE_NEWNET) < 0)
		r = err_sys(e, errno, "cannot join the bridge's network namespace");
	if (r < 0)
		return r;
	remove_port(c);
	add_port(&port, c);
	r = link_send(&port, e);
	if (r < 0 || !is_shared(c))
		return r;
	if (setns(c->netns, CLONE_NEWNET) < 0)
		return err_sys(e, errno, "cannot join the box's network namespace");
	link_build_up(&routes, LINK_ETH1);
	link_build_wire(&routes, c->number, LINK_ETH1);
	netlink_ask_answer(&routes);
	return link_send(&routes, e);
}

int bridge_connect(int userns, int *bridge, int netns, unsigned number, struct err *e)
{
	struct connecting c = {
		.userns = userns, .bridge = bridge, .netns = netns, .number = number};

	return helper_run(connect_network, &c, e);
}
