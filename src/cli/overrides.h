/*
 * overrides.h - options that stand for a key of [sandbox].
 */
#ifndef CLI_OVERRIDES_H
#define CLI_OVERRIDES_H

#include "base/mem.h"

/* Names of the network drivers, for completion and check; NULL-ended. */
extern const char *const network_choices[];

/* Appends "key=value", unless value is NULL. */
void override(struct strv *overrides, const char *key, const char *value);

#endif
