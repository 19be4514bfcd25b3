/*
 * http.h - the head of an HTTP/1 message, line by line; RFC 9112.
 *
 * What two programs could read in different ways is HTTP_BAD: a line that goes on, one that does not
 * end with CR LF, a CR in it, a blank before the colon, a zero byte.
 */
#ifndef GATEWAY_HTTP_H
#define GATEWAY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netpolicy/rule.h"

/* Parts of the text that was read. */
struct http_header {
	const char *name, *value; /* the value without blanks around it */
	size_t name_len, len;
};

struct http_request {
	const char *method, *target;
	size_t method_len, target_len;
};

enum http_next {
	HTTP_LINE,
	HTTP_END,  /* the empty line */
	HTTP_MORE, /* the line is not there yet */
	HTTP_BAD,
};

/* "GET /path HTTP/1.1". *at, which is moved behind it, is the first byte of a connection. */
enum http_next http_next_request(const char **at, const char *end, struct http_request *ret);

/* "HTTP/1.1 200 OK": *ret is the number. */
enum http_next http_next_status(const char **at, const char *end, int *ret);

enum http_next http_next_header(const char **at, const char *end, struct http_header *ret);
bool http_is(const struct http_header *h, const char *name);

/* "NAME[:PORT]". *ret_port is 0 without one. False: it is something else. */
bool http_authority(const char *text, size_t len, char ret_name[NET_NAME_MAX], uint16_t *ret_port);

/* A number of bytes, in base 10 or 16. False: it is something else, or absurd. */
bool http_number(const char *text, size_t len, unsigned base, uint64_t *ret);

#endif
