/*
 * verdict.c - may the box reach this?
 *
 * The addresses that stand for this machine are never reached, whatever is allowed: only
 * host.sandbox is, by port. Then come the rules by address, then what is closed unless such a rule
 * opens it, then names.
 */
#include "gateway/verdict.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/contract.h"
#include "gateway/host_route.h"
#include "gateway/linked.h"
#include "gateway/refusals.h"

#define HTTP  80
#define HTTPS 443

/* How much of a closed network a rule can open. */
enum closed { OPEN, CLOSED, NEVER };

struct net {
	uint8_t addr[16]; /* an IPv4 one has four */
	int prefix;
	enum closed closed;
};

#define GATEWAY4 10, 0, 2, 2 /* GATEWAY_IPV4 */

/* In bytes, as each connection is compared with them. RFC 6890 unless another source is named. */
static const struct net nets4[] = {
	{{0}, 8, NEVER},		    /* means this host */
	{{GATEWAY4}, 32, NEVER},	    /* what it serves is sent elsewhere before */
	{{127}, 8, NEVER},		    /* the host's loopback */
	{{169, 254}, 16, CLOSED},	    /* link-local; at .169.254 are a cloud's secrets */
	{{100, 100, 100, 200}, 32, CLOSED}, /* metadata of Alibaba Cloud */
	{{192, 0, 0, 192}, 32, CLOSED},	    /* metadata of Oracle Cloud */
	{{224}, 4, NEVER},		    /* multicast */
	{{240}, 4, NEVER},		    /* reserved, and broadcast */
};

static const struct net nets6[] = {
	{{0}, 127, NEVER},				      /* unspecified and loopback */
	{{0xfd, 0, 0, 2, [15] = 2}, 128, NEVER},	      /* GATEWAY_IPV6 */
	{{0xfd, 0, 0x0e, 0xc2, [14] = 2, 0x54}, 128, CLOSED}, /* metadata of Amazon EC2 */
	{{0xfe, 0x80}, 10, NEVER},			      /* link-local */
	{{0xff}, 8, NEVER},				      /* multicast */
};

/* Where an answer by name must not point: the host's neighbours. RFC 1918, RFC 6598, RFC 4193. */
static const struct net private4[] = {
	{{10}, 8, CLOSED},
	{{172, 16}, 12, CLOSED},
	{{192, 168}, 16, CLOSED},
	{{100, 64}, 10, CLOSED},
};

static const struct net private6[] = {{{0xfc}, 7, CLOSED}};

static struct netpolicy *policy;
static struct net_journal *journal;
static struct net_event last_refusal;

void verdict_init(struct net_journal *j, struct pins *pins)
{
	pins_init(pins);
	policy = netpolicy_new();
	journal = j;
}

int verdict_set_policy(const struct netpolicy *p, size_t size)
{
	struct netpolicy *copy;

	if (!netpolicy_is_whole(p, size))
		return -1;
	copy = xcalloc(1, size);
	memcpy(copy, p, size);
	free(policy);
	policy = copy;
	return 0;
}

static bool has_prefix(const uint8_t *addr, const struct net *net)
{
	int bytes = net->prefix / 8, bits = net->prefix % 8;

	return memcmp(addr, net->addr, (size_t)bytes) == 0 &&
	       (bits == 0 || (addr[bytes] ^ net->addr[bytes]) >> (8 - bits) == 0);
}

static const struct net *find(const struct net *nets, size_t n, const uint8_t *addr)
{
	for (size_t i = 0; i < n; i++)
		if (has_prefix(addr, &nets[i]))
			return &nets[i];
	return NULL;
}

/* NULL: it is none of them. */
static const struct net *find_closed(const struct endpoint *to)
{
	return endpoint_is_ipv4(to) ? find(nets4, ARRAY_SIZE(nets4), endpoint_ipv4_bytes(to))
				    : find(nets6, ARRAY_SIZE(nets6), to->addr.s6_addr);
}

static enum closed how_closed(const struct endpoint *to)
{
	const struct net *net = find_closed(to);

	return net ? net->closed : OPEN;
}

/* What a rule by address says. Only one about no more than a closed network opens that. */
static enum netpolicy_says of_address(const struct endpoint *to, in_port_t port)
{
	const struct net *net = find_closed(to);
	unsigned least = !net ? 0 : (unsigned)net->prefix + (endpoint_is_ipv4(to) ? 96 : 0);

