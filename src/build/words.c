/*
 * words.c - splitting lines.
 */
#include "build/words.h"

#include <jansson.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

size_t words_blanks(const char *s)
{
	size_t n = 0;

	while (is_blank(s[n]))
		n++;
	return n;
}

size_t words_length(const char *s)
{
	size_t n = 0;

	while (s[n] && !is_blank(s[n]))
		n++;
	return n;
}

/* Appends a flag, and returns what comes after it. */
static const char *take_flag(const char *s, char escape, struct buf *word)
{
	char quote = '\0';

	for (; *s && (quote || !is_blank(*s)); s++) {
		if (quote && *s == quote) {
			quote = '\0';
		} else if (!quote && (*s == '\'' || *s == '"')) {
			quote = *s;
		} else if (*s == escape) {
			if (!s[1])
				return s + 1;
			buf_addch(word, *++s);
		} else {
			buf_addch(word, *s);
		}
	}
	return s;
}

const char *words_flags(const char *s, char escape, struct strv *out)
{
	for (;;) {
		cleanup_buf struct buf word = BUF_INIT;

		s += words_blanks(s);
		if (s[0] != '-' || s[1] != '-')
			return s;
		s = take_flag(s, escape, &word);
		if (streq(word.data, "--"))
			return s + words_blanks(s);
		strv_push(out, word.data);
	}
}

void words_split(const char *s, struct strv *out)
{
	for (s += words_blanks(s); *s;) {
		size_t n = words_length(s);

		strv_push_take(out, xstrndup(s, n));
		s += n + words_blanks(s + n);
	}
}

void words_quoted(const char *s, char escape, struct strv *out)
{
	for (s += words_blanks(s); *s; s += words_blanks(s)) {
		cleanup_buf struct buf word = BUF_INIT;
		char quote = '\0';

		for (; *s && (quote || !is_blank(*s)); s++) {
			if (quote ? *s == quote : *s == '\'' || *s == '"')
				quote = quote ? '\0' : *s;
			if (*s == escape && quote != '\'') {
				if (!s[1])
					continue;
				buf_addch(&word, *s++);
			}
			buf_addch(&word, *s);
		}
		if (word.len)
			strv_push(out, word.data);
	}
}

int words_json(const char *s, struct strv *out, struct err *e)
{
	json_t *array;
	size_t i;
	json_t *item;
	bool strings = true;

	s += words_blanks(s);
	if (*s != '[')
		return 0;
	array = json_loads(s, JSON_ALLOW_NUL, NULL);
	if (!array)
		return 0;
	json_array_foreach(array, i, item)
	{
		strings = strings && json_is_string(item) &&
			  strlen(json_string_value(item)) == json_string_length(item);
		if (strings)
			strv_push(out, json_string_value(item));
	}
	json_decref(array);
	if (!strings)
		return err_set(e, ERR_USAGE,
			       "a JSON array of other things than strings; write [\"program\", "
			       "\"argument\"], or the command without brackets");
	return 1;
}

int words_commas(const char *s, struct strv *out, struct err *e)
{
	for (;;) {
		cleanup_buf struct buf field = BUF_INIT;
		size_t n;

		if (*s == '"') {
			/* Two quotes stand for one. */
			for (s++; *s && (*s != '"' || s[1] == '"'); s += *s == '"' ? 2 : 1)
				buf_addch(&field, *s);
			if (!*s || (s[1] && s[1] != ','))
				return err_set(e, ERR_USAGE,
					       "a quoted value does not end before the next comma; "
					       "write \"a,b\", and a \" within it twice");
			s++;
		} else {
			n = strcspn(s, ",");
			if (memchr(s, '"', n))
				return err_set(e, ERR_USAGE,
					       "a \" within a value; quote the whole KEY=VALUE");
			buf_add(&field, s, n);
			s += n;
		}
		strv_push(out, field.data);
		if (!*s++)
			return 0;
	}
}
