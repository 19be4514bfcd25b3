/*
 * names.h - the names of a project's networks, as its boxes know them.
 */
#ifndef GATEWAY_NAMES_H
#define GATEWAY_NAMES_H

#include <stddef.h>

#include "gateway/contract.h"

/* From now on. */
void names_set(const struct gateway_name *name);

/*
 * The number of the network of that name, of len bytes, in upper or lower case; 0: there is none.
 */
unsigned names_find(const char *name, size_t len);

#endif
