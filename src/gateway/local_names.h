/*
 * local_names.h - names that the gateway itself answers for: its own, and those of the host's
 * hosts(5).
 */
#ifndef GATEWAY_LOCAL_NAMES_H
#define GATEWAY_LOCAL_NAMES_H

#include <stdbool.h>

#include "gateway/dns_message.h"

/*
 * Reads the file that fd has open, of up to 1 MiB, and closes it. -1: there is none. Entries of
 * loopback addresses are left out: in the box they would name the box.
 */
void local_names_read(int fd);

/* The same for its text. */
void local_names_parse(const char *text);

/* An answer; without an address, the name has none of the type that was asked for. */
struct local_answer {
	enum dns_code code;
	bool has_address;
	struct endpoint address;
};

/* Is it a name of the gateway itself, or of a service of the project? Then *ret is the answer. */
bool local_names_own(const struct dns_question *q, struct local_answer *ret);

/* Is it a name of the host's hosts(5)? Then *ret is the answer. */
bool local_names_host(const struct dns_question *q, struct local_answer *ret);

#endif