	return netpolicy_address(policy, to->addr.s6_addr, ntohs(port), least);
}

static bool is_private(const struct endpoint *to)
{
	return endpoint_is_ipv4(to)
		       ? find(private4, ARRAY_SIZE(private4), endpoint_ipv4_bytes(to)) != NULL
		       : find(private6, ARRAY_SIZE(private6), to->addr.s6_addr) != NULL;
}

bool verdict_is_closed(const struct endpoint *to)
{
	return how_closed(to) != OPEN;
}

/* host.sandbox: this machine's loopback. */
static bool is_host(const struct endpoint *to)
{
	static const uint8_t addr[] = {GATEWAY4};

	return endpoint_is_ipv4(to) && memcmp(endpoint_ipv4_bytes(to), addr, sizeof(addr)) == 0;
}

/* Writes the journal. Returns whether it was allowed. */
static bool record(struct net_event *event, const char *name)
{
	if (name)
		memcpy(event->name, name, strlen(name));
	net_journal_add(journal, event);
	if (event->reason == REASON_ALLOWED)
		return true;
	refusals_add(event);
	last_refusal = *event;
	return false;
}

static bool note(int protocol, const struct endpoint *to, const char *name, enum net_reason reason)
{
	struct net_event event = {.reason = (uint8_t)reason};

	event.protocol = protocol == IPPROTO_TCP   ? NET_TCP
			 : protocol == IPPROTO_UDP ? NET_UDP
			 : protocol < 0		   ? NET_DNS
						   : NET_PING;
	if (to) {
		event.has_address = true;
		event.port = ntohs(to->port);
		memcpy(event.addr, &to->addr, sizeof(event.addr));
		if (!name)
			name = is_host(to) ? NET_HOST_NAME : pins_first(to);
	}
	return record(&event, name);
}

void verdict_note_killed(void)
{
	struct net_event event = {.protocol = NET_ALL, .reason = REASON_KILLED};

	record(&event, NULL);
}

void verdict_note_full(void)
{
	struct net_event event = {.protocol = NET_ALL, .reason = REASON_FULL};

	record(&event, NULL);
}

void verdict_explain(struct buf *out)
{
	net_refusals_explain(&last_refusal, out);
}

static enum verdict settle(int protocol, const struct endpoint *to, enum net_reason reason)
{
	return note(protocol, to, NULL, reason) ? VERDICT_ALLOWED : VERDICT_REFUSED;
}

static enum verdict of_host(int protocol, const struct endpoint *to, struct endpoint *ret)
{
	static const uint8_t loopback[] = {127, 0, 0, 1};

	*ret = endpoint_ipv4(loopback, to->port);
	if (protocol != IPPROTO_ICMP && netpolicy_host(policy, ntohs(to->port)))
		return settle(protocol, to, REASON_ALLOWED);
	return protocol == IPPROTO_TCP && netpolicy_is_proxy_host(policy, ntohs(to->port))
		       ? VERDICT_PROXY
		       : settle(protocol, to, REASON_HOST);
}

struct best {
	uint16_t port;
	enum netpolicy_says says;
};

static void improve(const char *name, void *arg)
{
	struct best *best = arg;
	enum netpolicy_says now = netpolicy_name(policy, name, best->port);

	if (now != NETPOLICY_DENIED && now > best->says)
		best->says = now;
}

/* The most that a name of this address allows. */
static enum netpolicy_says best_of_names(const struct endpoint *to)
{
	struct best best = {ntohs(to->port), NETPOLICY_NO_RULE};

	pins_each(to, improve, &best);
	return best.says;
}

struct sought {
	uint16_t port;
	bool found;
};

static void look_for_proxy(const char *name, void *arg)
{
	struct sought *sought = arg;

	sought->found |= netpolicy_is_proxy_name(policy, name, sought->port);
}

/* Is it a proxy that no rule opens for all that may be asked of it? */
static bool is_proxy(int protocol, const struct endpoint *to)
{
	struct sought sought = {
		ntohs(to->port),
		netpolicy_is_proxy_address(policy, to->addr.s6_addr, ntohs(to->port))};

	if (protocol != IPPROTO_TCP || policy->n_proxies == 0)
		return false;
	pins_each(to, look_for_proxy, &sought);
	return sought.found && best_of_names(to) < NETPOLICY_PORT;
}

