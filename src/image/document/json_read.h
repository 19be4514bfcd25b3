/*
 * json_read.h - reading untrusted JSON with jansson: bounded, compatible with Go's encoding/json,
 * which nearly all image tools use, and type-checked: a value of another type is an error that
 * names it.
 *
 * As in Go: of duplicate keys the last counts; keys match in any case; bytes that are not UTF-8,
 * lone surrogates and \u0000 become U+FFFD; numbers out of range count as missing.
 */
#ifndef IMAGE_DOCUMENT_JSON_READ_H
#define IMAGE_DOCUMENT_JSON_READ_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"

#define cleanup_json __attribute__((cleanup(json_decrefp)))

/* Parses one object; what names the document in messages. EBADMSG. */
int json_read(const char *text, size_t len, const char *what, json_t **ret, struct err *e);

/* A member by name in any case; the last one that is not null, as in Go; or NULL. */
json_t *json_get_any(const json_t *object, const char *key);

/* The same for one type: absent or null gives NULL in *ret, another type EBADMSG. */
int json_get(const json_t *object, const char *key, json_type type, json_t **ret, struct err *e);

/* The same for a string; "" counts as absent. The caller frees it. */
int json_get_text(const json_t *object, const char *key, char **ret, struct err *e);

/*
 * The strings of an array, at most max; a single string counts as an array of one, and null in it
 * as "".
 */
int json_get_list(const json_t *object, const char *key, size_t max, struct strv *out,
		  struct err *e);

/* Rewrites what jansson refuses and Go accepts so that jansson accepts it; for json_read(). */
void json_mend(const char *text, size_t len, struct buf *out);

#endif
