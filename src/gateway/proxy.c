/*
 * proxy.c - what a box asks of an HTTP proxy, read from the bytes of the connection.
 *
 * What proxies could read in different ways is bad: two lengths of a body, a Host that is not the
 * target's, a number in place of a name. An answer is read only if a tunnel depends on it, so there
 * is no tunnel after a request whose answer could be taken for its own.
 */
#include "gateway/proxy.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "gateway/http.h"

#define HTTP	       80
#define CHUNK_LINE_MAX 10 /* eight digits, CR LF */

/* What the lines of a head say. */
struct head {
	bool has_host, has_length, chunked;
	char host[NET_NAME_MAX];
	uint64_t length;
};

static bool read_line(const struct http_header *h, struct head *ret)
{
	static const char chunked[] = "chunked";
	uint16_t port;

	if (http_is(h, "host")) {
		if (ret->has_host)
			return false;
		ret->has_host = true;
		if (h->len && h->value[0] == '[') /* an address, which the target then is too */
			return true;
		return http_authority(h->value, h->len, ret->host, &port);
	}
	if (http_is(h, "content-length")) {
		if (ret->has_length)
			return false;
		ret->has_length = true;
		return http_number(h->value, h->len, 10, &ret->length);
	}
	if (http_is(h, "transfer-encoding")) {
		if (ret->chunked)
			return false;
		ret->chunked = true;
		return h->len == strlen(chunked) && strncasecmp(h->value, chunked, h->len) == 0;
	}
	return true;
}

static enum http_next read_head(const char **at, const char *end, struct head *ret)
{
	struct http_header h;
	enum http_next next;

	while ((next = http_next_header(at, end, &h)) == HTTP_LINE)
		if (!read_line(&h, ret))
			return HTTP_BAD;
	return next == HTTP_END && ret->has_length && ret->chunked ? HTTP_BAD : next;
}

/* 127.1 and 0x7f000001 are addresses to some, but no IPv4 address as everybody writes it. */
static bool is_numeric(const char *name)
{
	const char *label = strrchr(name, '.');

	label = label ? label + 1 : name;
	return !label[strspn(label, "0123456789")] ||
	       (starts_with(label, "0x") && !label[2 + strspn(label + 2, "0123456789abcdef")]);
}

/* "[2001:db8::1]:PORT". port: what it is if none is written. */
static bool read_bracketed(const char *text, size_t len, uint16_t port, struct proxy_target *ret)
{
	const char *bracket = memchr(text, ']', len), *rest = bracket ? bracket + 1 : text + len;
	size_t n = (size_t)(rest - text), left = len - n;
	char literal[INET6_ADDRSTRLEN];
	uint64_t written = port;
	uint8_t addr[16];

	if (n < 2 || n - 2 >= sizeof(literal))
		return false;
	memcpy(literal, text + 1, n - 2);
	literal[n - 2] = '\0';
	if ((left && (*rest != ':' || !http_number(rest + 1, left - 1, 10, &written))) ||
	    written == 0 || written > UINT16_MAX || inet_pton(AF_INET6, literal, addr) != 1)
		return false;
	ret->at = endpoint_ipv6(addr, htons((uint16_t)written));
	return true;
}

/* "NAME:PORT" or "192.0.2.1:PORT", which is then the name as well. */
static bool read_named(const char *text, size_t len, uint16_t port, struct proxy_target *ret)
{
	uint16_t written;
	uint8_t addr[4];

	if (!http_authority(text, len, ret->name, &written))
		return false;
	port = written ? written : port;
	ret->at.port = htons(port);
	if (inet_pton(AF_INET, ret->name, addr) == 1)
		ret->at = endpoint_ipv4(addr, htons(port));
	else if (is_numeric(ret->name))
		return false;
	return port != 0;
}

/* What follows CONNECT or "http://", up to the path. */
static bool read_target(const char *text, size_t len, uint16_t port, const struct head *head,
			struct proxy_target *ret)
{
	bool known = len && text[0] == '[' ? read_bracketed(text, len, port, ret)
					   : read_named(text, len, port, ret);

	if (!known || (head->has_host && !streq(head->host, ret->name)))
		return false;
	if (endpoint_is_ipv4(&ret->at))
		ret->name[0] = '\0';
	return true;
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	return true;
}

static bool read_plain(const struct http_request *request, const struct head *head,
		       struct proxy_target *ret)
{
	static const char scheme[] = "http://";
	const char *text = request->target + strlen(scheme),
		   *end = request->target + request->target_len, *slash = text;

	if (request->target_len <= strlen(scheme) ||
	    strncasecmp(request->target, scheme, strlen(scheme)) != 0)
		return false;
	while (slash < end && *slash != '/' && *slash != '?')
		slash++;
	return read_target(text, (size_t)(slash - text), HTTP, head, ret);
}

