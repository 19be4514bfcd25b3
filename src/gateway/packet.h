/*
 * packet.h - reading and building the few packets that the gateway handles itself.
 *
 * Pure functions over bytes that the box has sent: a SYN, an echo request. Everything is
 * checked against the length; nothing that is read decides how far is read.
 */
#ifndef GATEWAY_PACKET_H
#define GATEWAY_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/endpoint.h"

#define PACKET_MAX (40 + 65535) /* an IPv6 header, and what its length field can say */

enum packet_kind {
	PACKET_SYN,  /* TCP: syn, and neither ack, rst nor fin */
	PACKET_ECHO, /* an echo request: ports are 0 */
};

struct packet {
	enum packet_kind kind;
	struct flow_key key;
	const uint8_t *data; /* the whole packet, borrowed */
	size_t len, header;  /* of it, and of its IP header */
};

/* False if it is anything else, or cut off, or a fragment. */
bool packet_parse(const void *data, size_t len, struct packet *ret);

/* Writes the checksum of a SYN, which on lo the kernel has left to the (missing) hardware. */
void packet_fill_syn_checksum(uint8_t *data, const struct packet *syn);

/*
 * These build a whole packet, addressed to the box, in out (PACKET_MAX bytes), and return its
 * length.
 */

/* Refuses the connection that syn asked for. */
size_t packet_build_reset(const struct packet *syn, uint8_t *out);

/*
 * An ICMP error to the sender of `about`, which begins with the IP header; sender: the gateway's
 * address. errnum: what the host's own socket reported (icmp(7)).
 */
size_t packet_build_error(const struct endpoint *sender, const struct endpoint *to,
			  const uint8_t *about, size_t about_len, int errnum, uint8_t *out);

/*
 * A datagram to key->from, the box's end; len is at most 65507, of IPv6 65527: what the length field
 * of UDP can say, less its header.
 */
size_t packet_build_udp(const struct flow_key *key, const void *data, size_t len, uint8_t *out);

/* What the box would have sent to begin the flow: for packet_build_error(). At most 48 bytes. */
size_t packet_build_udp_quote(const struct flow_key *key, uint8_t *out);

/* The answer to an echo: its ICMP message with another type; id is what the box has sent. */
size_t packet_build_echo_reply(const struct flow_key *key, uint16_t id, const uint8_t *icmp,
			       size_t len, uint8_t *out);

/*
 * A packet of IPv6 that is too large for the loopback goes in fragments, which a raw socket does not
 * make; RFC 8200 4.5. The headers of the fragment that has `size` bytes of what follows the packet's
 * IP header, from `at` on, both multiples of 8 unless it is the last one. id: the same in all.
 */
#define PACKET_FRAGMENT_HEADERS 48
void packet_build_fragment(const uint8_t *packet, size_t at, size_t size, bool last, uint32_t id,
			   uint8_t out[static PACKET_FRAGMENT_HEADERS]);

#endif
