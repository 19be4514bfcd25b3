/*
 * json_line.c - see json_line.h. The text was parsed before: only its structure is followed here.
 */
#include "image/document/json_line.h"

#include <stdbool.h>
#include <string.h>

/* A position in the text; at the end everything reads as the end of what is open. */
struct place {
	const char *at, *end;
	unsigned int line;
};

static void advance(struct place *p, size_t n)
{
	for (; n && p->at < p->end; n--, p->at++)
		p->line += *p->at == '\n';
}

static void skip_blanks(struct place *p)
{
	while (p->at < p->end && (*p->at == '\0' || strchr(" \t\r\n", *p->at)))
		advance(p, 1);
}

/* The length of the string at p, with its quotes. */
static size_t string_len(const struct place *p)
{
	const char *s = p->at + 1;

	while (s < p->end && *s != '"')
		s += *s == '\\' && s + 1 < p->end ? 2 : 1;
	return (size_t)((s < p->end ? s + 1 : p->end) - p->at);
}

/* Skips one value with all that is in it. */
static void skip_value(struct place *p)
{
	size_t depth = 0;

	do {
		skip_blanks(p);
		if (p->at >= p->end)
			return;
		if (*p->at == '"') {
			advance(p, string_len(p));
		} else if (*p->at && strchr("{}[],:", *p->at)) {
			if (*p->at == '{' || *p->at == '[')
				depth++;
			else if ((*p->at == '}' || *p->at == ']') && depth)
				depth--;
			else if (!depth)
				return;
			advance(p, 1);
		} else {
			while (p->at < p->end && *p->at && !strchr("{}[],: \t\r\n\"", *p->at))
				advance(p, 1);
			if (p->at < p->end && !*p->at)
				advance(p, 1);
		}
	} while (depth);
}

/* In the object at p: moves *p to the value of its member. */
static bool find_member(struct place *p, const char *name)
{
	size_t len = strlen(name);
	struct place found = {0};

	skip_blanks(p);
	if (p->at >= p->end || *p->at != '{')
		return false;
	advance(p, 1);
	for (;;) {
		const char *key;
		size_t n;

		skip_blanks(p);
		if (p->at >= p->end || *p->at != '"')
			break;
		key = p->at + 1;
		n = string_len(p);
		advance(p, n);
		skip_blanks(p);
		if (p->at >= p->end || *p->at != ':')
			break;
		advance(p, 1);
		skip_blanks(p);
		if (n == len + 2 && memcmp(key, name, len) == 0)
			found = *p;
		skip_value(p);
		skip_blanks(p);
		if (p->at >= p->end || *p->at != ',')
			break;
		advance(p, 1);
	}
	if (found.at)
		*p = found;
	return found.at != NULL;
}

/* In the array at p: moves *p to an item. */
static bool find_item(struct place *p, long item)
{
	skip_blanks(p);
	if (p->at >= p->end || *p->at != '[')
		return false;
	advance(p, 1);
	for (; item > 0; item--) {
		skip_value(p);
		skip_blanks(p);
		if (p->at >= p->end || *p->at != ',')
			return false;
		advance(p, 1);
	}
	skip_blanks(p);
	return p->at < p->end && *p->at != ']';
}

unsigned int json_line(const char *text, size_t len, const char *key, const char *member, long item)
{
	struct place p = {.at = text, .end = text + len, .line = 1};
	struct place outer;

	if (!find_member(&p, key))
		return 0;
	outer = p;
	if ((member && !find_member(&p, member)) || (item >= 0 && !find_item(&p, item)))
		return outer.line;
	return p.line;
}
