/*
 * test_gateway.c - what the gateway builds and reads without a network: netlink messages, packets,
 * name servers, what is closed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "gateway/dns_message.h"
#include "gateway/netlink.h"
#include "gateway/packet.h"
#include "gateway/pins.h"
#include "gateway/servers.h"
#include "gateway/setup_link.h"
#include "gateway/setup_nft.h"
#include "gateway/verdict.h"

static struct endpoint at(const char *text, uint16_t port)
{
	char addr[16];

	if (inet_pton(AF_INET, text, addr) == 1)
		return endpoint_ipv4(addr, htons(port));
	assert_int_equal(inet_pton(AF_INET6, text, addr), 1);
	return endpoint_ipv6(addr, htons(port));
}

/* Walks the messages of a batch: each begins where the one before ends, and has its number. */
static unsigned count_messages(const struct netlink_batch *b, unsigned *ret_acks)
{
	ssize_t left = (ssize_t)b->len;
	unsigned n = 0;

	*ret_acks = 0;
	for (const struct nlmsghdr *h = (const void *)b->data; NLMSG_OK(h, left);
	     h = NLMSG_NEXT(h, left)) {
		assert_int_equal(h->nlmsg_seq, ++n);
		assert_true(h->nlmsg_flags & NLM_F_REQUEST);
		*ret_acks += (h->nlmsg_flags & NLM_F_ACK) != 0;
	}
	assert_int_equal(left, 0);
	return n;
}

static void attributes_are_padded_and_nested(void **state)
{
	static const char expected[] = "\x05\x00\x01\x00x\x00\x00\x00"	  /* 5 bytes, padded */
				       "\x10\x00\x02\x80\x0c\x00\x03\x00" /* nested */
				       "ab\x00\x00\x00\x00\x00\x00";
	struct netlink_batch b = {0};
	uint32_t header = 0;
	size_t nest;

	(void)state;
	netlink_begin(&b, "try", 1, 0, &header, sizeof(header));
	netlink_attr(&b, 1, "x", 1);
	nest = netlink_nest(&b, 2);
	netlink_attr(&b, 3, "ab\0\0\0\0\0", 8);
	netlink_unnest(&b, nest);
	assert_int_equal(b.len, NLMSG_HDRLEN + 4 + 8 + 16);
	assert_memory_equal(b.data + NLMSG_HDRLEN + 4, expected, 24);
	assert_int_equal(((struct nlmsghdr *)b.data)->nlmsg_len, b.len);
}

static void each_kind_of_interface_is_asked_for_and_answered(void **state)
{
	unsigned acks;

	(void)state;
	for (const char *const *k = link_kinds; *k; k++) {
		struct netlink_batch b = {0};

		link_build_interface(&b, *k);
		assert_int_equal(count_messages(&b, &acks), streq(*k, "veth") ? 4 : 3);
		assert_int_equal(acks, 1);
		assert_int_equal(b.answered, b.n);
		assert_non_null(memmem(b.data, b.len, *k, strlen(*k)));
	}
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		struct netlink_batch b = {0};

		link_build_routes(&b, NETWORK_SHARED, true, ipv6);
		assert_int_equal(count_messages(&b, &acks), ipv6 ? 11 : 6);
		assert_int_equal(acks, 0);
	}
}

static void the_packet_filter_is_one_batch_with_one_answer(void **state)
{
	const struct nlmsghdr *last;
	unsigned acks;

	(void)state;
	for (int replace = 0; replace < 2; replace++) {
		struct netlink_batch b = {0};

		nft_build(&b, 4321, NETWORK_SHARED, true, replace);
		/* two bounds; twice a table, a chain and nine rules */
		assert_int_equal(count_messages(&b, &acks), 2 + 2 * (11 + replace));
		assert_int_equal(acks, 1);
		assert_int_equal(b.answered, b.n - 1);
		last = (const void *)(b.data + b.message);
		assert_false(last->nlmsg_flags & NLM_F_ACK); /* Linux before 6.10 answers none */
		assert_non_null(memmem(b.data, b.len, "\x10\xe1", 2)); /* the port */
	}
}

