/*
 * rule.c - one word of [network] allow or deny.
 */
#include "netpolicy/rule.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define RAW	  "raw:"
#define BELOW	  "*."
#define IPV4_BITS 96 /* of a v4-mapped address, before the IPv4 address */

bool net_rule_is_name(const char *name)
{
	size_t label = 0, len = strlen(name);

	if (len == 0 || len >= NET_NAME_MAX)
		return false;
	for (const char *c = name; *c; c++) {
		if (*c == '.' ? label == 0 : !isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			return false;
		label = *c == '.' ? 0 : label + 1;
		if (label > 63 || (unsigned char)*c >= 0x80)
			return false;
	}
	return label > 0;
}

bool net_rule_settle_name(char *name)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		name[len - 1] = '\0';
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return net_rule_is_name(name);
}

/* A whole number from min to max, without a sign; -1 if it is none. */
static int parse_number(const char *s, int min, int max)
{
	size_t len = strlen(s);
	int n = 0;

	if (len == 0 || len > 5 || s[strspn(s, "0123456789")])
		return -1;
	for (; *s; s++)
		n = 10 * n + (*s - '0');
	return n < min || n > max ? -1 : n;
}

/* "10.0.0.0/8", "2001:db8::1". False: it is no address. A prefix that is none is -1. */
static bool parse_address(char *text, struct net_rule *ret, int *ret_prefix)
{
	char *slash = strchr(text, '/');
	uint8_t addr[16];
	int family, bits;

	if (slash)
		*slash = '\0';
	family = inet_pton(AF_INET, text, addr) == 1	? AF_INET
		 : inet_pton(AF_INET6, text, addr) == 1 ? AF_INET6
							: 0;
	if (slash)
		*slash = '/';
	if (!family)
		return false;
	bits = family == AF_INET ? 32 : 128;
	*ret_prefix = slash ? parse_number(slash + 1, 0, bits) : bits;
	ret->kind = NET_RULE_ADDRESS;
	if (family == AF_INET) {
		memset(ret->addr, 0, 10);
		memset(ret->addr + 10, 0xff, 2);
		memcpy(ret->addr + 12, addr, 4);
		*ret_prefix += *ret_prefix < 0 ? 0 : IPV4_BITS;
	} else {
		memcpy(ret->addr, addr, sizeof(addr));
	}
	return true;
}

/* 10.1.2.3/8 would be read as one machine by some and as a network by others. */
static bool has_host_bits(const struct net_rule *rule)
{
	for (unsigned bit = rule->prefix; bit < 128; bit++)
		if (rule->addr[bit / 8] >> (7 - bit % 8) & 1)
			return true;
	return false;
}

static int settle_address(struct net_rule *rule, int prefix, struct err *e)
{
	if (prefix < 0)
		return err_set(e, ERR_USAGE, "expected a number of bits after '/'");
	rule->prefix = (uint8_t)prefix;
	if (has_host_bits(rule))
		return err_set(e, ERR_USAGE, "the address has bits set behind its prefix");
	return 0;
}

static int settle_name(const char *name, struct net_rule *rule, struct err *e)
{
	size_t len;

	rule->kind = starts_with(name, BELOW) ? NET_RULE_BELOW : NET_RULE_NAME;
	name += rule->kind == NET_RULE_BELOW ? strlen(BELOW) : 0;
	len = strlen(name);
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return err_set(e, ERR_USAGE,
				       "a name in another script is written as DNS has it: "
				       "'xn--...'");
	if (!net_rule_is_name(name) || !name[strspn(name, "0123456789.")])
		return err_set(e, ERR_USAGE,
			       "expected a host name, '*.NAME', an address or ADDRESS/PREFIX, "
			       "then ':PORT' if only one is meant");
	for (size_t i = 0; i <= len; i++)
		rule->name[i] = (char)tolower((unsigned char)name[i]);
	if (!streq(rule->name, NET_HOST_NAME) && !ends_with(rule->name, NET_HOST_BELOW))
		return 0;
	if (rule->kind == NET_RULE_BELOW || !streq(rule->name, NET_HOST_NAME))
		return err_set(e, ERR_USAGE, "below 'sandbox' there is only '" NET_HOST_NAME "'");
	rule->kind = NET_RULE_HOST;
	return rule->port
		       ? 0
		       : err_set(e, ERR_USAGE,
				 "'" NET_HOST_NAME "' is this machine, which is allowed by port: "
				 "'" NET_HOST_NAME ":PORT'");
}

