/*
 * netpolicy.c - what a box may reach, by name, address and port.
 *
 * What is denied is denied, whatever else is allowed.
 */
#include "netpolicy/netpolicy.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define DNS	     53
#define HTTP	     80
#define HTTPS	     443
#define DNS_OVER_TLS 853

struct netpolicy *netpolicy_new(void)
{
	return xcalloc(1, offsetof(struct netpolicy, rule));
}

size_t netpolicy_size(const struct netpolicy *p)
{
	return offsetof(struct netpolicy, rule) + (p->n + p->n_proxies) * sizeof(p->rule[0]);
}

bool netpolicy_is_same(const struct netpolicy *a, const struct netpolicy *b)
{
	return a->closed == b->closed && a->learns == b->learns && a->n == b->n &&
	       memcmp(a->rule, b->rule, a->n * sizeof(a->rule[0])) == 0;
}

bool netpolicy_is_whole(const struct netpolicy *p, size_t size)
{
	return size >= offsetof(struct netpolicy, rule) && p->n <= NETPOLICY_RULES_MAX &&
	       p->n_proxies <= NETPOLICY_PROXIES_MAX && size == netpolicy_size(p);
}

int netpolicy_add(struct netpolicy **policy, const char *word, bool deny, struct err *e)
{
	struct netpolicy *p = *policy;
	struct net_rule rule;
	int r;

	if (p->n == NETPOLICY_RULES_MAX)
		return err_set(e, ERR_USAGE, "[network] allow and deny have more than %d words",
			       NETPOLICY_RULES_MAX);
	r = net_rule_parse(word, &rule, e);
	if (r < 0)
		return err_add(e, "'%.80s'", word);
	rule.deny = deny;
	p->n++;
	p = *policy = xrealloc(p, 1, netpolicy_size(p));
	p->rule[p->n - 1] = rule;
	return 0;
}

static bool has_name(const struct net_rule *rule, const char *name)
{
	size_t len, below;

	if (rule->kind == NET_RULE_NAME)
		return streq(rule->name, name);
	if (rule->kind != NET_RULE_BELOW)
		return false;
	len = strlen(name);
	below = strlen(rule->name);
	return len > below + 1 && name[len - below - 1] == '.' &&
	       streq(name + len - below, rule->name);
}

static bool has_address(const struct net_rule *rule, const uint8_t *addr)
{
	size_t bytes = rule->prefix / 8, bits = rule->prefix % 8;

	/* ::/0 is no network of IPv4. */
	return rule->kind == NET_RULE_ADDRESS &&
	       net_rule_is_ipv4(rule) == net_rule_is_ipv4_address(addr) &&
	       memcmp(rule->addr, addr, bytes) == 0 &&
	       (bits == 0 || (rule->addr[bytes] ^ addr[bytes]) >> (8 - bits) == 0);
}

/*
 * Names can be asked of other servers, and so leave the box, through these: only by a rule with the
 * port.
 */
static bool is_dns(uint16_t port)
{
	return port == DNS || port == DNS_OVER_TLS;
}

/* What a rule by name says of a port that it has. */
static enum netpolicy_says says(const struct net_rule *rule, uint16_t port)
{
	if (rule->deny)
		return NETPOLICY_DENIED;
	if (rule->raw)
		return NETPOLICY_RAW;
	return rule->port && port && port != HTTP && port != HTTPS ? NETPOLICY_PORT
								   : NETPOLICY_CHECKED;
}

enum netpolicy_says netpolicy_name(const struct netpolicy *p, const char *name, uint16_t port)
{
	enum netpolicy_says found = NETPOLICY_NO_RULE;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct net_rule *rule = &p->rule[i];
		/* Denied for one port, the name itself may be asked for. */
		bool fits = port ? rule->port == port ||
					    (!rule->port && (rule->deny || !is_dns(port)))
				 : !rule->deny || !rule->port;
		enum netpolicy_says now;

		if (!fits || !has_name(rule, name))
			continue;
		now = says(rule, port);
		if (now == NETPOLICY_DENIED)
			return now;
		found = now > found ? now : found;
	}
	return found;
}