/* A SYN with some data, as TCP Fast Open sends. */
static size_t make_syn(bool ipv4, uint8_t *out)
{
	struct tcphdr tcp = {.source = htons(1000),
			     .dest = htons(443),
			     .seq = htonl(0xffffffff),
			     .doff = 5,
			     .syn = 1};
	struct endpoint from = at(ipv4 ? "10.0.2.15" : "fd00:2::15", 0);
	struct endpoint to = at(ipv4 ? "203.0.113.10" : "2001:db8::1", 0);
	size_t header = ipv4 ? 20 : 40;

	memset(out, 0, header);
	out[0] = ipv4 ? 0x45 : 0x60;
	if (ipv4) {
		out[3] = 20 + 20 + 3;
		out[9] = IPPROTO_TCP;
		memcpy(out + 12, endpoint_ipv4_bytes(&from), 4);
		memcpy(out + 16, endpoint_ipv4_bytes(&to), 4);
	} else {
		out[5] = 20 + 3;
		out[6] = IPPROTO_TCP;
		memcpy(out + 8, &from.addr, 16);
		memcpy(out + 24, &to.addr, 16);
	}
	memcpy(out + header, &tcp, sizeof(tcp));
	memset(out + header + sizeof(tcp), 0x5a, 3); /* an odd number of bytes */
	return header + sizeof(tcp) + 3;
}

static void a_syn_is_read_whole_or_not_at_all(void **state)
{
	uint8_t data[128];

	(void)state;
	for (int ipv4 = 0; ipv4 < 2; ipv4++) {
		size_t len = make_syn(ipv4, data), header = ipv4 ? 20 : 40;
		struct packet p;

		assert_true(packet_parse(data, len, &p));
		assert_int_equal(p.kind, PACKET_SYN);
		assert_int_equal(p.header, header);
		assert_int_equal(ntohs(p.key.from.port), 1000);
		assert_int_equal(ntohs(p.key.to.port), 443);
		assert_int_equal(endpoint_is_ipv4(&p.key.to), ipv4);
		for (size_t cut = 0; cut < len; cut++)
			assert_false(packet_parse(data, cut, &p));
		data[header + 13] = 0x12; /* with an ack it is an answer */
		assert_false(packet_parse(data, len, &p));
	}
	make_syn(true, data);
	data[6] = 0x20; /* more fragments */
	assert_false(packet_parse(data, 43, &(struct packet){0}));
}

/* A sum over data with a right checksum is 0xffff; RFC 1071. */
static uint32_t sum(const uint8_t *data, size_t len)
{
	uint32_t s = 0;

	for (size_t i = 0; i < len; i++)
		s += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return s;
}

static void assert_checksum(const uint8_t *packet, size_t len)
{
	bool ipv4 = packet[0] >> 4 == 4;
	size_t header = ipv4 ? 20 : 40, n = 0;
	uint8_t protocol = packet[ipv4 ? 9 : 6], pseudo[512] = {0};

	if (protocol != IPPROTO_ICMP) {
		n = ipv4 ? 8 : 32;
		memcpy(pseudo, packet + header - n, n);
		pseudo[n + 1] = protocol;
		pseudo[n + 2] = (uint8_t)((len - header) >> 8);
		pseudo[n + 3] = (uint8_t)(len - header);
		n += 4;
	}
	memcpy(pseudo + n, packet + header, len - header);
	assert_int_equal(sum(pseudo, n + len - header), 0xffff);
}

