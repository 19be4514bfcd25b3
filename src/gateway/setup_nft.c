/*
 * setup_nft.c - the packet filter that hands the box's traffic to the gateway's sockets.
 *
 *	table ip sandbox { chain gateway { type filter hook prerouting priority mangle;
 *		ip daddr 127.0.0.0/8 accept; ip daddr BOX accept; ip daddr 224.0.0.0/4 accept
 *		tcp flags syn / fin,syn,rst,ack meta mark != SEEN drop
 *		tcp flags syn / fin,syn,rst,ack tproxy to :PORT accept
 *		meta l4proto tcp tproxy to :1 accept
 *		meta l4proto tcp drop
 *		meta l4proto udp tproxy to :PORT accept
 *		drop } }
 *
 * and the same in a table ip6. tproxy gives a packet to a socket without changing it, so that there
 * is no connection tracking. A new SYN is dropped here: the gateway has a copy and puts it back,
 * marked, when the host's own connect has succeeded. Port 1 has no listener, so that packets other
 * than a SYN reach existing sockets only; those that meet the moment when the kernel replaces a
 * request by its socket are dropped and sent again, where the listener would have answered with a
 * reset. The last rule drops everything else, also echo requests, which the gateway answers.
 */
#include "gateway/setup_nft.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>

#include "base/cleanup.h"
#include "gateway/setup_link.h"

#define TABLE	    "sandbox"
#define CHAIN	    "gateway"
#define MANGLE	    (-150) /* NF_IP_PRI_MANGLE: before routing, where tproxy works */
#define IPV4_TO	    16	   /* where the destination is in the header */
#define IPV6_TO	    24
#define TCP_FLAGS   13
#define NO_LISTENER 1

/* A family and the batch that its rules go to. */
struct rules {
	struct netlink_batch *b;
	uint8_t family; /* NFPROTO_IPV4, NFPROTO_IPV6 */
	struct link_address own;
	size_t list; /* the expressions of the rule that is being built */
};

/* An expression that is being built: its element and its data. */
struct expression {
	size_t element, data;
};

static void begin_family(struct netlink_batch *b, const char *what, uint16_t type, uint16_t flags,
			 uint8_t family)
{
	struct nfgenmsg header = {.nfgen_family = family, .version = NFNETLINK_V0};

	netlink_begin(b, what, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, &header,
		      sizeof(header));
}

/* Where a batch begins and ends. */
static void add_bound(struct netlink_batch *b, uint16_t type)
{
	struct nfgenmsg header = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};

	netlink_begin(b, "use nf_tables", type, 0, &header, sizeof(header));
}

static struct expression begin_expression(const struct rules *r, const char *name)
{
	struct expression x = {.element = netlink_nest(r->b, NFTA_LIST_ELEM)};

	netlink_attr_string(r->b, NFTA_EXPR_NAME, name);
	x.data = netlink_nest(r->b, NFTA_EXPR_DATA);
	return x;
}

static void end_expression(const struct rules *r, struct expression x)
{
	netlink_unnest(r->b, x.data);
	netlink_unnest(r->b, x.element);
}

static void add_value(const struct rules *r, uint16_t type, const void *data, size_t len)
{
	size_t nest = netlink_nest(r->b, type);

	netlink_attr(r->b, NFTA_DATA_VALUE, data, len);
	netlink_unnest(r->b, nest);
}

static void begin_rule(struct rules *r, const char *what)
{
	begin_family(r->b, what, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, r->family);
	netlink_attr_string(r->b, NFTA_RULE_TABLE, TABLE);
	netlink_attr_string(r->b, NFTA_RULE_CHAIN, CHAIN);
	r->list = netlink_nest(r->b, NFTA_RULE_EXPRESSIONS);
}