/* Cuts ":PORT" off. An address of IPv6 has its colons in brackets, or no port. */
static int take_port(char *text, struct net_rule *rule, struct err *e)
{
	char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');
	int port;

	if (!colon || (bracket ? colon < bracket : strchr(text, ':') != colon))
		return 0;
	port = parse_number(colon + 1, 1, 65535);
	if (port < 0)
		return err_set(e, ERR_USAGE, "expected a port, 1 to 65535, after ':'");
	rule->port = (uint16_t)port;
	*colon = '\0';
	return 0;
}

/* "[2001:db8::]/32" becomes "2001:db8::/32". False: brackets that do not fit. */
static bool take_brackets(char *text)
{
	char *end = strchr(text, ']');

	if (text[0] != '[')
		return !end;
	if (!end || (end[1] && end[1] != '/'))
		return false;
	memmove(end, end + 1, strlen(end));
	memmove(text, text + 1, strlen(text));
	return strchr(text, ':') && !strpbrk(text, "[]");
}

int net_rule_parse(const char *word, struct net_rule *ret, struct err *e)
{
	struct net_rule rule = {.raw = starts_with(word, RAW)};
	char text[NET_RULE_MAX];
	int prefix, r;

	word += rule.raw ? strlen(RAW) : 0;
	if (strlen(word) >= sizeof(text))
		return err_set(e, ERR_USAGE, "a host name has at most 253 bytes");
	memcpy(text, word, strlen(word) + 1);
	r = take_port(text, &rule, e);
	if (r == 0 && !take_brackets(text))
		r = err_set(e, ERR_USAGE, "expected an address of IPv6 in the brackets");
	if (r < 0)
		return r;
	r = parse_address(text, &rule, &prefix) ? settle_address(&rule, prefix, e)
						: settle_name(text, &rule, e);
	if (r < 0)
		return r;
	if (rule.kind == NET_RULE_ADDRESS || rule.kind == NET_RULE_HOST)
		rule.raw = false; /* they always are: an address says which machine it is */
	*ret = rule;
	return 0;
}

bool net_rule_is_ipv4_address(const uint8_t *addr)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(addr, mapped, sizeof(mapped)) == 0;
}

bool net_rule_is_ipv4(const struct net_rule *rule)
{
	return rule->prefix >= IPV4_BITS && net_rule_is_ipv4_address(rule->addr);
}

static void format_address(const struct net_rule *rule, char *out)
{
	bool ipv4 = net_rule_is_ipv4(rule);
	unsigned bits = rule->prefix - (ipv4 ? IPV4_BITS : 0u);
	char text[INET6_ADDRSTRLEN], prefix[8] = "";

	inet_ntop(ipv4 ? AF_INET : AF_INET6, rule->addr + (ipv4 ? 12 : 0), text, sizeof(text));
	if (bits < (ipv4 ? 32 : 128))
		snprintf(prefix, sizeof(prefix), "/%u", bits);
	snprintf(out, NET_RULE_MAX, !ipv4 && rule->port ? "[%s]%s" : "%s%s", text, prefix);
}

char *net_rule_format(const struct net_rule *rule, char *out)
{
	if (rule->kind == NET_RULE_ADDRESS)
		format_address(rule, out);
	else
		snprintf(out, NET_RULE_MAX, "%s%s%s", rule->raw ? RAW : "",
			 rule->kind == NET_RULE_BELOW ? BELOW : "", rule->name);
	if (rule->port) {
		size_t len = strlen(out);

		snprintf(out + len, NET_RULE_MAX - len, ":%u", rule->port);
	}
	return out;
}
