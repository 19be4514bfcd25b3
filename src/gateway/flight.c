/*
 * flight.c - which name the first bytes of a connection are for.
 *
 * What a server could read in another way than this does is bad: a header line that goes on, two
 * Hosts, a name that is none. Nothing is allowed because it was not understood.
 */
#include "gateway/flight.h"

#include <stdbool.h>
#include <string.h>

#include "gateway/http.h"

#define RECORD_HEADER	 5
#define RECORD_HANDSHAKE 22
#define RECORD_MAX	 16384 /* of a plaintext; RFC 8446 5.1 */
#define CLIENT_HELLO	 1
#define HELLO_HEADER	 4
#define SERVER_NAME	 0 /* the extension, and the type of name in it */

/* Bytes of handshake messages, without the headers of their records. */
struct stream {
	const uint8_t *data;
	size_t len;	 /* of data */
	size_t at, left; /* where the next byte is, and how many this record has */
	bool more, bad;	 /* it ended; there is something else */
};

static uint8_t take(struct stream *s)
{
	while (!s->more && !s->bad && s->left == 0) {
		const uint8_t *r = s->data + s->at;

		if (s->len - s->at < RECORD_HEADER) {
			s->more = true;
			break;
		}
		s->left = (size_t)(r[3] << 8 | r[4]);
		s->bad = r[0] != RECORD_HANDSHAKE || r[1] != 3 || s->left == 0 ||
			 s->left > RECORD_MAX;
		s->at += RECORD_HEADER;
	}
	s->more |= !s->bad && s->at == s->len;
	if (s->more || s->bad)
		return 0;
	s->left--;
	return s->data[s->at++];
}

static size_t take_number(struct stream *s, int bytes)
{
	size_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | take(s);
	return n;
}

/* *left is what its container has: less is malformed. */
static void take_from(struct stream *s, size_t *left, size_t n)
{
	if (s->more)
		return;
	if (*left < n)
		s->bad = true;
	else
		*left -= n;
}

static void skip(struct stream *s, size_t n)
{
	while (n-- > 0 && !s->more && !s->bad)
		take(s);
}

/* A vector with a length of so many bytes in front: skipped. */
static void skip_vector(struct stream *s, size_t *left, int bytes)
{
	size_t n;

	take_from(s, left, (size_t)bytes);
	n = take_number(s, bytes);
	take_from(s, left, n);
	skip(s, n);
}

static void read_server_name(struct stream *s, size_t size, char *ret)
{
	size_t list, len;

	take_from(s, &size, 5);
	list = take_number(s, 2);
	s->bad |= take(s) != SERVER_NAME && !s->more;
	len = take_number(s, 2);
	/* One name: of more than one, each server takes the one that it likes. */
	s->bad |= !s->more && (size != len || list != len + 3 || len == 0 || len >= NET_NAME_MAX);
	for (size_t i = 0; i < len && !s->more && !s->bad; i++)
		ret[i] = (char)take(s);
	if (s->more || s->bad)
		return;
	ret[len] = '\0';
	s->bad = strlen(ret) != len || !net_rule_settle_name(ret);
}

static enum flight read_hello(struct stream *s, char *ret)
{
	size_t left, extensions;
	bool found = false;

	s->bad |= take(s) != CLIENT_HELLO && !s->more;
	left = take_number(s, 3);
	s->bad |= !s->more && left > FLIGHT_MAX;
	take_from(s, &left, 34); /* version, random */
	skip(s, 34);
	skip_vector(s, &left, 1); /* session */
	skip_vector(s, &left, 2); /* cipher suites */
	skip_vector(s, &left, 1); /* compression */
	if (!s->more && !s->bad && left == 0)
		return FLIGHT_NONE; /* of an old version, without extensions */
	take_from(s, &left, 2);
	extensions = take_number(s, 2);
	s->bad |= !s->more && extensions != left;
	while (left > 0 && !s->more && !s->bad) {
		size_t type = take_number(s, 2), size = take_number(s, 2);

		take_from(s, &left, HELLO_HEADER);
		take_from(s, &left, size);
		if (s->more || s->bad)
			break;
		if (type != SERVER_NAME) {
			skip(s, size);
			continue;
		}
		s->bad |= found;
		found = true;
		read_server_name(s, size, ret);
	}
	if (s->more)
		return FLIGHT_MORE;
	return s->bad ? FLIGHT_BAD : found ? FLIGHT_NAME : FLIGHT_NONE;
}

static enum flight read_headers(const char *at, const char *end, char *ret)
{
	enum flight found = FLIGHT_NONE;
	struct http_header h;
	uint16_t port;

	for (;;) {
		switch (http_next_header(&at, end, &h)) {
		case HTTP_MORE:
			return FLIGHT_MORE;
		case HTTP_BAD:
			return FLIGHT_BAD;
		case HTTP_END:
			return found;
		case HTTP_LINE:
			break;
		}
		if (!http_is(&h, "host"))
			continue;
		if (found != FLIGHT_NONE)
			return FLIGHT_BAD;
		if (h.len && h.value[0] == '[')
			continue; /* an address, which is no name */
		if (!http_authority(h.value, h.len, ret, &port))
			return FLIGHT_BAD;
		found = FLIGHT_NAME;
	}
}

static enum flight read_http(const char *text, size_t len, char *ret)
{
	const char *end = text + len;
	struct http_request request;

	switch (http_next_request(&text, end, &request)) {
	case HTTP_MORE:
		return FLIGHT_MORE;
	case HTTP_LINE:
		break;
	default:
		return FLIGHT_NONE;
	}
	/* A target with a name in it is for a proxy; a server would take it before Host. */
	if (request.target[0] != '/' && request.target[0] != '*')
		return FLIGHT_NONE;
	return read_headers(text, end, ret);
}

enum flight flight_read(const uint8_t *data, size_t len, char ret_name[NET_NAME_MAX])
{
	char name[NET_NAME_MAX];
	struct stream s = {.data = data, .len = len};
	enum flight r;

	if (len == 0)
		return FLIGHT_MORE;
	r = data[0] == RECORD_HANDSHAKE ? read_hello(&s, name)
					: read_http((const char *)data, len, name);
	if (r == FLIGHT_NAME)
		memcpy(ret_name, name, strlen(name) + 1);
	return r;
}
