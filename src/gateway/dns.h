/*
 * dns.h - the name server of the box, at the gateway's address.
 *
 * What dns.c decides about a message is the same for datagrams, which it also carries, and for TCP
 * (dns_tcp.c).
 */
#ifndef GATEWAY_DNS_H
#define GATEWAY_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/contract.h"
#include "gateway/dns_message.h"

#define DNS_WAIT_MS 10000 /* two attempts of resolver(3) */

/* Is it the name server that the box sees? */
bool dns_is_server(const struct endpoint *to);

/* The host's name servers, from now on. */
void dns_set_servers(const struct gateway_servers *s);

/* Which of them an attempt goes to; from 0 on, without end. False: there is none. */
bool dns_server(unsigned attempt, struct endpoint *ret);
unsigned dns_servers(void);

/* Gives a query a new random id. */
void dns_renumber(uint8_t *query);

enum dns_way {
	DNS_DROP,    /* it is no query */
	DNS_ANSWER,  /* *ret_len bytes are in out, of DNS_MESSAGE_MAX bytes */
	DNS_FORWARD, /* to a server */
};

/* What becomes of a message of the box. */
enum dns_way dns_decide(const uint8_t *query, size_t len, struct dns_question *ret, uint8_t *out,
			size_t *ret_len);

/*
 * An answer of a server to `query`, with the id that was sent there. False: it is none. Else `data`
 * is what the box gets: that an address may not be the name's, the policy can have changed.
 */
bool dns_accept(const uint8_t *query, size_t query_len, uint8_t *data, size_t *len);

/* A datagram of the box to the name server. */
void dns_datagram(const struct flow_key *key, const uint8_t *data, size_t len);

/* After each round of the loop: frees what has ended. */
void dns_continue(void);

/* Once a second: forgets what was not answered. */
void dns_sweep(void);
bool dns_waits(void);

#endif
