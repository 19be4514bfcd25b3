/*
 * packet.c - reading and building the few packets that the gateway handles itself.
 */
#include "gateway/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "base/mem.h"

#define TTL	    64 /* as Linux sends */
#define ICMP_HEADER 8
/* An error quotes the IP header and 8 bytes (RFC 792); of IPv6 more, without harm. */
#define QUOTED (sizeof(struct ip6_hdr) + 8)

/* Which ICMP error makes a socket of the box report what the host's socket reported; icmp(7). */
static const struct {
	int errnum;
	uint8_t code4, code6;
} errors[] = {
	{ECONNREFUSED, ICMP_PORT_UNREACH, ICMP6_DST_UNREACH_NOPORT},
	{ENETUNREACH, ICMP_NET_UNREACH, ICMP6_DST_UNREACH_NOROUTE},
	{EACCES, ICMP_PKT_FILTERED, ICMP6_DST_UNREACH_ADMIN},
	{EPERM, ICMP_PKT_FILTERED, ICMP6_DST_UNREACH_ADMIN},
	{0, ICMP_HOST_UNREACH, ICMP6_DST_UNREACH_ADDR}, /* the rest */
};

/* The sum of RFC 1071, not yet folded. Only the last part may have an odd length. */
static uint32_t sum(const void *data, size_t len, uint32_t s)
{
	const uint8_t *p = data;

	for (; len > 1; len -= 2, p += 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	return len ? s + (uint32_t)(p[0] << 8) : s;
}

static uint16_t fold(uint32_t s)
{
	s = (s & 0xffff) + (s >> 16);
	s += s >> 16;
	return htons((uint16_t)~s);
}

/* The checksum of a transport header and its data, with the pseudo header of RFC 8200 8.1. */
static uint16_t checksum(const uint8_t *ip, bool ipv4, uint8_t protocol, size_t header, size_t len)
{
	uint32_t s = protocol + (uint32_t)len;

	s = ipv4 ? sum(ip + offsetof(struct iphdr, saddr), 8, s)
		 : sum(ip + offsetof(struct ip6_hdr, ip6_src), 32, s);
	return fold(sum(ip + header, len, s));
}

static bool parse_transport(uint8_t protocol, struct packet *p)
{
	const uint8_t *at = p->data + p->header;
	size_t left = p->len - p->header;
	struct tcphdr tcp;

	if (protocol == IPPROTO_TCP && left >= sizeof(tcp)) {
		memcpy(&tcp, at, sizeof(tcp));
		p->kind = PACKET_SYN;
		p->key.from.port = tcp.source;
		p->key.to.port = tcp.dest;
		return tcp.syn && !tcp.ack && !tcp.rst && !tcp.fin;
	}
	p->kind = PACKET_ECHO;
	if (left < ICMP_HEADER || at[1] != 0)
		return false;
	return endpoint_is_ipv4(&p->key.to)
		       ? protocol == IPPROTO_ICMP && at[0] == ICMP_ECHO
		       : protocol == IPPROTO_ICMPV6 && at[0] == ICMP6_ECHO_REQUEST;
}

static bool parse_ipv4(struct packet *p)
{
	struct iphdr ip;

	if (p->len < sizeof(ip))
		return false;
	memcpy(&ip, p->data, sizeof(ip));
	p->header = (size_t)ip.ihl * 4;
	if (p->header < sizeof(ip) || p->header > p->len || ntohs(ip.tot_len) != p->len ||
	    ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK))
		return false;
	p->key.from = endpoint_ipv4(&ip.saddr, 0);
	p->key.to = endpoint_ipv4(&ip.daddr, 0);
	return parse_transport(ip.protocol, p);
}

/* With an extension header it is not ours: no host begins a connection or a ping with one. */
static bool parse_ipv6(struct packet *p)
{
	struct ip6_hdr ip;

	if (p->len < sizeof(ip))
		return false;
	memcpy(&ip, p->data, sizeof(ip));
	p->header = sizeof(ip);
	if (sizeof(ip) + ntohs(ip.ip6_plen) != p->len || IN6_IS_ADDR_V4MAPPED(&ip.ip6_dst) ||
	    IN6_IS_ADDR_V4MAPPED(&ip.ip6_src))
		return false;
	p->key.from = endpoint_ipv6(&ip.ip6_src, 0);
	p->key.to = endpoint_ipv6(&ip.ip6_dst, 0);
	return parse_transport(ip.ip6_nxt, p);
}

bool packet_parse(const void *data, size_t len, struct packet *ret)
{
	*ret = (struct packet){.data = data, .len = len};
	if (len == 0)
		return false;
	switch (ret->data[0] >> 4) {
	case 4:
		return parse_ipv4(ret);
	case 6:
		return parse_ipv6(ret);
	default:
		return false;
	}
}

void packet_fill_syn_checksum(uint8_t *data, const struct packet *syn)
{
	uint8_t *field = data + syn->header + offsetof(struct tcphdr, check);
	uint16_t value;

	memset(field, 0, sizeof(value));
	value = checksum(data, endpoint_is_ipv4(&syn->key.to), IPPROTO_TCP, syn->header,
			 syn->len - syn->header);
	memcpy(field, &value, sizeof(value));
}

/* Where what follows the IP header goes. */
static uint8_t *transport(const struct endpoint *to, uint8_t *out)
{
	return out + (endpoint_is_ipv4(to) ? sizeof(struct iphdr) : sizeof(struct ip6_hdr));
}

/*
 * Puts the IP header in front of len bytes at transport(), and their checksum into the field.
 * Returns the length of the packet. The kernel fills in the checksum of the IPv4 header; raw(7).
 */
