/*
 * pins.h - which names an address was given for.
 *
 * A program keeps addresses longer than their time to live, so a pin stays until its room is needed: the
 * one that was used longest ago goes first. A restarted gateway has none.
 */
#ifndef GATEWAY_PINS_H
#define GATEWAY_PINS_H

#include <stdbool.h>

#include "gateway/endpoint.h"

/* The box was told that the name has this address. */
void pins_add(const struct endpoint *address, const char *name);

/* The next name of an address after `name`; NULL: the first. NULL: there are no more. */
const char *pins_next(const struct endpoint *address, const char *name);

bool pins_has(const struct endpoint *address, const char *name);

#endif