static void answers_have_the_ends_and_the_checksums_that_they_must(void **state)
{
	static uint8_t out[PACKET_MAX];
	struct endpoint sender;
	uint8_t data[128];
	struct tcphdr tcp;
	struct packet p;
	size_t len, header;

	(void)state;
	for (int ipv4 = 0; ipv4 < 2; ipv4++) {
		assert_true(packet_parse(data, make_syn(ipv4, data), &p));
		header = p.header;
		memcpy(out, data, p.len);
		packet_fill_syn_checksum(out, &p);
		assert_checksum(out, p.len);
		len = packet_build_reset(&p, out);
		assert_int_equal(len, header + sizeof(tcp));
		assert_checksum(out, len);
		memcpy(&tcp, out + header, sizeof(tcp));
		assert_true(tcp.rst && tcp.ack);
		assert_int_equal(tcp.ack_seq, 0); /* of 0xffffffff the next */
		assert_int_equal(ntohs(tcp.source), 443);
		sender = at(ipv4 ? GATEWAY_IPV4 : GATEWAY_IPV6, 0);
		len = packet_build_error(&sender, &p.key.from, data, p.len, ECONNREFUSED, out);
		assert_checksum(out, len);
		assert_int_equal(out[header], ipv4 ? 3 : 1);
		assert_int_equal(out[header + 1], ipv4 ? 3 : 4);
		len = packet_build_udp(&p.key, "abc", 3, out);
		assert_int_equal(len, header + 8 + 3);
		assert_checksum(out, len);
		assert_memory_equal(out + header - (ipv4 ? 4 : 16),
				    ipv4 ? (const void *)endpoint_ipv4_bytes(&p.key.from)
					 : &p.key.from.addr,
				    ipv4 ? 4 : 16);
	}
}

static void name_servers_are_read_as_the_resolver_reads_them(void **state)
{
	struct gateway_servers s;

	(void)state;
	servers_parse("# nameserver 9.9.9.9\nnameserver\t127.0.0.53 \nnameserver 2001:db8::53#x\n"
		      "search a\nnameserver fe80::1%eth0\nnameserver bad\nnameservers 1.1.1.1\n"
		      "nameserver 192.0.2.1\nnameserver 192.0.2.2",
		      &s);
	assert_int_equal(s.n, 3);
	assert_memory_equal(&s.at[0], &(struct endpoint[]){at("127.0.0.53", 53)}, sizeof(s.at[0]));
	assert_memory_equal(&s.at[1], &(struct endpoint[]){at("2001:db8::53", 53)},
			    sizeof(s.at[1]));
	assert_memory_equal(&s.at[2], &(struct endpoint[]){at("192.0.2.1", 53)}, sizeof(s.at[2]));
	servers_parse("", &s);
	assert_int_equal(s.n, 0);
}

