/*
 * journal.c - what the boxes of a project reached, and what they were refused and why.
 */
#include "netpolicy/journal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"

#define MAGIC UINT64_C(0x316c6e6a74656e73) /* "snetjnl1" */

struct net_journal {
	uint64_t magic;
	uint64_t last; /* the number of the newest event */
	struct net_event at[NET_JOURNAL_RECORDS];
};

struct net_journal *net_journal_map(int dirfd, const char *name)
{
	cleanup_close int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct net_journal *j;

	if (fd < 0 || ftruncate(fd, sizeof(*j)) < 0)
		return NULL;
	j = mmap(NULL, sizeof(*j), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (j == MAP_FAILED)
		return NULL;
	if (j->magic != MAGIC) { /* it is new */
		j->magic = MAGIC;
		j->last = 0;
	}
	return j;
}

bool net_event_is_same(const struct net_event *a, const struct net_event *b)
{
	return a->protocol == b->protocol && a->reason == b->reason &&
	       a->has_address == b->has_address && a->port == b->port &&
	       memcmp(a->addr, b->addr, sizeof(a->addr)) == 0 && streq(a->name, b->name);
}

/*
 * Several processes write. The number is 0 while a record is written, so that a reader sees it
 * whole or not at all.
 */
void net_journal_add(struct net_journal *j, const struct net_event *event)
{
	static struct net_event *last; /* of this process */
	static uint64_t number;
	struct timespec now;
	int64_t ms;

	if (!j)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (last && last->number == number && net_event_is_same(last, event)) {
		last->time = ms;
		last->count++;
		return;
	}
	number = __atomic_add_fetch(&j->last, 1, __ATOMIC_RELAXED);
	last = &j->at[number % NET_JOURNAL_RECORDS];
	__atomic_store_n(&last->number, 0, __ATOMIC_RELEASE);
	memcpy((char *)last + sizeof(last->number), (const char *)event + sizeof(event->number),
	       sizeof(*event) - sizeof(event->number));
	last->time = ms;
	last->count = 1;
	__atomic_store_n(&last->number, number, __ATOMIC_RELEASE);
}

static bool is_valid(const struct net_event *event, uint64_t after)
{
	return event->number > after && event->protocol < NET_PROTOCOLS &&
	       event->reason < REASONS && memchr(event->name, '\0', sizeof(event->name)) &&
	       (!*event->name || streq(event->name, "?") || net_rule_is_name(event->name));
}

static int by_number(const void *a, const void *b)
{
	const struct net_event *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int net_journal_read(int fd, uint64_t after, struct net_event **ret, size_t *ret_n, struct err *e)
{
	cleanup_free struct net_journal *j = xcalloc(1, sizeof(*j));
	ssize_t size = pread(fd, j, sizeof(*j), 0);
	size_t n = 0;

	if (size < 0)
		return err_sys(e, errno, "cannot read the journal of the network");
	if (size == 0 || (size == sizeof(*j) && j->magic == 0))
		return err_set(e, ENOENT, "nothing is in the journal of the network");
	if (size != sizeof(*j) || j->magic != MAGIC)
		return err_set(e, EINVAL, "the journal of the network is none");
	for (size_t i = 0; i < NET_JOURNAL_RECORDS; i++)
		if (is_valid(&j->at[i], after))
			j->at[n++] = j->at[i];
	qsort(j->at, n, sizeof(*j->at), by_number);
	*ret = xcalloc(n + 1, sizeof(**ret));
	memcpy(*ret, j->at, n * sizeof(**ret));
	*ret_n = n;
	return 0;
}

void net_refusals_add(struct net_refusals *list, const struct net_event *event)
{
	struct net_event added = *event;
	size_t i = 0;

	added.count = added.count ? added.count : 1;
	while (i < list->n && !net_event_is_same(&list->at[i], event))
		i++;
	if (i < list->n)
		added.count += list->at[i].count;
	else if (list->n == NET_REFUSALS)
		i = 0;
	else
		list->n++;
	memmove(&list->at[i], &list->at[i + 1], (list->n - 1 - i) * sizeof(list->at[0]));
	list->at[list->n - 1] = added;
}

void net_refusals_explain(const struct net_event *event, struct buf *out)
{
	char what[NET_REASON_MAX], why[NET_REASON_MAX], rule[NET_REASON_MAX];

	buf_addf(out, "%s%s%s", net_event_what(event, what), *event->name ? " " : "", event->name);
	if (event->count > 1)
		buf_addf(out, " (%u times)", event->count);
	buf_addf(out, ": %s\n", net_event_why(event, why));
	if (*net_event_rule(event, rule))
		buf_addf(out, "\t[network] allow = %s\n", rule);
	else if (event->reason == REASON_FULL)
		buf_addstr(out, "\tthe limit is that of who starts the box: see 'ulimit -Hn'\n");
	else if (event->reason == REASON_KILLED)
		buf_addstr(out, "\tprograms that had a connection make another one\n");
	else
		buf_addstr(out, "\tno rule of [network] allow opens it\n");
}

/* As a rule by address writes it. */
static char *format_address(const struct net_event *event, uint16_t port, char *out)
{
	struct net_rule rule = {.kind = NET_RULE_ADDRESS, .prefix = 128, .port = port};

	memcpy(rule.addr, event->addr, sizeof(rule.addr));
	return net_rule_format(&rule, out);
}

char *net_event_what(const struct net_event *event, char *out)
{
	static const char *const protocols[] = {"tcp", "udp", "ping", "dns", "proxy", "gateway"};
	char address[NET_RULE_MAX] = "";

	if (event->has_address)
		format_address(event, event->port, address);
	else if (event->protocol == NET_PROXY)
		snprintf(address, sizeof(address), ":%u", event->port);
	snprintf(out, NET_REASON_MAX, "%s%s%s", protocols[event->protocol], *address ? " " : "",
		 address);
	return out;
}

char *net_event_why(const struct net_event *event, char *out)
{
	static const char *const text[REASONS] = {
		[REASON_ALLOWED] = "",
		[REASON_NO_RULE] = "no rule allows it",
		[REASON_NO_RULE_OF_PORT] = "a rule allows the name, but not this port",
		[REASON_DENIED] = "a rule denies it",
		[REASON_HOST] = "it is this machine",
		[REASON_NO_MACHINE] = "it is not the address of one other machine",
		[REASON_SPECIAL] = "it is link-local, or gives away credentials of a cloud",
		[REASON_DATAGRAM] = "a datagram does not say which host it is for",
		[REASON_NAMELESS] = "it names no host, as TLS and HTTP do",
		[REASON_OTHER_NAME] = "it names a host that no rule allows",
		[REASON_NOT_ITS] = "it names a host that does not have this address",
		[REASON_TWO_WAYS] = "its first bytes can be read in more than one way",
		[REASON_PRIVATE] = "the name has a private address",
		[REASON_NO_REQUEST] = "it is no request to a proxy that can be read in one way",
		[REASON_NOT_ASKED] = "it names another host than the proxy was asked for",
		[REASON_PROXY_PORT] = "a proxy on this machine leads to ports 80 and 443",
		[REASON_KILLED] = "it was killed, and its connections ended; another one runs",
		[REASON_FULL] = "it has as many connections as it may open files, and took no more",
	};

	snprintf(out, NET_REASON_MAX, "%s", text[event->reason]);
	return out;
}

char *net_event_rule(const struct net_event *event, char *out)
{
	bool web = event->port == 80 || event->port == 443;

	*out = '\0';
	switch ((enum net_reason)event->reason) {
	case REASON_NO_RULE:
		if (event->protocol == NET_PROXY && *event->name && !web)
			snprintf(out, NET_REASON_MAX, "%s:%u", event->name, event->port);
		else if (*event->name && !streq(event->name, "?"))
			snprintf(out, NET_REASON_MAX, "%s", event->name);
		else if (event->has_address)
			format_address(event, event->port, out);
		break;
	case REASON_OTHER_NAME:
		snprintf(out, NET_REASON_MAX, "%s", event->name);
		break;
	case REASON_NO_RULE_OF_PORT:
	case REASON_PROXY_PORT:
		snprintf(out, NET_REASON_MAX, "%s:%u", event->name, event->port);
		break;
	case REASON_HOST:
		if (event->port)
			snprintf(out, NET_REASON_MAX, NET_HOST_NAME ":%u", event->port);
		break;
	case REASON_SPECIAL:
		format_address(event, event->port, out);
		break;
	case REASON_PRIVATE:
		format_address(event, 0, out);
		break;
	case REASON_DATAGRAM:
	case REASON_NAMELESS:
	case REASON_TWO_WAYS:
	case REASON_NO_REQUEST:
		if (*event->name)
			snprintf(out, NET_REASON_MAX, "%s%s:%u",
				 web || event->reason == REASON_TWO_WAYS ? "raw:" : "", event->name,
				 event->port);
		break;
	case REASON_ALLOWED:
	case REASON_DENIED:
	case REASON_NO_MACHINE:
	case REASON_NOT_ITS:
	case REASON_NOT_ASKED:
	case REASON_KILLED:
	case REASON_FULL:
	case REASONS:
		break;
	}
	return out;
}

char *net_event_learned(const struct net_event *event, char *out)
{
	bool web = event->port == 80 || event->port == 443;

	*out = '\0';
	if (event->reason != REASON_ALLOWED)
		return net_event_rule(event, out);
	if (!*event->name) {
		/* Whatever has answered a ping of an address is no use. */
		if (event->has_address && event->protocol != NET_PING)
			format_address(event, event->port, out);
	} else if (!event->port || (web && !streq(event->name, NET_HOST_NAME))) {
		snprintf(out, NET_REASON_MAX, "%s", event->name);
	} else {
		snprintf(out, NET_REASON_MAX, "%s:%u", event->name, event->port);
	}
	return out;
}
