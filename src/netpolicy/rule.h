/*
 * rule.h - one word of [network] allow or deny.
 *
 *	[raw:]WHAT[:PORT]
 *
 * WHAT is a host name, `*.NAME` for all names below one, an address, or a network as
 * ADDRESS/PREFIX. An IPv6 address with a port is written in brackets. `host.sandbox`, with a port,
 * is this machine.
 *
 * A word is parsed here and nowhere else: consent shows, and the gateway obeys, what this has read.
 */
#ifndef NETPOLICY_RULE_H
#define NETPOLICY_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* With its end; RFC 1035 2.3.4 has 255 bytes of labels with their lengths. */
#define NET_NAME_MAX   254
#define NET_RULE_MAX   (NET_NAME_MAX + 16) /* as text, with its end */
#define NET_HOST_NAME  "host.sandbox"
#define NET_HOST_BELOW ".sandbox"

enum net_rule_kind {
	NET_RULE_NAME,	  /* that name */
	NET_RULE_BELOW,	  /* every name that ends with '.' and that name */
	NET_RULE_ADDRESS, /* addresses that begin with `prefix` bits of addr */
	NET_RULE_HOST,	  /* this machine, at that port */
};

/* Of fixed size and without pointers: it is sent to the gateway as it is. */
struct net_rule {
	uint8_t kind;	/* enum net_rule_kind */
	uint8_t prefix; /* of 128 bits */
	bool deny, raw;
	uint16_t port;		 /* host byte order; 0: any */
	uint8_t addr[16];	 /* IPv4 as a v4-mapped address */
	char name[NET_NAME_MAX]; /* lower case */
};

/* deny is left to the caller. On failure *ret is untouched. */
int net_rule_parse(const char *word, struct net_rule *ret, struct err *e);

/* The one way to write it: out has NET_RULE_MAX bytes. Returns out. */
char *net_rule_format(const struct net_rule *rule, char *out);

/* Is it a v4-mapped address, of 16 bytes? And a network of such? */
bool net_rule_is_ipv4_address(const uint8_t *addr);
bool net_rule_is_ipv4(const struct net_rule *rule);

/* Is it a host name: labels of letters, digits, '-' and '_', at most 253 bytes? */
bool net_rule_is_name(const char *name);

/* Makes it lower case, without a dot at its end. False: it is no name then. */
bool net_rule_settle_name(char *name);

#endif
