/*
 * inject.h - packets that the gateway itself sends into the box.
 */
#ifndef GATEWAY_INJECT_H
#define GATEWAY_INJECT_H

#include <stddef.h>

#include "gateway/inside.h"
#include "gateway/packet.h"

/* The raw sockets to send by; they must outlive all that follows. */
void inject_init(const struct inside *sockets);

/* Puts a SYN back on its way: now it reaches the listener, or is lost as packets are. */
void inject_syn(const struct packet *syn);

/* Refuses the connection that syn asked for. */
void inject_reset(const struct packet *syn);

/*
 * Tells the sender of a packet that it could not be delivered. about: the packet from its IP
 * header on; errnum: what the host's socket reported.
 */
void inject_error(const struct endpoint *to, const void *about, size_t len, int errnum);

/* The same about a datagram of a flow. */
void inject_udp_error(const struct flow_key *key, int errnum);

/* A datagram to key->from, of as many bytes as one can have. */
void inject_udp(const struct flow_key *key, const void *data, size_t len);

/* An echo reply to key->from; icmp: the whole message, of which the id becomes `id`. */
void inject_echo_reply(const struct flow_key *key, uint16_t id, const void *icmp, size_t len);

#endif