/* Ends a rule with its verdict, NF_ACCEPT or NF_DROP. */
static void end_rule(struct rules *r, int verdict)
{
	struct expression x = begin_expression(r, "immediate");
	size_t data, code;

	netlink_attr_be32(r->b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = netlink_nest(r->b, NFTA_IMMEDIATE_DATA);
	code = netlink_nest(r->b, NFTA_DATA_VERDICT);
	netlink_attr_be32(r->b, NFTA_VERDICT_CODE, (uint32_t)verdict);
	netlink_unnest(r->b, code);
	netlink_unnest(r->b, data);
	end_expression(r, x);
	netlink_unnest(r->b, r->list);
}

/* Loads bytes of the packet; base: NFT_PAYLOAD_*_HEADER. */
static void load_payload(const struct rules *r, uint32_t base, uint32_t offset, uint32_t len)
{
	struct expression x = begin_expression(r, "payload");

	netlink_attr_be32(r->b, NFTA_PAYLOAD_DREG, NFT_REG_1);
	netlink_attr_be32(r->b, NFTA_PAYLOAD_BASE, base);
	netlink_attr_be32(r->b, NFTA_PAYLOAD_OFFSET, offset);
	netlink_attr_be32(r->b, NFTA_PAYLOAD_LEN, len);
	end_expression(r, x);
}

static void load_meta(const struct rules *r, uint32_t key)
{
	struct expression x = begin_expression(r, "meta");

	netlink_attr_be32(r->b, NFTA_META_DREG, NFT_REG_1);
	netlink_attr_be32(r->b, NFTA_META_KEY, key);
	end_expression(r, x);
}

static void mask(const struct rules *r, uint8_t bits)
{
	struct expression x = begin_expression(r, "bitwise");

	netlink_attr_be32(r->b, NFTA_BITWISE_SREG, NFT_REG_1);
	netlink_attr_be32(r->b, NFTA_BITWISE_DREG, NFT_REG_1);
	netlink_attr_be32(r->b, NFTA_BITWISE_LEN, 1);
	add_value(r, NFTA_BITWISE_MASK, &bits, 1);
	add_value(r, NFTA_BITWISE_XOR, "", 1);
	end_expression(r, x);
}

/* op: NFT_CMP_EQ and kin. */
static void compare(const struct rules *r, uint32_t op, const void *data, size_t len)
{
	struct expression x = begin_expression(r, "cmp");

	netlink_attr_be32(r->b, NFTA_CMP_SREG, NFT_REG_1);
	netlink_attr_be32(r->b, NFTA_CMP_OP, op);
	add_value(r, NFTA_CMP_DATA, data, len);
	end_expression(r, x);
}

static void match_protocol(const struct rules *r, uint8_t protocol)
{
	load_meta(r, NFT_META_L4PROTO);
	compare(r, NFT_CMP_EQ, &protocol, 1);
}

static void match_syn(const struct rules *r)
{
	uint8_t syn = 0x02;

	match_protocol(r, IPPROTO_TCP);
	load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS, 1);
	mask(r, 0x17); /* fin, syn, rst, ack */
	compare(r, NFT_CMP_EQ, &syn, 1);
}

static void match_address(const struct rules *r, int family, const char *text)
{
	uint8_t addr[16];

	inet_pton(family, text, addr);
	if (family == AF_INET)
		load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IPV4_TO, 4);
	else
		load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, IPV6_TO, 16);
	compare(r, NFT_CMP_EQ, addr, family == AF_INET ? 4 : 16);
}

/* Matches the first byte of the destination, under a mask. */
static void match_first_byte(const struct rules *r, uint32_t offset, uint8_t bits, uint8_t value)
{
	load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, 1);
	if (bits != 0xff)
		mask(r, bits);
	compare(r, NFT_CMP_EQ, &value, 1);
}

static void tproxy(const struct rules *r, uint16_t port)
{
	struct expression x = begin_expression(r, "immediate");
	uint16_t value = htons(port);

	netlink_attr_be32(r->b, NFTA_IMMEDIATE_DREG, NFT_REG_1);
	add_value(r, NFTA_IMMEDIATE_DATA, &value, sizeof(value));
	end_expression(r, x);
	x = begin_expression(r, "tproxy");
	netlink_attr_be32(r->b, NFTA_TPROXY_FAMILY, r->family);
	netlink_attr_be32(r->b, NFTA_TPROXY_REG_PORT, NFT_REG_1);
	end_expression(r, x);
}

/* Of a box's loopback, its own address and multicast nothing goes to the gateway. */
static void add_own_ipv4(struct rules *r)
{
	begin_rule(r, "add a rule for loopback");
	match_first_byte(r, IPV4_TO, 0xff, 127);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add a rule for the box's address");
	match_address(r, AF_INET, r->own.ipv4);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add a rule for multicast");
	match_first_byte(r, IPV4_TO, 0xf0, 224);
	end_rule(r, NF_ACCEPT);
}

