/*
 * json.h - writing JSON, for --json. There is no reader: the launcher reads no JSON. (The names
 * avoid those of jansson, which sandbox-image links too.)
 *
 *	jsonout_object_begin(&j, NULL);
 *	jsonout_string(&j, "name", box->name);
 *	jsonout_object_end(&j);
 *
 * key is NULL inside an array and at the top. In strings that are not UTF-8, bad bytes become
 * U+FFFD.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>

#include "base/buf.h"

struct json {
	struct buf out;
	int depth;
	bool need_comma;
};

#define JSON_INIT               \
	{                       \
		.out = BUF_INIT \
	}

void jsonout_object_begin(struct json *j, const char *key);
void jsonout_object_end(struct json *j);
void jsonout_array_begin(struct json *j, const char *key);
void jsonout_array_end(struct json *j);
void jsonout_string(struct json *j, const char *key, const char *value); /* NULL value: null */
void jsonout_number(struct json *j, const char *key, long long value);
void jsonout_bool(struct json *j, const char *key, bool value);
/* For long documents: prints the text so far if it is large enough to be worth a write. */
void jsonout_flush(struct json *j);
/* Prints the document with a final newline on stdout and frees it. */
void jsonout_print(struct json *j);

#endif
