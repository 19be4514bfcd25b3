/*
 * names.h - the names of a project's networks, as its boxes know them.
 */
#ifndef GATEWAY_NAMES_H
#define GATEWAY_NAMES_H

#include <stddef.h>

#include "gateway/contract.h"

/* From now on, and without aliases. "": the network has only aliases. */
void names_set(const struct gateway_name *name);

/* Another name of that network. */
void names_add_alias(const struct gateway_name *alias);

/*
 * The number of the network of that name, of len bytes, in upper or lower case; 0: there is none.
 * A name counts more than an alias, and of several aliases the one of the lowest number.
 */
unsigned names_find(const char *name, size_t len);

#endif
