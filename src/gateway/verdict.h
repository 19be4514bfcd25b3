/*
 * verdict.h - may the box reach this?
 *
 * The one place where traffic is allowed or refused. Called for each new connection, flow of
 * datagrams and echo request, with the address that is really used, after names were resolved.
 */
#ifndef GATEWAY_VERDICT_H
#define GATEWAY_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "gateway/dns_message.h"
#include "gateway/endpoint.h"
#include "gateway/flight.h"
#include "gateway/pins.h"
#include "gateway/proxy.h"
#include "netpolicy/journal.h"
#include "netpolicy/netpolicy.h"

/*
 * Everything is open. What is decided is written to the journal, which may be NULL. pins: what an
 * earlier gateway of the network was asked and told (pins.h), or NULL.
 */
void verdict_init(struct net_journal *journal, struct pins *pins);

/* From now on. -1: it is none. */
int verdict_set_policy(const struct netpolicy *p, size_t size);

/* Records that the network had another gateway, which was killed. */
void verdict_note_killed(void);

/* Records that a connection was left unanswered, since there are no descriptors for it. */
void verdict_note_full(void);

enum verdict {
	VERDICT_REFUSED,
	VERDICT_ALLOWED,
	VERDICT_CHECKED, /* allowed if its first bytes are: verdict_of_flight() */
	VERDICT_PROXY,	 /* allowed as far as what it asks of a proxy is: verdict_of_target() */
};

/*
 * Never allowed: this host, by whichever of its addresses but host.sandbox; what is no single
 * remote host. protocol: IPPROTO_TCP, IPPROTO_UDP; IPPROTO_ICMP for a ping of either family. *ret:
 * where it is on the host, unless refused: another address only if it is host.sandbox.
 */
enum verdict verdict_of(int protocol, const struct endpoint *to, struct endpoint *ret);

/* Are these first bytes allowed? name: with FLIGHT_NAME, what they name. */
bool verdict_of_flight(const struct endpoint *to, enum flight flight, const char *name);

/*
 * May a proxy be asked for that? VERDICT_CHECKED: if what is then sent through the tunnel is allowed,
 * verdict_of_tunnel(). target NULL: what was sent asks for nothing.
 */
enum verdict verdict_of_target(const struct proxy_target *target, const struct endpoint *proxy);
bool verdict_of_tunnel(const struct proxy_target *target, enum flight flight, const char *name);

/* Appends why the last one was refused, as text. */
void verdict_explain(struct buf *out);

/* May a server be asked this? */
bool verdict_of_question(const struct dns_question *q);

/*
 * May a name have this address, which a server says it has? Not that of the host, or of a
 * neighbour.
 */
bool verdict_of_answer(const struct endpoint *to, const char *name);

/* The box is told that the name, which it may reach, has this address. */
void verdict_pin(const struct endpoint *address, const char *name);

/* The part of it that needs neither a policy nor a look at the host's routes. */
bool verdict_is_closed(const struct endpoint *to);

#endif
