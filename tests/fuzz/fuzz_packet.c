/*
 * fuzz_packet.c - any bytes as a packet of the box: nothing is read outside it, and what is built
 * in answer goes back to its sender.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct packet *p, const uint8_t *out, size_t len)
{
	bool ipv4 = endpoint_is_ipv4(&p->key.from);

	if (len > PACKET_MAX || len < (ipv4 ? 20u : 40u) ||
	    memcmp(out + (ipv4 ? 16 : 24),
		   ipv4 ? (const void *)endpoint_ipv4_bytes(&p->key.from) : &p->key.from.addr,
		   ipv4 ? 4 : 16) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[PACKET_MAX];
	struct packet p;

	if (!packet_parse(data, size, &p))
		return 0;
	if (p.len != size || p.header > size)
		abort();
	check(&p, out, packet_build_error(&p.key.to, &p.key.from, p.data, p.len, EACCES, out));
	if (p.kind == PACKET_SYN) {
		check(&p, out, packet_build_reset(&p, out));
		memcpy(out, p.data, p.len);
		packet_fill_syn_checksum(out, &p);
	} else {
		check(&p, out,
		      packet_build_echo_reply(&p.key, 7, p.data + p.header, p.len - p.header, out));
	}
	return 0;
}
