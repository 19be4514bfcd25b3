/*
 * build_fields.h - options of a build that are KEY=VALUE,KEY=VALUE.
 */
#ifndef CLI_BUILD_FIELDS_H
#define CLI_BUILD_FIELDS_H

#include "base/err.h"

/* value: NULL if there is none, or an empty one. */
typedef int build_field(const char *key, const char *value, void *arg, struct err *e);

/* Calls take for each field of word, in order, until one fails. */
int build_fields(const char *word, build_field *take, void *arg, struct err *e);

#endif
