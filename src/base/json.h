/*
 * json.h - writing JSON for --json. There is no reader: the launcher reads no JSON.
 *
 *	json_object_begin(&j, NULL);
 *	json_string(&j, "name", box->name);
 *	json_object_end(&j);
 *
 * key is NULL inside an array and at the top. Strings that are not UTF-8 have the bad bytes replaced
 * by U+FFFD.
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

void json_object_begin(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array_begin(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value); /* NULL value: null */
void json_number(struct json *j, const char *key, long long value);
void json_bool(struct json *j, const char *key, bool value);
/* Prints the document with a final newline on stdout and frees it. */
void json_print(struct json *j);

#endif
