/*
 * journal.h - what the boxes of a project reached, and what they were refused and why.
 *
 * A ring of records in a file that the project's gateways have mapped: they can open none, and a
 * record takes no system call. The last NET_JOURNAL_RECORDS are kept. Readers get it from processes
 * that read a box's traffic, and believe nothing of it: a record is checked before it is returned.
 */
#ifndef NETPOLICY_JOURNAL_H
#define NETPOLICY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "netpolicy/rule.h"

#define NET_JOURNAL_NAME  "journal-"  /* what its name begins with; then comes the holder's */
#define NET_REFUSALS_NAME "refusals-" /* the same of the text that boxes see */
#define NET_PROJECT_NAME \
	64 /* the name of a project's holder has a SHA-256, that of a box's an id */
#define NET_JOURNAL_RECORDS 1024
#define NET_REFUSALS	    24
#define NET_REASON_MAX	    (NET_NAME_MAX + 80)

enum net_reason {
	REASON_ALLOWED,
	REASON_NO_RULE,		/* for the name or the address */
	REASON_NO_RULE_OF_PORT, /* a rule allows the name, and not this port */
	REASON_DENIED,
	REASON_HOST,	   /* it is this machine */
	REASON_NO_MACHINE, /* loopback, multicast and the like */
	REASON_SPECIAL,	   /* link-local, or the metadata of a cloud */
	REASON_DATAGRAM,   /* which does not say whom it is for */
	REASON_NAMELESS,   /* the first bytes name nobody */
	REASON_OTHER_NAME, /* they name one that no rule allows */
	REASON_NOT_ITS,	   /* they name one that does not have this address */
	REASON_TWO_WAYS,   /* they can be read in more than one */
	REASON_PRIVATE,	   /* it is the address of a neighbour, which a name must not have */
	REASON_NO_REQUEST, /* to a proxy; it is something else */
	REASON_NOT_ASKED,  /* the bytes in a tunnel name another than the proxy was asked for */
	REASON_PROXY_PORT, /* a proxy of this machine could reach a server of this machine */
	REASON_KILLED,	   /* no refusal: connections ended with the gateway that had them */
	REASON_FULL,	   /* it has as many connections as it may open files */
	REASONS,
};

enum net_protocol {
	NET_TCP,
	NET_UDP,
	NET_PING,
	NET_DNS,
	NET_PROXY,
	NET_ALL, /* the gateway itself: REASON_KILLED, REASON_FULL */
	NET_PROTOCOLS,
};

struct net_event {
	uint64_t number; /* from 1 on */
	int64_t time;	 /* milliseconds of CLOCK_REALTIME, of the last of them */
	uint32_t count;	 /* how often, one after the other */
	uint8_t protocol, reason;
	bool has_address;
	uint16_t port;		 /* host byte order */
	uint8_t addr[16];	 /* IPv4 as v4-mapped */
	char name[NET_NAME_MAX]; /* "": not known */
};

struct net_journal;

/* Makes the file, and maps it for as long as the process lives. NULL: there is none. */
struct net_journal *net_journal_map(int dirfd, const char *name);

/* Writes an event, of which number, time and count are filled in. journal may be NULL. */
void net_journal_add(struct net_journal *journal, const struct net_event *event);

/* The events after that number, in order, for the caller to free. -ENOENT: nothing was written. */
int net_journal_read(int fd, uint64_t after, struct net_event **ret, size_t *ret_n, struct err *e);

/* Are they about the same thing, with the same end? */
bool net_event_is_same(const struct net_event *a, const struct net_event *b);

/*
 * Of refusals, the newest NET_REFUSALS that are not the same, the newest at the end. The one in the
 * box and the one outside are the same text.
 */
struct net_refusals {
	size_t n;
	struct net_event at[NET_REFUSALS];
};
void net_refusals_add(struct net_refusals *list, const struct net_event *event);

/* Appends two lines: what was refused and why, and what allows it or is to be done. */
void net_refusals_explain(const struct net_event *event, struct buf *out);

/* What the event was: "tcp 203.0.113.10:443". out has NET_REASON_MAX bytes. Returns out. */
char *net_event_what(const struct net_event *event, char *out);

/* Why it was refused, and the rule that would allow it; "" if it was allowed, or none would. */
char *net_event_why(const struct net_event *event, char *out);
char *net_event_rule(const struct net_event *event, char *out);

/* The rule that would allow it, also if it was allowed without one; "" as above. */
char *net_event_learned(const struct net_event *event, char *out);

#endif
