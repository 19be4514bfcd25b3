/*
 * network_rules.h - [network] of the settings as the policy that consent shows and the gateway
 * obeys.
 */
#ifndef CONFIG_NETWORK_RULES_H
#define CONFIG_NETWORK_RULES_H

#include "config/settings.h"
#include "netpolicy/netpolicy.h"

/* *ret is the caller's to free. */
int network_rules_read(const struct settings *s, struct netpolicy **ret, struct err *e);

/* Appends the words of one source of allow or deny, each as net_rule_format() writes it. */
int network_rules_words(const struct setting *st, struct strv *out, struct err *e);

/* The same of all sources of a key. */
int network_rules_list(const struct settings *s, enum schema_id id, struct strv *out,
		       struct err *e);

/*
 * A policy that a file asks for, and that the network driver of the settings does not carry out, is
 * an error; but a profile that comes with the program may be overridden by another network.
 */
int network_rules_check(const struct settings *s, struct err *e);

#endif
