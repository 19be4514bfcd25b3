/*
 * json_read.h - reading untrusted JSON with jansson: bounded, without duplicate keys, and every value
 * of the type that is expected or an error that names it.
 */
#ifndef IMAGE_JSON_READ_H
#define IMAGE_JSON_READ_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"

#define cleanup_json __attribute__((cleanup(json_decrefp)))

/* Parses one object; what names the document in messages. EBADMSG. */
int json_read(const char *text, size_t len, const char *what, json_t **ret, struct err *e);

/* A member of an object: absent or null is NULL in *ret, another type EBADMSG. */
int json_get(const json_t *object, const char *key, json_type type, json_t **ret, struct err *e);

/* The same for a string; "" counts as absent. The caller frees. */
int json_get_text(const json_t *object, const char *key, char **ret, struct err *e);

/* The strings of an array, at most max of them; a single string counts as an array of one. */
int json_get_list(const json_t *object, const char *key, size_t max, struct strv *ret,
		  struct err *e);

#endif