/* The policy is closed, and no rule by address says anything. */
static enum verdict of_names(int protocol, const struct endpoint *to)
{
	bool known = pins_first(to);

	switch (best_of_names(to)) {
	case NETPOLICY_RAW:
		return settle(protocol, to, REASON_ALLOWED);
	case NETPOLICY_PORT:
		return protocol == IPPROTO_TCP ? VERDICT_CHECKED
					       : settle(protocol, to, REASON_ALLOWED);
	case NETPOLICY_CHECKED:
		/* A datagram's name cannot be seen: QUIC is refused, and clients take TCP. */
		return protocol == IPPROTO_TCP
			       ? VERDICT_CHECKED
			       : settle(protocol, to,
					protocol == IPPROTO_UDP ? REASON_DATAGRAM : REASON_ALLOWED);
	default:
		return settle(protocol, to, known ? REASON_NO_RULE_OF_PORT : REASON_NO_RULE);
	}
}

enum verdict verdict_of(int protocol, const struct endpoint *to, struct endpoint *ret)
{
	enum closed closed = how_closed(to);
	enum netpolicy_says says;

	if (is_host(to))
		return of_host(protocol, to, ret);
	if (linked_is(to)) {
		*ret = *to;
		return settle(protocol, to,
			      protocol == IPPROTO_TCP ? REASON_ALLOWED : REASON_NO_MACHINE);
	}
	if (closed == NEVER)
		return settle(protocol, to, REASON_NO_MACHINE);
	*ret = *to;
	if (host_route_is_local(to))
		return is_proxy(protocol, to) ? VERDICT_PROXY : settle(protocol, to, REASON_HOST);
	says = of_address(to, to->port);
	if (says == NETPOLICY_RAW)
		return settle(protocol, to, REASON_ALLOWED);
	if (says == NETPOLICY_DENIED)
		return settle(protocol, to, REASON_DENIED);
	if (closed == CLOSED)
		return settle(protocol, to, REASON_SPECIAL);
	if ((policy->closed || netpolicy_looks_at_names(policy)) && is_proxy(protocol, to))
		return VERDICT_PROXY;
	if (policy->closed)
		return of_names(protocol, to);
	return protocol == IPPROTO_TCP && netpolicy_looks_at_names(policy)
		       ? VERDICT_CHECKED
		       : settle(protocol, to, REASON_ALLOWED);
}

static enum net_reason of_flight(const struct endpoint *to, enum flight flight, const char *name)
{
	enum netpolicy_says says = flight == FLIGHT_NAME
					   ? netpolicy_name(policy, name, ntohs(to->port))
					   : NETPOLICY_NO_RULE;

	if (says == NETPOLICY_DENIED)
		return REASON_DENIED;
	if (flight == FLIGHT_BAD || flight == FLIGHT_MORE)
		return REASON_TWO_WAYS;
	if (!policy->closed)
		return REASON_ALLOWED;
	if (flight == FLIGHT_NONE)
		return best_of_names(to) >= NETPOLICY_PORT ? REASON_ALLOWED : REASON_NAMELESS;
	if (says == NETPOLICY_NO_RULE)
		return REASON_OTHER_NAME;
	return pins_has(to, name) ? REASON_ALLOWED : REASON_NOT_ITS;
}

bool verdict_of_flight(const struct endpoint *to, enum flight flight, const char *name)
{
	return note(IPPROTO_TCP, to, flight == FLIGHT_NAME ? name : NULL,
		    of_flight(to, flight, name));
}

static bool is_local(const struct endpoint *to)
{
	return is_host(to) || host_route_is_local(to);
}

/* localhost, RFC 6761 6.3; host.sandbox, which is to be reached without a proxy. */
static bool is_hosts_name(const char *name)
{
	return streq(name, "localhost") || ends_with(name, ".localhost") ||
	       ends_with(name, NET_HOST_BELOW);
}

/* REASON_ALLOWED: by a rule or by default, unless it is closed for its own sake. */
static enum net_reason of_target_address(const struct endpoint *to)
{
	enum closed closed = how_closed(to);
	enum netpolicy_says says;

	if (closed == NEVER)
		return REASON_NO_MACHINE;
	if (host_route_is_local(to))
		return REASON_HOST;
	says = of_address(to, to->port);
	if (says != NETPOLICY_NO_RULE)
		return says == NETPOLICY_RAW ? REASON_ALLOWED : REASON_DENIED;
	return closed == CLOSED ? REASON_SPECIAL : policy->closed ? REASON_NO_RULE : REASON_ALLOWED;
}

