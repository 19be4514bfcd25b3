/*
 * http.c - the head of an HTTP/1 message, line by line.
 */
#include "gateway/http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define METHOD_MAX     20
#define VERSION_SIZE   9  /* " HTTP/1.1" */
#define STATUS_SIZE    12 /* "HTTP/1.1 200" */
#define NUMBER_MAX_LEN 15 /* in base 16, less than 2^60 */

/*
 * The end of a line, of which *ret_len becomes the length with its CR. NULL: it is not there yet.
 */
static const char *end_of_line(const char *line, const char *end, size_t *ret_len)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));

	if (!newline)
		return NULL;
	*ret_len = (size_t)(newline - line);
	return newline + 1;
}

enum http_next http_next_request(const char **at, const char *end, struct http_request *ret)
{
	size_t len = (size_t)(end - *at), method = 0, target;
	const char *line = *at, *next = end_of_line(line, end, &len);

	while (method < len && method < METHOD_MAX && isupper((unsigned char)line[method]))
		method++;
	if (method == len && !next)
		return HTTP_MORE;
	if (method == 0 || method == len || line[method] != ' ')
		return HTTP_BAD;
	if (!next)
		return HTTP_MORE;
	target = method + 1;
	while (target < len && line[target] != ' ')
		target++;
	if (len - target != VERSION_SIZE + 1 || memcmp(line + target, " HTTP/1.", 8) != 0 ||
	    line[len - 1] != '\r')
		return HTTP_BAD;
	*ret = (struct http_request){line, line + method + 1, method, target - method - 1};
	*at = next;
	return HTTP_LINE;
}

enum http_next http_next_status(const char **at, const char *end, int *ret)
{
	size_t len;
	const char *line = *at, *next = end_of_line(line, end, &len);

	if (!next)
		return HTTP_MORE;
	if (len < STATUS_SIZE || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ' ||
	    !isdigit((unsigned char)line[9]) || !isdigit((unsigned char)line[10]) ||
	    !isdigit((unsigned char)line[11]) || (line[12] != ' ' && line[12] != '\r'))
		return HTTP_BAD;
	*ret = 100 * (line[9] - '0') + 10 * (line[10] - '0') + line[11] - '0';
	*at = next;
	return HTTP_LINE;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

enum http_next http_next_header(const char **at, const char *end, struct http_header *ret)
{
	const char *line = *at, *value;
	size_t len;
	const char *next = end_of_line(line, end, &len);

	if (!next)
		return HTTP_MORE;
	if (len == 0 || line[len - 1] != '\r' || memchr(line, '\r', len - 1) ||
	    memchr(line, '\0', len))
		return HTTP_BAD;
	*at = next;
	if (len == 1)
		return HTTP_END;
	ret->name = line;
	ret->name_len = strcspn(line, ": \t\r\n");
	if (line[ret->name_len] != ':')
		return HTTP_BAD;
	value = line + ret->name_len + 1;
	next = line + len - 1;
	while (value < next && is_blank(*value))
		value++;
	while (next > value && is_blank(next[-1]))
		next--;
	ret->value = value;
	ret->len = (size_t)(next - value);
	return HTTP_LINE;
}

bool http_is(const struct http_header *h, const char *name)
{
	return h->name_len == strlen(name) && strncasecmp(h->name, name, h->name_len) == 0;
}

bool http_number(const char *text, size_t len, unsigned base, uint64_t *ret)
{
	uint64_t n = 0;

	if (len == 0 || len > NUMBER_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)text[i]);
		unsigned digit = isdigit((unsigned char)c) ? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f'	   ? (unsigned)(c - 'a' + 10)
							   : base;

		if (digit >= base)
			return false;
		n = n * base + digit;
	}
	*ret = n;
	return true;
}

bool http_authority(const char *text, size_t len, char ret_name[NET_NAME_MAX], uint16_t *ret_port)
{
	const char *colon = memchr(text, ':', len);
	size_t name = colon ? (size_t)(colon - text) : len;
	uint64_t port = 0;

	/* "NAME:" has no port, RFC 3986 3.2.3. */
	if (colon && name + 1 < len &&
	    (!http_number(colon + 1, len - name - 1, 10, &port) || port > UINT16_MAX))
		return false;
	if (name == 0 || name >= NET_NAME_MAX || memchr(text, '\0', name))
		return false;
	memcpy(ret_name, text, name);
	ret_name[name] = '\0';
	*ret_port = (uint16_t)port;
	return net_rule_settle_name(ret_name);
}
