/*
 * netpolicy.h - what a box may reach, by name, address and port.
 *
 * The lists of a project, its profiles and the user's [policy] as one table, and the questions
 * about it. It knows no address of a name and no packet: the gateway does.
 */
#ifndef NETPOLICY_NETPOLICY_H
#define NETPOLICY_NETPOLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "netpolicy/rule.h"

/*
 * Sent to the gateway in one message, whose size the socket's buffer limits (212992 bytes by
 * default).
 */
#define NETPOLICY_RULES_MAX   600
#define NETPOLICY_PROXIES_MAX 8

struct netpolicy {
	bool closed; /* what no rule allows is refused */
	bool learns; /* connections are looked at for the names in them, to record those */
	uint32_t n, n_proxies;
	/* Room for n rules and n_proxies proxies behind them is enough. */
	struct net_rule rule[NETPOLICY_RULES_MAX + NETPOLICY_PROXIES_MAX];
};

/* An open one without rules, for the caller to free. */
struct netpolicy *netpolicy_new(void);

/* Bytes in use: what has to be sent. */
size_t netpolicy_size(const struct netpolicy *p);

/* The same rules? The proxies of those who start boxes may differ. */
bool netpolicy_is_same(const struct netpolicy *a, const struct netpolicy *b);

/* Are `size` bytes such a policy? */
bool netpolicy_is_whole(const struct netpolicy *p, size_t size);

/* Appends a word, and may move the policy. */
int netpolicy_add(struct netpolicy **policy, const char *word, bool deny, struct err *e);

/*
 * Appends a proxy of the host's variables, "NAME:PORT" as a rule has it, after all rules. What a
 * rule denies, what is no such word, and what is one too many is left out. May move the policy.
 */
void netpolicy_add_proxy(struct netpolicy **policy, const char *word);

/*
 * Is it a proxy, so that the requests to it are judged? port 0: any at all. host: of this machine.
 */
bool netpolicy_is_proxy_name(const struct netpolicy *p, const char *name, uint16_t port);
bool netpolicy_is_proxy_address(const struct netpolicy *p, const uint8_t *addr, uint16_t port);
bool netpolicy_is_proxy_host(const struct netpolicy *p, uint16_t port);

enum netpolicy_says {
	NETPOLICY_NO_RULE, /* neither allowed nor denied by a rule */
	NETPOLICY_DENIED,
	NETPOLICY_CHECKED, /* allowed if the first bytes name it: TLS or HTTP */
	/*
	 * Allowed, whatever the protocol, but for a name in the first bytes: the rule names a port
	 * that is neither 80 nor 443.
	 */
	NETPOLICY_PORT,
	NETPOLICY_RAW, /* allowed, and nothing is looked at */
};

/* port 0: any at all, as when the name is asked for. */
enum netpolicy_says netpolicy_name(const struct netpolicy *p, const char *name, uint16_t port);

/*
 * Rules by address. addr: 16 bytes, IPv4 as v4-mapped. least: the prefix, of 128 bits, that a rule
 * must have to allow it: a network must not open something special by the way.
 */
enum netpolicy_says netpolicy_address(const struct netpolicy *p, const uint8_t *addr, uint16_t port,
				      unsigned least);

/* Is a port of this machine allowed? */
bool netpolicy_host(const struct netpolicy *p, uint16_t port);

/* Has a gateway nothing to do for it, but to close this machine? */
bool netpolicy_is_open(const struct netpolicy *p);

/* Must names be looked at, even if the default is open? */
bool netpolicy_looks_at_names(const struct netpolicy *p);

#endif
