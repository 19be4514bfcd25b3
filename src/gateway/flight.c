/*
 * flight.c - which name the first bytes of a connection are for.
 *
 * What a server could read in another way than this does is bad: a header line that goes on, two
 * Hosts, a name that is none. Nothing is allowed because it was not understood.
 */
#include "gateway/flight.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define RECORD_HEADER	 5
#define RECORD_HANDSHAKE 22
#define RECORD_MAX	 16384 /* of a plaintext; RFC 8446 5.1 */
#define CLIENT_HELLO	 1
#define HELLO_HEADER	 4
#define SERVER_NAME	 0 /* the extension, and the type of name in it */
#define METHOD_MAX	 20

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

/* Lower case, and without a dot at the end. */
static bool settle_name(char *name)
{
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		name[len - 1] = '\0';
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return net_rule_is_name(name);
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
	s->bad = strlen(ret) != len || !settle_name(ret);
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

/* "NAME", "NAME:PORT", or an address, which is no name. */
static enum flight read_host(const char *value, size_t len, char *ret)
{
	const char *colon;

	while (len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
		len--;
	if (len && value[0] == '[')
		return FLIGHT_NONE;
	colon = memchr(value, ':', len);
	if (colon) {
		size_t n = (size_t)(colon - value);

		if (len - n > 6 || strspn(colon + 1, "0123456789") < len - n - 1)
			return FLIGHT_BAD;
		len = n;
	}
	if (len == 0 || len >= NET_NAME_MAX)
		return FLIGHT_BAD;
	memcpy(ret, value, len);
	ret[len] = '\0';
	return strlen(ret) == len && settle_name(ret) ? FLIGHT_NAME : FLIGHT_BAD;
}

/*
 * The end of a line, of which *ret_len becomes the length without its end. NULL: it is not there
 * yet.
 */
static const char *end_of_line(const char *line, const char *end, size_t *ret_len)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	if (!newline)
		return NULL;
	*ret_len = (size_t)(newline - line);
	return newline + 1;
}

/* "GET /path HTTP/1.1": 1; not yet: 0; something else: -1. */
static int is_request(const char *line, size_t len, bool whole)
{
	size_t method = 0, target;

	while (method < len && method < METHOD_MAX && isupper((unsigned char)line[method]))
		method++;
	if (method == len && !whole && len < METHOD_MAX)
		return 0;
	if (method == 0 || method == len || line[method] != ' ')
		return -1;
	if (!whole)
		return 0;
	/* A target with a name in it is for a proxy; a server would take it before Host. */
	target = method + 1;
	if (line[target] != '/' && line[target] != '*')
		return -1;
	while (target < len && line[target] != ' ')
		target++;
	return len - target == 10 && memcmp(line + target, " HTTP/1.", 8) == 0 &&
			       line[len - 1] == '\r'
		       ? 1
		       : -1;
}

static enum flight read_headers(const char *at, const char *end, char *ret)
{
	static const char host[] = "host:";
	enum flight found = FLIGHT_NONE;
	size_t len;

	for (;;) {
		const char *next = end_of_line(at, end, &len);

		if (!next)
			return FLIGHT_MORE;
		if (len == 0 || at[len - 1] != '\r' || memchr(at, '\0', len))
			return FLIGHT_BAD;
		if (len == 1)
			return found;
		/* "Host : x", zero bytes and lines that go on are read in more than one way. */
		if (at[strcspn(at, ": \t\r\n")] != ':')
			return FLIGHT_BAD;
		if (len > strlen(host) && strncasecmp(at, host, strlen(host)) == 0) {
			size_t blank = strlen(host) + strspn(at + strlen(host), " \t");

			if (found != FLIGHT_NONE)
				return FLIGHT_BAD;
			found = blank < len ? read_host(at + blank, len - 1 - blank, ret)
					    : FLIGHT_BAD;
			if (found == FLIGHT_BAD)
				return found;
		}
		at = next;
	}
}

static enum flight read_http(const char *text, size_t len, char *ret)
{
	size_t line = len;
	const char *end = text + len, *next = end_of_line(text, end, &line);
	int is = is_request(text, line, next != NULL);

	if (is < 0)
		return FLIGHT_NONE;
	if (is == 0)
		return FLIGHT_MORE;
	return read_headers(next, end, ret);
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
