/*
 * pins.h - which names an address was given for.
 *
 * A program keeps addresses longer than their time to live, so a pin stays until its room is
 * needed: the one that was used longest ago goes first. They are in memory that a network's
 * gateways have one after the other, so that a restarted one knows what the box was told.
 */
#ifndef GATEWAY_PINS_H
#define GATEWAY_PINS_H

#include <stdbool.h>

#include "gateway/endpoint.h"

struct pins;

/*
 * Room for them, which processes forked later share; pages that hold none take no memory. NULL:
 * there is none. The caller unmaps it.
 */
struct pins *pins_map(void);
void pins_unmap(struct pins *pins);

/*
 * Before anything else: takes over what an earlier gateway left there, and believes none of it.
 * NULL: this process's own memory.
 */
void pins_init(struct pins *pins);

/* The box was told that the name has this address. */
void pins_add(const struct endpoint *address, const char *name);

/* The name of an address that came first, or NULL. */
const char *pins_first(const struct endpoint *address);

/* Calls each for every name of an address. */
void pins_each(const struct endpoint *address, void (*each)(const char *name, void *arg),
	       void *arg);

bool pins_has(const struct endpoint *address, const char *name);

#endif
