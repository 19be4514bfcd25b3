/*
 * json_read.h - reading untrusted JSON with jansson: bounded, as Go's encoding/json does that nearly all
 * tools of images are written with, and every value of the type that is expected or an error that
 * names it.
 *
 * As Go: of keys that stand twice the last counts, and a key of a document in any case; bytes that are
 * no UTF-8, lone surrogates and \u0000 are U+FFFD; numbers that fit no type are as if they were not there.
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

/*
 * A member by its name in any case, the last one that is not null, as Go reads it; or NULL.
 */
json_t *json_get_any(const json_t *object, const char *key);

/* The same of a type: absent or null is NULL in *ret, another type EBADMSG. */
int json_get(const json_t *object, const char *key, json_type type, json_t **ret, struct err *e);

/* The same for a string; "" counts as absent. The caller frees. */
int json_get_text(const json_t *object, const char *key, char **ret, struct err *e);

/*
 * The strings of an array, at most max of them; a single string counts as an array of one, null in
 * it as "".
 */
int json_get_list(const json_t *object, const char *key, size_t max, struct strv *ret,
		  struct err *e);

/* text with what jansson refuses and Go reads written as jansson takes it; for json_read(). */
void json_mend(const char *text, size_t len, struct buf *out);

#endif