static enum proxy_says read_request(struct proxy *p, const char *text, size_t len,
				    uint64_t *ret_pass, struct proxy_target *ret)
{
	const char *at = text, *end = text + len;
	struct http_request request = {0};
	struct proxy_target target = {0};
	struct head head = {0};
	enum http_next next = http_next_request(&at, end, &request);

	if (next == HTTP_LINE)
		next = read_head(&at, end, &head);
	if (next == HTTP_MORE)
		return PROXY_MORE;
	if (next != HTTP_END || !is_printable(request.target, request.target_len))
		return PROXY_BAD;
	target.tunnel = request.method_len == 7 && memcmp(request.method, "CONNECT", 7) == 0;
	if (target.tunnel
		    ? p->plain || head.length || head.chunked ||
			      !read_target(request.target, request.target_len, 0, &head, &target)
		    : !read_plain(&request, &head, &target))
		return PROXY_BAD;
	*ret_pass = (uint64_t)(at - text) + head.length;
	*ret = target;
	p->state = target.tunnel ? PROXY_ANSWER : head.chunked ? PROXY_CHUNK : PROXY_REQUEST;
	p->plain |= !target.tunnel;
	return PROXY_ASKS;
}

/* "1f4\r\n" and so many bytes. */
static enum proxy_says read_chunk(struct proxy *p, const char *text, size_t len, uint64_t *ret_pass)
{
	const char *newline = memchr(text, '\n', len < CHUNK_LINE_MAX ? len : CHUNK_LINE_MAX);
	size_t digits = newline ? (size_t)(newline - text) : 0;
	uint64_t size;

	if (!newline)
		return len < CHUNK_LINE_MAX ? PROXY_MORE : PROXY_BAD;
	if (digits == 0 || text[digits - 1] != '\r' || !http_number(text, digits - 1, 16, &size))
		return PROXY_BAD;
	p->state = size ? PROXY_CHUNK_END : PROXY_BODY_END;
	*ret_pass = digits + 1 + size;
	return PROXY_PASS;
}

/* After the last chunk, lines could follow that hardly anybody sends. */
static enum proxy_says read_end(struct proxy *p, const char *text, size_t len,
				enum proxy_state then, uint64_t *ret_pass)
{
	if (memcmp(text, "\r\n", len < 2 ? len : 2) != 0)
		return PROXY_BAD;
	if (len < 2)
		return PROXY_MORE;
	p->state = then;
	*ret_pass = 2;
	return PROXY_PASS;
}

enum proxy_says proxy_read(struct proxy *p, const uint8_t *data, size_t len, uint64_t *ret_pass,
			   struct proxy_target *ret)
{
	const char *text = (const char *)data;

	if (len == 0)
		return PROXY_MORE;
	switch (p->state) {
	case PROXY_REQUEST:
		return read_request(p, text, len, ret_pass, ret);
	case PROXY_CHUNK:
		return read_chunk(p, text, len, ret_pass);
	case PROXY_CHUNK_END:
		return read_end(p, text, len, PROXY_CHUNK, ret_pass);
	case PROXY_BODY_END:
		return read_end(p, text, len, PROXY_REQUEST, ret_pass);
	case PROXY_ANSWER:
	case PROXY_NO_TUNNEL:
		return PROXY_MORE;
	case PROXY_TUNNEL:
	case PROXY_ENDED:
		break;
	}
	return PROXY_BAD;
}

/* Of an answer that is no tunnel: where the next one begins, if its head tells. */
static enum proxy_says read_refusal(struct proxy *p, const char *text, const char *at,
				    const char *end, uint64_t *ret_pass)
{
	struct head head = {0};
	enum http_next next = read_head(&at, end, &head);

	if (next == HTTP_MORE)
		return PROXY_MORE;
	p->state = next == HTTP_END && head.has_length ? PROXY_NO_TUNNEL : PROXY_ENDED;
	*ret_pass = p->state == PROXY_ENDED ? PROXY_ALL : (uint64_t)(at - text) + head.length;
	return PROXY_PASS;
}

enum proxy_says proxy_read_answer(struct proxy *p, const uint8_t *data, size_t len,
				  uint64_t *ret_pass)
{
	const char *text = (const char *)data, *at = text, *end = text + len;
	int status = 0;

	*ret_pass = PROXY_ALL;
	if (p->state == PROXY_NO_TUNNEL)
		p->state = PROXY_REQUEST;
	if (p->state != PROXY_ANSWER)
		return PROXY_PASS;
	switch (http_next_status(&at, end, &status)) {
	case HTTP_MORE:
		return PROXY_MORE;
	case HTTP_LINE:
		if (status / 100 == 2) {
			p->state = PROXY_TUNNEL;
			return PROXY_PASS;
		}
		/* An interim answer is followed by the true one. */
		if (status / 100 >= 3)
			return read_refusal(p, text, at, end, ret_pass);
		break;
	default:
		break;
	}
	p->state = PROXY_ENDED;
	return PROXY_PASS;
}