enum netpolicy_says netpolicy_address(const struct netpolicy *p, const uint8_t *addr, uint16_t port,
				      unsigned least)
{
	enum netpolicy_says found = NETPOLICY_NO_RULE;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct net_rule *rule = &p->rule[i];

		if (!has_address(rule, addr) || (rule->port && port && rule->port != port))
			continue;
		if (rule->deny && (port || !rule->port))
			return NETPOLICY_DENIED;
		if (!rule->deny && rule->prefix >= least)
			found = NETPOLICY_RAW;
	}
	return found;
}

bool netpolicy_host(const struct netpolicy *p, uint16_t port)
{
	bool allowed = false;

	for (uint32_t i = 0; i < p->n; i++) {
		const struct net_rule *rule = &p->rule[i];

		if (rule->kind != NET_RULE_HOST || rule->port != port)
			continue;
		if (rule->deny)
			return false;
		allowed = true;
	}
	return allowed;
}

bool netpolicy_is_open(const struct netpolicy *p)
{
	for (uint32_t i = 0; i < p->n + p->n_proxies; i++)
		if (p->rule[i].deny || p->rule[i].kind == NET_RULE_HOST)
			return false;
	return !p->closed && !p->learns;
}

static const struct net_rule *find_proxy(const struct netpolicy *p, uint16_t port,
					 bool (*fits)(const struct net_rule *rule,
						      const void *what),
					 const void *what)
{
	for (uint32_t i = p->n; i < p->n + p->n_proxies; i++)
		if ((port == 0 || p->rule[i].port == port) && fits(&p->rule[i], what))
			return &p->rule[i];
	return NULL;
}

static bool fits_name(const struct net_rule *rule, const void *name)
{
	return has_name(rule, name);
}

static bool fits_address(const struct net_rule *rule, const void *addr)
{
	return has_address(rule, addr);
}

static bool fits_host(const struct net_rule *rule, const void *none)
{
	(void)none;
	return rule->kind == NET_RULE_HOST;
}

bool netpolicy_is_proxy_name(const struct netpolicy *p, const char *name, uint16_t port)
{
	return find_proxy(p, port, fits_name, name);
}

bool netpolicy_is_proxy_address(const struct netpolicy *p, const uint8_t *addr, uint16_t port)
{
	return find_proxy(p, port, fits_address, addr);
}

bool netpolicy_is_proxy_host(const struct netpolicy *p, uint16_t port)
{
	return find_proxy(p, port, fits_host, NULL);
}

static bool is_denied(const struct netpolicy *p, const struct net_rule *proxy)
{
	for (uint32_t i = 0; i < p->n; i++) {
		const struct net_rule *rule = &p->rule[i];

		if (rule->deny && (!rule->port || rule->port == proxy->port) &&
		    (proxy->kind == NET_RULE_NAME      ? has_name(rule, proxy->name)
		     : proxy->kind == NET_RULE_ADDRESS ? has_address(rule, proxy->addr)
						       : rule->kind == NET_RULE_HOST))
			return true;
	}
	return false;
}

void netpolicy_add_proxy(struct netpolicy **policy, const char *word)
{
	struct netpolicy *p = *policy;
	struct net_rule proxy;
	struct err ignored;

	if (p->n_proxies == NETPOLICY_PROXIES_MAX || net_rule_parse(word, &proxy, &ignored) < 0 ||
	    !proxy.port || proxy.raw || proxy.kind == NET_RULE_BELOW || is_denied(p, &proxy))
		return;
	for (uint32_t i = p->n; i < p->n + p->n_proxies; i++)
		if (memcmp(&p->rule[i], &proxy, sizeof(proxy)) == 0)
			return;
	p->n_proxies++;
	p = *policy = xrealloc(p, 1, netpolicy_size(p));
	p->rule[p->n + p->n_proxies - 1] = proxy;
}

bool netpolicy_looks_at_names(const struct netpolicy *p)
{
	if (p->learns)
		return true;
	for (uint32_t i = 0; i < p->n; i++)
		if (p->rule[i].deny && p->rule[i].kind <= NET_RULE_BELOW)
			return true;
	return false;
}
