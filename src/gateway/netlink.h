/*
 * netlink.h - messages of netlink(7), built into one buffer and sent by one call.
 */
#ifndef GATEWAY_NETLINK_H
#define GATEWAY_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define NL_BATCH_SIZE	  16384
#define NL_BATCH_MESSAGES 48

struct netlink_batch {
	_Alignas(8) char data[NL_BATCH_SIZE];
	size_t len;
	size_t message;	   /* where the last message begins */
	unsigned n;	   /* messages; sequence numbers start at 1 */
	uint32_t answered; /* the number of that which netlink_ask_answer() was for */
	const char *what[NL_BATCH_MESSAGES]; /* of each message, for its error */
};

/*
 * Begins a message: header is what its type has in front of the attributes. what completes
 * "cannot ..." and lives as long as the batch. flags: NLM_F_* besides NLM_F_REQUEST.
 */
void netlink_begin(struct netlink_batch *b, const char *what, uint16_t type, uint16_t flags,
		   const void *header, size_t size);

/* Appends bytes, padded to 4, to the last message; netlink_attr() an attribute with them. */
void netlink_put(struct netlink_batch *b, const void *data, size_t size);
void netlink_attr(struct netlink_batch *b, uint16_t type, const void *data, size_t len);
void netlink_attr_u32(struct netlink_batch *b, uint16_t type, uint32_t value);
void netlink_attr_be32(struct netlink_batch *b, uint16_t type,
		       uint32_t value); /* as nf_tables has numbers */
void netlink_attr_string(struct netlink_batch *b, uint16_t type, const char *s);

/* Begins a nested attribute; netlink_unnest() gets what it returned. */
size_t netlink_nest(struct netlink_batch *b, uint16_t type);
void netlink_unnest(struct netlink_batch *b, size_t nest);

/* A socket of a netlink family, NETLINK_ROUTE or NETLINK_NETFILTER. */
int netlink_open(int family, int *ret_fd, struct err *e);

/*
 * One of NETLINK_ROUTE that tells of changes. groups: the bits RTMGRP_* of rtnetlink(7). It has an
 * address from the start, since the kernel sends nothing to a socket that has none.
 */
int netlink_subscribe(uint32_t groups, int *ret_fd, struct err *e);

/*
 * The kernel tells of each message that fails; of one that succeeds only if it is asked, and that
 * is the last one: an answer takes a call of its own.
 */
void netlink_ask_answer(struct netlink_batch *b);

/*
 * Sends the batch and waits for that answer. Fails with the first error: "cannot WHAT: reason".
 * What was answered after it is still in the socket, which is then of no use.
 */
int netlink_send(int fd, const struct netlink_batch *b, struct err *e);

#endif
