/*
 * dns_message.h - reading and building the messages of the name server.
 *
 * Pure functions over bytes that the box, or a server, has sent. Everything is checked against the
 * length; a name is followed backwards only, so that it ends. RFC 1035; RFC 9460 for SVCB and
 * HTTPS.
 */
#ifndef GATEWAY_DNS_MESSAGE_H
#define GATEWAY_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/endpoint.h"

#define DNS_HEADER	 12
#define DNS_MESSAGE_MAX	 65535
#define DNS_NAME_MAX	 254 /* as text, with its end */
#define DNS_QUESTION_MAX (255 + 4)
#define DNS_ADDRESSES	 64 /* of one answer; what is beyond is unknown to the box's policy */

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_AAAA = 28,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
};

enum dns_code {
	DNS_OK = 0,
	DNS_MALFORMED = 1, /* FORMERR */
	DNS_FAILED = 2,	   /* SERVFAIL */
	DNS_NO_NAME = 3,   /* NXDOMAIN */
	DNS_NOT_DONE = 4,  /* NOTIMP */
};

struct dns_question {
	uint16_t id; /* network byte order, as `type` is not */
	uint16_t type, class;
	/*
	 * Lower case, with dots between labels and none at the end; "" is the root. A name with any
	 * other byte than letters, digits, '-' and '_' is `odd`, and here "?".
	 */
	char name[DNS_NAME_MAX];
	bool odd;
	size_t end; /* where the question ends, from the start of the message */
};

/*
 * A query of the box. False: it is none, and gets no answer. *ret_code: DNS_OK, or what to answer;
 * of the question, then only the id is known.
 */
bool dns_read_query(const uint8_t *data, size_t len, struct dns_question *ret,
		    enum dns_code *ret_code);

/* Addresses of an answer, ports 0. */
struct dns_addresses {
	size_t n;
	bool more; /* than these */
	struct endpoint at[DNS_ADDRESSES];
};

/*
 * The answer to a query of which the question is that of `query` (query_len bytes). False: it is
 * none, or is malformed. The addresses are those of the name itself, through its aliases, and those
 * that are hints of SVCB and HTTPS.
 */
bool dns_read_answer(const uint8_t *data, size_t len, const uint8_t *query, size_t query_len,
		     struct dns_addresses *ret);

/*
 * Answers without a server: into out, DNS_HEADER + DNS_QUESTION_MAX + 28 bytes. address NULL: none.
 * Returns the length.
 */
size_t dns_build_answer(const uint8_t *query, const struct dns_question *q, enum dns_code code,
			const struct endpoint *address, uint8_t *out);

#endif
