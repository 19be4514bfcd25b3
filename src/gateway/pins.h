/*
 * pins.h - which names an address was given for.
 *
 * A program keeps addresses longer than their time to live, so a pin stays until its room is
 * needed: the one that was used longest ago goes first. A restarted gateway has none.
 */
#ifndef GATEWAY_PINS_H
#define GATEWAY_PINS_H

#include <stdbool.h>

#include "gateway/endpoint.h"

/* The box was told that the name has this address. */
void pins_add(const struct endpoint *address, const char *name);

/* The name of an address that came first, or NULL. */
const char *pins_first(const struct endpoint *address);

/* Calls each for every name of an address. */
void pins_each(const struct endpoint *address, void (*each)(const char *name, void *arg),
	       void *arg);

bool pins_has(const struct endpoint *address, const char *name);

#endif
