/*
 * local_names.h - names that the gateway itself answers for: its own, and those of the host's hosts(5).
 */
#ifndef GATEWAY_LOCAL_NAMES_H
#define GATEWAY_LOCAL_NAMES_H

#include <stdbool.h>

#include "gateway/dns_message.h"

/*
 * Reads the file that fd has open, of up to 1 MiB, and closes it. -1: there is none. Entries of loopback
 * addresses are left out: in the box they would name the box.
 */
void local_names_read(int fd);

/* The same for its text. */
void local_names_parse(const char *text);

/*
 * Is the question answered here? *ret_code and *ret_address, with *ret_has false if the name has
 * none of that type, are the answer.
 */
bool local_names_answer(const struct dns_question *q, enum dns_code *ret_code, bool *ret_has,
			struct endpoint *ret_address);

#endif