static size_t finish(const struct endpoint *from, const struct endpoint *to, uint8_t protocol,
		     size_t len, size_t field, uint8_t *out)
{
	bool ipv4 = endpoint_is_ipv4(to);
	size_t header = (size_t)(transport(to, out) - out);
	uint16_t value = 0;

	if (ipv4) {
		struct iphdr ip = {.version = 4,
				   .ihl = sizeof(ip) / 4,
				   .ttl = TTL,
				   .protocol = protocol,
				   .tot_len = htons((uint16_t)(header + len))};

		memcpy(&ip.saddr, endpoint_ipv4_bytes(from), 4);
		memcpy(&ip.daddr, endpoint_ipv4_bytes(to), 4);
		memcpy(out, &ip, sizeof(ip));
	} else {
		struct ip6_hdr ip = {.ip6_flow = htonl(UINT32_C(6) << 28),
				     .ip6_plen = htons((uint16_t)len),
				     .ip6_nxt = protocol,
				     .ip6_hlim = TTL,
				     .ip6_src = from->addr,
				     .ip6_dst = to->addr};

		memcpy(out, &ip, sizeof(ip));
	}
	memcpy(out + header + field, &value, sizeof(value));
	if (protocol == IPPROTO_ICMP) /* has no pseudo header */
		value = fold(sum(out + header, len, 0));
	else
		value = checksum(out, ipv4, protocol, header, len);
	if (value == 0 && protocol == IPPROTO_UDP) /* 0 would mean that there is none; RFC 768 */
		value = 0xffff;
	memcpy(out + header + field, &value, sizeof(value));
	return header + len;
}

size_t packet_build_reset(const struct packet *syn, uint8_t *out)
{
	const struct flow_key *key = &syn->key;
	struct tcphdr asked, tcp = {.source = key->to.port,
				    .dest = key->from.port,
				    .doff = sizeof(tcp) / 4,
				    .rst = 1,
				    .ack = 1};

	memcpy(&asked, syn->data + syn->header, sizeof(asked));
	tcp.ack_seq = htonl(ntohl(asked.seq) + 1);
	memcpy(transport(&key->from, out), &tcp, sizeof(tcp));
	return finish(&key->to, &key->from, IPPROTO_TCP, sizeof(tcp),
		      offsetof(struct tcphdr, check), out);
}

size_t packet_build_error(const struct endpoint *sender, const struct endpoint *to,
			  const uint8_t *about, size_t about_len, int errnum, uint8_t *out)
{
	bool ipv4 = endpoint_is_ipv4(to);
	uint8_t *icmp = transport(to, out);
	size_t quoted = about_len < QUOTED ? about_len : QUOTED, i = 0;

	while (errors[i].errnum && errors[i].errnum != errnum)
		i++;
	memset(icmp, 0, ICMP_HEADER);
	icmp[0] = ipv4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH;
	icmp[1] = ipv4 ? errors[i].code4 : errors[i].code6;
	memcpy(icmp + ICMP_HEADER, about, quoted);
	return finish(sender, to, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, ICMP_HEADER + quoted,
		      offsetof(struct icmphdr, checksum), out);
}

/* from, to: of this datagram. */
static size_t build_udp(const struct endpoint *from, const struct endpoint *to, const void *data,
			size_t len, uint8_t *out)
{
	uint8_t *at = transport(to, out);
	struct udphdr udp = {.source = from->port,
			     .dest = to->port,
			     .len = htons((uint16_t)(sizeof(udp) + len))};

	memcpy(at, &udp, sizeof(udp));
	if (len)
		memcpy(at + sizeof(udp), data, len);
	return finish(from, to, IPPROTO_UDP, sizeof(udp) + len, offsetof(struct udphdr, check),
		      out);
}

size_t packet_build_udp(const struct flow_key *key, const void *data, size_t len, uint8_t *out)
{
	return build_udp(&key->to, &key->from, data, len, out);
}

size_t packet_build_udp_quote(const struct flow_key *key, uint8_t *out)
{
	return build_udp(&key->from, &key->to, NULL, 0, out);
}

size_t packet_build_echo_reply(const struct flow_key *key, uint16_t id, const uint8_t *icmp,
			       size_t len, uint8_t *out)
{
	bool ipv4 = endpoint_is_ipv4(&key->from);
	uint8_t *at = transport(&key->from, out);

	memcpy(at, icmp, len);
	at[0] = ipv4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	memcpy(at + offsetof(struct icmphdr, un.echo.id), &id, sizeof(id));
	return finish(&key->to, &key->from, ipv4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, len,
		      offsetof(struct icmphdr, checksum), out);
}

void packet_build_fragment(const uint8_t *packet, size_t at, size_t size, bool last, uint32_t id,
			   uint8_t out[static PACKET_FRAGMENT_HEADERS])
{
	struct ip6_hdr ip;
	struct ip6_frag f = {.ip6f_ident = id};

	_Static_assert(sizeof(ip) + sizeof(f) == PACKET_FRAGMENT_HEADERS, "see the header");
	memcpy(&ip, packet, sizeof(ip));
	f.ip6f_nxt = ip.ip6_nxt;
	f.ip6f_offlg = htons((uint16_t)at); /* in units of 8 bytes, above the three bits of flags */
	if (!last)
		f.ip6f_offlg |= IP6F_MORE_FRAG;
	ip.ip6_nxt = IPPROTO_FRAGMENT;
	ip.ip6_plen = htons((uint16_t)(sizeof(f) + size));
	memcpy(out, &ip, sizeof(ip));
	memcpy(out + sizeof(ip), &f, sizeof(f));
}
