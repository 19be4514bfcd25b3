/*
 * json.c - writing JSON.
 *
 * Owns escaping and layout (two spaces a level). Promises valid UTF-8 and valid JSON if begin and
 * end are paired.
 */
#include "base/json.h"

#include <stdint.h>
#include <stdio.h>

#include "base/quote.h"

#define FLUSH_BYTES (64 * 1024)

static void add_escape(struct buf *b, uint32_t c)
{
	if (c > 0xffff)
		buf_addf(b, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
			 0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		buf_addf(b, "\\u%04x", c);
}

/* Also escapes what a terminal would act on or not show; the value stays the same. */
static void add_quoted(struct buf *b, const char *s)
{
	unsigned int marks = 0;

	buf_addch(b, '"');
	while (*s) {
		size_t plain = quote_plain(s, &marks);
		uint32_t c;
		size_t len = utf8_decode(s, &c);

		if (len == 0)
			buf_addstr(b, "\xef\xbf\xbd");
		else if (*s == '"' || *s == '\\')
			buf_addf(b, "\\%c", *s);
		else if (*s == '\n')
			buf_addstr(b, "\\n");
		else if (*s == '\t')
			buf_addstr(b, "\\t");
		else if (!plain)
			add_escape(b, c);
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

/* Writes the comma if needed, the newline and indentation, and the key. */
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
	if (j->need_comma) /* else empty: stays on one line */
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

void jsonout_flush(struct json *j)
{
	if (j->out.len < FLUSH_BYTES)
		return;
	fwrite(j->out.data, 1, j->out.len, stdout);
	buf_reset(&j->out);
}

void jsonout_print(struct json *j)
{
	fwrite(j->out.data, 1, j->out.len, stdout);
	putchar('\n');
	buf_free(&j->out);
	*j = (struct json)JSON_INIT;
}