/* "www.example.com" and its answer: an alias, and the address of that; and one of another name. */
static const uint8_t query[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\3WWW\7example\3com\0\0\1\0\1";
static const uint8_t reply[] = "\x12\x34\x81\x80\0\1\0\3\0\0\0\0\3www\7example\3com\0\0\1\0\1"
			       "\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3cdn\xc0\x10"
			       "\xc0\x2d\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x0a"
			       "\3bad\xc0\x10\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x0b";

static void a_query_is_read_and_its_answer_counts_for_its_name_alone(void **state)
{
	const size_t query_len = sizeof(query) - 1, reply_len = sizeof(reply) - 1;
	uint8_t out[DNS_HEADER + DNS_QUESTION_MAX + 28], copy[sizeof(reply)];
	struct endpoint address = at("203.0.113.10", 0);
	struct dns_addresses found;
	struct dns_question q;
	enum dns_code code;

	(void)state;
	assert_true(dns_read_query(query, query_len, &q, &code));
	assert_int_equal(code, DNS_OK);
	assert_string_equal(q.name, "www.example.com");
	assert_true(dns_read_answer(reply, reply_len, query, query_len, &found));
	assert_int_equal(found.n, 1);
	assert_memory_equal(&found.at[0], &address, sizeof(address));
	for (size_t len = 0; len < reply_len; len++)
		assert_false(dns_read_answer(reply, len, query, query_len, &found));
	for (size_t i = 0; i < DNS_HEADER + 21; i++) {
		memcpy(copy, reply, reply_len);
		copy[i] ^= 0x80;
		if (i != 2 && i != 3 && i < 8) /* flags, and counts of what is not read */
			assert_false(dns_read_answer(copy, reply_len, query, query_len, &found));
	}
	assert_true(dns_read_answer(out, dns_build_answer(query, &q, DNS_OK, &address, out), query,
				    query_len, &found));
	assert_memory_equal(&found.at[0], &address, sizeof(address));
}

static void join_names(const char *name, void *arg)
{
	buf_addf(arg, "%s ", name);
}

/* The next gateway has the memory of one that was killed, at any point of what it wrote. */
static void pins_stay_and_the_least_used_goes_first(void **state)
{
	struct pins *kept = pins_map();
	struct endpoint a = at("203.0.113.10", 0), b = at("2001:db8::1", 0);
	cleanup_buf struct buf names = BUF_INIT;
	char other[32];

	(void)state;
	assert_non_null(kept);
	pins_init(kept);
	assert_null(pins_first(&a));
	pins_add(&a, "one.test");
	pins_add(&b, "one.test");
	pins_add(&a, "two.test");
	pins_add(&a, "one.test");
	for (int restarted = 0; restarted < 2; restarted++) {
		assert_string_equal(pins_first(&a), "one.test");
		assert_true(pins_has(&a, "two.test") && pins_has(&b, "one.test"));
		assert_false(pins_has(&b, "two.test"));
		pins_init(kept);
	}
	pins_each(&a, join_names, &names);
	assert_string_equal(names.data, "one.test two.test ");
	for (int i = 0; i < 8192 - 2; i++) { /* one more than there is room */
		assert_true(pins_has(&a, "one.test"));
		snprintf(other, sizeof(other), "%d.test", i);
		pins_add(&b, other);
	}
	for (int restarted = 0; restarted < 2; restarted++) {
		assert_true(pins_has(&a, "one.test") && pins_has(&a, "two.test"));
		assert_true(pins_has(&b, "8189.test") && !pins_has(&b, "one.test"));
		pins_init(kept);
	}
	memset(kept, 0x41, 1 << 20); /* whatever it wrote */
	pins_init(kept);
	assert_true(pins_has(&b, "8188.test"));
	assert_false(pins_has(&b, "0.test"));
	pins_unmap(kept);
	pins_init(NULL);
}

static void this_host_and_what_is_no_host_are_closed(void **state)
{
	static const char *const closed[] = {
		"0.0.0.0",	   "0.1.2.3",	  "127.0.0.1",
		"127.255.255.254", "10.0.2.2",	  "169.254.169.254",
		"100.100.100.200", "192.0.0.192", "224.0.0.1",
		"255.255.255.255", "::",	  "::1",
		"fe80::1",	   "febf::1",	  "ff02::1",
		"fd00:ec2::254",   "fd00:2::2",	  "::ffff:127.0.0.1",
	};
	static const char *const open[] = {
		"1.0.0.0",	   "126.255.255.255", "128.0.0.1",   "10.0.2.3",
		"169.253.255.255", "223.255.255.255", "2001:db8::1", "fec0::1",
		"fd00:2::3",	   "192.168.1.1",     "::2",	     "::ffff:8.8.8.8"};
	struct endpoint a;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(closed); i++) {
		a = at(closed[i], 80);
		assert_true(verdict_is_closed(&a));
	}
	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		a = at(open[i], 80);
		assert_false(verdict_is_closed(&a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_padded_and_nested),
		cmocka_unit_test(each_kind_of_interface_is_asked_for_and_answered),
		cmocka_unit_test(the_packet_filter_is_one_batch_with_one_answer),
		cmocka_unit_test(a_syn_is_read_whole_or_not_at_all),
		cmocka_unit_test(answers_have_the_ends_and_the_checksums_that_they_must),
		cmocka_unit_test(name_servers_are_read_as_the_resolver_reads_them),
		cmocka_unit_test(a_query_is_read_and_its_answer_counts_for_its_name_alone),
		cmocka_unit_test(pins_stay_and_the_least_used_goes_first),
		cmocka_unit_test(this_host_and_what_is_no_host_are_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
