/*
 * ini_text.c - comments, quotes and indentation of the lines of an INI file, read and written.
 *
 * Promises that a value written by ini_write() is read back the same. Quotes count only if they
 * enclose the whole value: FLAGS = "-O2" -Wall keeps them.
 */
#include "config/ini_text.h"

#include <string.h>

#include "base/mem.h"

bool ini_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

size_t ini_skip_blanks(const char *s, size_t i, size_t len)
{
	while (i < len && ini_is_blank(s[i]))
		i++;
	return i;
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

size_t ini_unquote(const char *s, size_t i, size_t len, struct buf *out)
{
	char quote = s[i++];

	for (; i < len && s[i] != quote; i++) {
		/* Any other backslash is literal: "C:\tools" and "\d+" are what they look like. */
		if (quote == '"' && s[i] == '\\' && i + 1 < len && strchr("\"\\", s[i + 1]))
			i++;
		if (out)
			buf_addch(out, s[i]);
	}
	return i < len ? i + 1 : 0;
}

size_t ini_find_comment(const char *s, size_t from, size_t len)
{
	size_t i = ini_skip_blanks(s, from, len), end;

	if (i < len && is_quote(s[i]) && (end = ini_unquote(s, i, len, NULL)))
		from = end;
	for (i = from; i < len; i++)
		if (s[i] == ';' && i > 0 && ini_is_blank(s[i - 1]))
			return i;
	return len;
}

const char *ini_take_value(const char *s, size_t from, size_t len, struct buf *out)
{
	size_t start = ini_skip_blanks(s, from, len), end = ini_find_comment(s, from, len), close;
	bool cut = end < len;

	while (end > start && ini_is_blank(s[end - 1]))
		end--;
	if (start >= end)
		return NULL;
	close = is_quote(s[start]) ? ini_unquote(s, start, end, NULL) : 0;
	if (close == end) {
		ini_unquote(s, start, end, out);
		return NULL;
	}
	if (is_quote(s[start]) && !close && cut)
		return "a quote that is not closed before ' ;', where a comment begins";
	buf_add(out, s + start, end - start);
	return NULL;
}

static bool only_blanks(const char *s, size_t len)
{
	return ini_skip_blanks(s, 0, len) == len;
}

/* The length of the line at s, without its newline. */
static size_t line_len(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return (size_t)((nl ? nl : end) - s);
}

/* The indentation in bytes that all lines from s on share, blank lines not counted. */
static size_t shared_indent(const char *s, const char *end)
{
	const char *first = NULL;
	size_t shared = 0;

	for (size_t len; s < end; s += len + 1) {
		size_t n = 0;

		len = line_len(s, end);
		if (only_blanks(s, len))
			continue;
		if (!first) {
			first = s;
			shared = ini_skip_blanks(s, 0, len);
			continue;
		}
		while (n < shared && n < len && s[n] == first[n])
			n++;
		shared = n;
	}
	return shared;
}

void ini_dedent(struct buf *text)
{
	const char *end = text->data + text->len, *s = text->data;
	struct buf out = BUF_INIT;
	size_t len, shared;

	if (!text->len)
		return;
	len = line_len(s, end);
	buf_add(&out, s, len);
	s += len;
	if (s < end)
		s++;
	shared = shared_indent(s, end);
	for (; s < end; s += len + 1) {
		size_t cut;

		len = line_len(s, end);
		cut = len < shared ? len : shared;
		if (out.len)
			buf_addch(&out, '\n');
		buf_add(&out, s + cut, len - cut);
	}
	buf_free(text);
	*text = out;
}

static bool needs_quotes(const char *value)
{
	size_t len = strlen(value);

	return len && (ini_is_blank(*value) || ini_is_blank(value[len - 1]) || is_quote(*value) ||
		       *value == ';' || ini_find_comment(value, 0, len) < len);
}

static void add_quoted(struct buf *out, const char *text)
{
	buf_addch(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_addch(out, '\\');
		buf_addch(out, *text);
	}
	buf_addch(out, '"');
}

void ini_write_value(struct buf *out, const char *value)
{
	if (needs_quotes(value))
		add_quoted(out, value);
	else
		buf_addstr(out, value);
}

static void write_text(struct buf *out, const char *prefix, const char *value)
{
	const char *end = value + strlen(value);
	bool several;

	while (value < end && *value == '\n')
		value++;
	while (end > value && end[-1] == '\n')
		end--;
	several = line_len(value, end) < (size_t)(end - value);
	if (!several) {
		value += strspn(value, " \t");
		buf_addstr(out, value < end ? " " : "");
	}
	for (size_t len; value < end; value += len + 1) {
		len = line_len(value, end);
		if (several)
			buf_addf(out, "\n%s%s", prefix, len ? "  " : "");
		buf_add(out, value, len);
	}
}

void ini_write(struct buf *out, const char *prefix, const char *key, const char *value,
	       bool verbatim)
{
	buf_addstr(out, prefix);
	if (strchr(key, '=') || needs_quotes(key) || strchr("[#", *key))
		add_quoted(out, key);
	else
		buf_addstr(out, key);
	buf_addstr(out, " =");
	if (verbatim) {
		write_text(out, prefix, value);
	} else if (*value) {
		buf_addch(out, ' ');
		ini_write_value(out, value);
	}
	buf_addch(out, '\n');
}
