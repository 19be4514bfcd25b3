/*
 * inject.c - packets that the gateway itself sends into the box.
 *
 * A packet that cannot be sent is lost, as it might be on any network.
 */
#include "gateway/inject.h"

#include <arpa/inet.h>
#include <netinet/ip6.h>
#include <string.h>

#include "gateway/loop.h"
#include "gateway/setup_link.h"

#define MTU	 65536 /* of lo */
#define FRAGMENT 32768

static const struct inside *sockets;
static struct endpoint gateway4, gateway6;
static uint8_t out[PACKET_MAX];

void inject_init(const struct inside *s)
{
	char addr[16];

	sockets = s;
	loop_add_buffer(out, sizeof(out));
	inet_pton(AF_INET, GATEWAY_IPV4, addr);
	gateway4 = endpoint_ipv4(addr, 0);
	inet_pton(AF_INET6, GATEWAY_IPV6, addr);
	gateway6 = endpoint_ipv6(addr, 0);
}

static void send_fragments(int fd, const struct sockaddr_storage *to, socklen_t size, size_t len)
{
	static uint32_t id;
	const uint8_t *data = out + sizeof(struct ip6_hdr);
	size_t total = len - sizeof(struct ip6_hdr);

	id++;
	for (size_t at = 0; at < total; at += FRAGMENT) {
		bool last = total - at <= FRAGMENT;
		uint8_t headers[PACKET_FRAGMENT_HEADERS];
		struct iovec io[] = {
			{headers, sizeof(headers)},
			{(void *)(data + at), last ? total - at : FRAGMENT},
		};
		struct msghdr m = {.msg_name = (void *)to,
				   .msg_namelen = size,
				   .msg_iov = io,
				   .msg_iovlen = 2};

		packet_build_fragment(out, at, io[1].iov_len, last, id, headers);
		(void)!sendmsg(fd, &m, MSG_DONTWAIT);
	}
}

static void send_packet(const struct endpoint *to, bool seen, size_t len)
{
	struct endpoint host = {.addr = to->addr}; /* raw(7): the port must be 0 */
	struct sockaddr_storage sa;
	socklen_t size = endpoint_sockaddr(&host, &sa);
	int fd = endpoint_is_ipv4(to) ? sockets->raw4[seen] : sockets->raw6[seen];

	if (len > MTU)
		send_fragments(fd, &sa, size, len);
	else
		(void)!sendto(fd, out, len, MSG_DONTWAIT, (struct sockaddr *)&sa, size);
}

void inject_syn(const struct packet *syn)
{
	memcpy(out, syn->data, syn->len);
	packet_fill_syn_checksum(out, syn);
	send_packet(&syn->key.to, true, syn->len);
}

void inject_reset(const struct packet *syn)
{
	send_packet(&syn->key.from, false, packet_build_reset(syn, out));
}

void inject_error(const struct endpoint *to, const void *about, size_t len, int errnum)
{
	const struct endpoint *sender = endpoint_is_ipv4(to) ? &gateway4 : &gateway6;

	send_packet(to, false, packet_build_error(sender, to, about, len, errnum, out));
}

void inject_udp_error(const struct flow_key *key, int errnum)
{
	uint8_t quote[64];
	size_t len = packet_build_udp_quote(key, quote);

	inject_error(&key->from, quote, len, errnum);
}

void inject_udp(const struct flow_key *key, const void *data, size_t len)
{
	send_packet(&key->from, false, packet_build_udp(key, data, len, out));
}

void inject_echo_reply(const struct flow_key *key, uint16_t id, const void *icmp, size_t len)
{
	send_packet(&key->from, false, packet_build_echo_reply(key, id, icmp, len, out));
}
