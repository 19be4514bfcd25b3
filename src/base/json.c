/*
 * json.c - writing JSON.
 *
 * Owns escaping and layout (two spaces a level). Promises valid UTF-8 and valid JSON as long as
 * begin and end are paired.
 */
#include "base/json.h"

#include <stdio.h>

/* Length of the UTF-8 sequence at s, 0 when it is none (RFC 3629: no surrogates, no overlong). */
static size_t utf8_len(const unsigned char *s)
{
	unsigned int c = s[0], low = 0x80, high = 0xbf;
	size_t len;

	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		len = 2;
	else if (c >= 0xe0 && c <= 0xef)
		len = 3;
	else if (c >= 0xf0 && c <= 0xf4)
		len = 4;
	else
		return 0;
	/* The second byte's range closes out what the first alone cannot. */
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < len; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

static void add_quoted(struct buf *b, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	buf_addch(b, '"');
	while (*s) {
		size_t len = utf8_len(s);

		if (len == 0)
			buf_addstr(b, "\xef\xbf\xbd");
		else if (*s == '"' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else if (*s == '\n')
			buf_addstr(b, "\\n");
		else if (*s == '\t')
			buf_addstr(b, "\\t");
		else if (*s < 0x20 || *s == 0x7f)
			buf_addf(b, "\\u%04x", *s);
		else
			buf_add(b, s, len);
		s += len ? len : 1;
	}
	buf_addch(b, '"');
}

static void new_line(struct json *j)
{
	if (j->out.len)
		buf_addf(&j->out, "\n%*s", 2 * j->depth, "");
}

/* A comma if one is due, the line and its indentation, and the key. */
static void begin_value(struct json *j, const char *key)
{
	if (j->need_comma)
		buf_addch(&j->out, ',');
	new_line(j);
	if (key) {
		add_quoted(&j->out, key);
		buf_addstr(&j->out, ": ");
	}
	j->need_comma = true;
}

static void open_bracket(struct json *j, const char *key, char c)
{
	begin_value(j, key);
	buf_addch(&j->out, c);
	j->depth++;
	j->need_comma = false;
}

static void close_bracket(struct json *j, char c)
{
	j->depth--;
	if (j->need_comma) /* else it is empty and stays on one line */
		new_line(j);
	buf_addch(&j->out, c);
	j->need_comma = true;
}

void jsonout_object_begin(struct json *j, const char *key)
{
	open_bracket(j, key, '{');
}

void jsonout_object_end(struct json *j)
{
	close_bracket(j, '}');
}

void jsonout_array_begin(struct json *j, const char *key)
{
	open_bracket(j, key, '[');
}

void jsonout_array_end(struct json *j)
{
	close_bracket(j, ']');
}

void jsonout_string(struct json *j, const char *key, const char *value)
{
	begin_value(j, key);
	if (value)
		add_quoted(&j->out, value);
	else
		buf_addstr(&j->out, "null");
}

void jsonout_number(struct json *j, const char *key, long long value)
{
	begin_value(j, key);
	buf_addf(&j->out, "%lld", value);
}

void jsonout_bool(struct json *j, const char *key, bool value)
{
	begin_value(j, key);
	buf_addstr(&j->out, value ? "true" : "false");
}

void jsonout_print(struct json *j)
{
	printf("%s\n", j->out.data);
	buf_free(&j->out);
	*j = (struct json)JSON_INIT;
}