static void add_own_ipv6(struct rules *r)
{
	begin_rule(r, "add a rule for loopback");
	match_address(r, AF_INET6, "::1");
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add a rule for the box's address");
	match_address(r, AF_INET6, r->own.ipv6);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add a rule for link-local addresses and multicast");
	match_first_byte(r, IPV6_TO, 0xfe, 0xfe); /* fe80::/10, ff00::/8, and nothing in use */
	end_rule(r, NF_ACCEPT);
}

static void add_gateway_rules(struct rules *r, uint16_t port)
{
	uint32_t seen = NFT_MARK_SEEN;

	begin_rule(r, "add the rule that takes connections");
	match_syn(r);
	load_meta(r, NFT_META_MARK);
	compare(r, NFT_CMP_NEQ, &seen, sizeof(seen));
	end_rule(r, NF_DROP);
	begin_rule(r, "redirect connections (nft_tproxy)");
	match_syn(r);
	tproxy(r, port);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "redirect TCP (nft_tproxy)");
	match_protocol(r, IPPROTO_TCP);
	tproxy(r, NO_LISTENER);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add the rule that drops TCP");
	match_protocol(r, IPPROTO_TCP);
	end_rule(r, NF_DROP);
	begin_rule(r, "redirect UDP (nft_tproxy)");
	match_protocol(r, IPPROTO_UDP);
	tproxy(r, port);
	end_rule(r, NF_ACCEPT);
	begin_rule(r, "add the rule that drops the rest");
	end_rule(r, NF_DROP);
}

static void add_table(struct netlink_batch *b, uint8_t family, bool replace)
{
	if (replace) {
		begin_family(b, "delete a table of nf_tables", NFT_MSG_DELTABLE, 0, family);
		netlink_attr_string(b, NFTA_TABLE_NAME, TABLE);
	}
	begin_family(b, "make a table of nf_tables", NFT_MSG_NEWTABLE, NLM_F_CREATE, family);
	netlink_attr_string(b, NFTA_TABLE_NAME, TABLE);
}

static void add_chain(struct netlink_batch *b, uint8_t family)
{
	size_t hook;

	begin_family(b, "make a chain of nf_tables", NFT_MSG_NEWCHAIN, NLM_F_CREATE, family);
	netlink_attr_string(b, NFTA_CHAIN_TABLE, TABLE);
	netlink_attr_string(b, NFTA_CHAIN_NAME, CHAIN);
	hook = netlink_nest(b, NFTA_CHAIN_HOOK);
	netlink_attr_be32(b, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	netlink_attr_be32(b, NFTA_HOOK_PRIORITY, (uint32_t)MANGLE);
	netlink_unnest(b, hook);
	netlink_attr_string(b, NFTA_CHAIN_TYPE, "filter");
}

static void add_family(struct netlink_batch *b, uint8_t family, uint16_t port, unsigned number,
		       bool replace)
{
	struct rules r = {.b = b, .family = family, .own = link_address(number)};

	add_table(b, family, replace);
	add_chain(b, family);
	if (family == NFPROTO_IPV4)
		add_own_ipv4(&r);
	else
		add_own_ipv6(&r);
	add_gateway_rules(&r, port);
}

void nft_build(struct netlink_batch *b, uint16_t port, unsigned number, bool ipv6, bool replace)
{
	add_bound(b, NFNL_MSG_BATCH_BEGIN);
	add_family(b, NFPROTO_IPV4, port, number, replace);
	if (ipv6)
		add_family(b, NFPROTO_IPV6, port, number, replace);
	netlink_ask_answer(
		b); /* of the last rule: the end of a batch is answered since Linux 6.10 only */
	add_bound(b, NFNL_MSG_BATCH_END);
}

int nft_setup(uint16_t port, unsigned number, bool ipv6, bool replace, struct err *e)
{
	struct netlink_batch b = {0};
	cleanup_close int fd = -1;
	int r = netlink_open(NETLINK_NETFILTER, &fd, e);

	if (r < 0)
		return r;
	nft_build(&b, port, number, ipv6, replace);
	return netlink_send(fd, &b, e);
}