static enum net_reason of_target_name(const char *name, uint16_t port)
{
	if (is_hosts_name(name))
		return REASON_HOST;
	switch (netpolicy_name(policy, name, port)) {
	case NETPOLICY_DENIED:
		return REASON_DENIED;
	case NETPOLICY_NO_RULE:
		return !policy->closed ? REASON_ALLOWED
		       : netpolicy_name(policy, name, 0) == NETPOLICY_NO_RULE
			       ? REASON_NO_RULE
			       : REASON_NO_RULE_OF_PORT;
	default:
		return REASON_ALLOWED;
	}
}

static bool note_target(const struct proxy_target *t, enum net_reason reason)
{
	struct net_event event = {
		.reason = (uint8_t)reason, .protocol = NET_PROXY, .port = ntohs(t->at.port)};

	event.has_address = !*t->name;
	memcpy(event.addr, &t->at.addr, sizeof(event.addr));
	return record(&event, t->name);
}

/* Must what goes through the tunnel name the host, too? */
static bool is_checked(const struct proxy_target *t)
{
	return t->tunnel && *t->name &&
	       (policy->closed ? netpolicy_name(policy, t->name, ntohs(t->at.port)) != NETPOLICY_RAW
			       : netpolicy_looks_at_names(policy));
}

enum verdict verdict_of_target(const struct proxy_target *t, const struct endpoint *proxy)
{
	enum net_reason reason;
	uint16_t port;

	if (!t) {
		note(IPPROTO_TCP, proxy, NULL, REASON_NO_REQUEST);
		return VERDICT_REFUSED;
	}
	port = ntohs(t->at.port);
	reason = *t->name ? of_target_name(t->name, port) : of_target_address(&t->at);
	/* Whatever its name has as an address: the proxy asks, and not we. */
	if (reason == REASON_ALLOWED && !policy->closed && *t->name && port != HTTP &&
	    port != HTTPS && is_local(proxy) &&
	    netpolicy_name(policy, t->name, port) == NETPOLICY_NO_RULE)
		reason = REASON_PROXY_PORT;
	if (reason == REASON_ALLOWED && is_checked(t))
		return VERDICT_CHECKED;
	return note_target(t, reason) ? VERDICT_ALLOWED : VERDICT_REFUSED;
}

bool verdict_of_tunnel(const struct proxy_target *t, enum flight flight, const char *name)
{
	uint16_t port = ntohs(t->at.port);
	enum net_reason reason = REASON_ALLOWED;

	if (flight == FLIGHT_BAD || flight == FLIGHT_MORE)
		reason = REASON_TWO_WAYS;
	else if (flight == FLIGHT_NAME && !streq(name, t->name))
		reason = !policy->closed && netpolicy_name(policy, name, port) != NETPOLICY_DENIED
				 ? REASON_ALLOWED
				 : REASON_NOT_ASKED;
	else if (flight == FLIGHT_NONE && policy->closed &&
		 netpolicy_name(policy, t->name, port) < NETPOLICY_PORT)
		reason = REASON_NAMELESS;
	return note_target(t, reason);
}

bool verdict_of_question(const struct dns_question *q)
{
	enum netpolicy_says says = q->odd ? NETPOLICY_NO_RULE : netpolicy_name(policy, q->name, 0);

	if (says == NETPOLICY_DENIED)
		return note(-1, NULL, q->name, REASON_DENIED);
	if (policy->closed && says == NETPOLICY_NO_RULE &&
	    (q->odd || !netpolicy_is_proxy_name(policy, q->name, 0)))
		return note(-1, NULL, q->name, REASON_NO_RULE);
	return true;
}

bool verdict_of_answer(const struct endpoint *to, const char *name)
{
	bool host = how_closed(to) == NEVER || (policy->closed && host_route_is_local(to));

	if (!policy->closed || (!host && of_address(to, 0) == NETPOLICY_RAW))
		return true;
	return (!host && how_closed(to) == OPEN &&
		(!is_private(to) || netpolicy_is_proxy_name(policy, name, 0))) ||
	       note(-1, to, name, host ? REASON_HOST : REASON_PRIVATE);
}

void verdict_pin(const struct endpoint *address, const char *name)
{
	pins_add(address, name);
}
