/*
 * glob.c - patterns as a list of tokens, of which all that could come next are followed at once.
 */
#include "build/glob.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/quote.h"

/* A byte that is not UTF-8 is this plus the byte: outside Unicode, so that no character equals it. */
#define NOT_UTF8 0x110000u

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY,	 /* one character */
	TOKEN_NAME_CHAR, /* one, but not '/' */
	TOKEN_CLASS,
	/* From here on: may stand for nothing. */
	TOKEN_STAR,	 /* any characters */
	TOKEN_NAME_STAR, /* any but '/' */
	TOKEN_DIRS,	 /* nothing, or any characters and a '/' */
};

struct range {
	uint32_t first, last;
};

struct glob_token {
	enum token_kind kind;
	uint32_t c;
	bool negated;
	struct range *ranges;
	size_t n_ranges;
};

void glob_clear(struct glob *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->tokens[i].ranges);
	free(g->tokens);
	*g = (struct glob){0};
}

void glob_text_clear(struct glob_text *t)
{
	free(t->v);
	*t = (struct glob_text){0};
}

void glob_text_read(const char *s, struct glob_text *ret)
{
	struct glob_text t = {.v = xcalloc(strlen(s), sizeof(*t.v))};

	while (*s) {
		uint32_t c;
		size_t n = utf8_decode(s, &c);

		t.v[t.n++] = n ? c : NOT_UTF8 + (unsigned char)*s;
		s += n ? n : 1;
	}
	*ret = t;
}

void glob_text_write(const struct glob_text *t, size_t from, size_t to, struct buf *out)
{
	for (size_t i = from; i < to; i++) {
		uint32_t c = t->v[i];
		int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;

		if (c >= NOT_UTF8) {
			buf_addch(out, (char)(c - NOT_UTF8));
			continue;
		}
		buf_addch(out, (char)(more == 0 ? c : 0xff00u >> (more + 1) | c >> (6 * more)));
		while (more-- > 0)
			buf_addch(out, (char)(0x80 | (c >> (6 * more) & 0x3f)));
	}
}

void glob_text_reverse(struct glob_text *t)
{
	for (size_t i = 0; i < t->n / 2; i++) {
		uint32_t swap = t->v[i];

		t->v[i] = t->v[t->n - 1 - i];
		t->v[t->n - 1 - i] = swap;
	}
}

static struct glob_token *add(struct glob *g, enum token_kind kind, uint32_t c)
{
	g->tokens[g->n] = (struct glob_token){.kind = kind, .c = c};
	return &g->tokens[g->n++];
}

static int begin(const char *pattern, struct glob_text *ret_text, struct glob *ret, struct err *e)
{
	if (strlen(pattern) > GLOB_MAX)
		return err_set(e, ERR_USAGE, "the pattern has more than %d bytes", GLOB_MAX);
	glob_text_read(pattern, ret_text);
	*ret = (struct glob){.tokens = xcalloc(ret_text->n, sizeof(*ret->tokens))};
	return 0;
}

static void reverse(struct glob *g)
{
	for (size_t i = 0; i < g->n / 2; i++) {
		struct glob_token swap = g->tokens[i];

		g->tokens[i] = g->tokens[g->n - 1 - i];
		g->tokens[g->n - 1 - i] = swap;
	}
}

int glob_shell(const char *pattern, bool reversed, struct glob *ret, struct err *e)
{
	cleanup_glob_text struct glob_text p = {0};
	cleanup_glob struct glob g = {0};
	int r = begin(pattern, &p, &g, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p.n; i++) {
		uint32_t c = p.v[i], next = i + 1 < p.n ? p.v[i + 1] : 0;

		if (c == '*') {
			add(&g, TOKEN_STAR, 0);
		} else if (c == '?') {
			add(&g, TOKEN_ANY, 0);
		} else if (c != '\\') {
			add(&g, TOKEN_CHAR, c);
		} else if (next == '*' || next == '?' || next == '\\') {
			add(&g, TOKEN_CHAR, next);
			i++;
		} else if (next != '}' && next != '/') {
			return err_set(
				e, ERR_USAGE,
				"a '\\' in the pattern '%s' that is not before one of *?\\/}; "
				"write '\\\\' for a backslash",
				pattern);
		}
	}
	if (reversed)
		reverse(&g);
	*ret = g;
	g = (struct glob){0};
	return 0;
}

/* A character of a class, or an escaped one; 0: there is none. */
static uint32_t class_char(const struct glob_text *p, size_t *at)
{
	if (*at < p->n && p->v[*at] == '\\')
		++*at;
	return *at < p->n ? p->v[(*at)++] : 0;
}

/* at is after the '['. Returns false if the class is not one. */
static bool read_class(const struct glob_text *p, size_t *at, struct glob *g)
{
	struct glob_token *t = add(g, TOKEN_CLASS, 0);

	t->negated = *at < p->n && p->v[*at] == '^';
	*at += t->negated;
	while (*at < p->n && (p->v[*at] != ']' || t->n_ranges == 0)) {
		struct range r;

		if (p->v[*at] == '-' || p->v[*at] == ']')
			return false;
		r.first = r.last = class_char(p, at);
		if (*at < p->n && p->v[*at] == '-') {
			++*at;
			if (*at < p->n && (p->v[*at] == '-' || p->v[*at] == ']'))
				return false;
			r.last = class_char(p, at);
		}
		if (!r.first || r.last < r.first)
			return false;
		t->ranges = xrealloc(t->ranges, t->n_ranges + 1, sizeof(*t->ranges));
		t->ranges[t->n_ranges++] = r;
	}
	return (*at)++ < p->n;
}

/*
 * at is after the "**", and skips a '/'. Such a pattern without other special characters is compared
 * as a plain beginning or end by Docker; so "**x" matches "ax", while "a**x" does not match "abx".
 */
static void add_dirs(const struct glob_text *p, size_t *at, struct glob *g)
{
	bool first = g->n == 0, plain = true;
	bool slash = *at < p->n && p->v[*at] == '/';

	*at += slash;
	for (size_t i = *at; i < p->n; i++)
		plain = plain && !strchr("*?[]\\", p->v[i] < 0x80 ? (int)p->v[i] : 'x');
	if (*at == p->n || (first && plain && !slash))
		add(g, TOKEN_STAR, 0);
	else
		add(g, TOKEN_DIRS, 0);
}

static int bad_pattern(const char *pattern, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "'%s' is not a pattern: a '[' without its ']', an empty class, or a '\\' at "
		       "the end",
		       pattern);
}

int glob_path(const char *pattern, struct glob *ret, struct err *e)
{
	cleanup_glob_text struct glob_text p = {0};
	cleanup_glob struct glob g = {0};
	int r = begin(pattern, &p, &g, e);

	if (r < 0)
		return r;
	for (size_t i = 0; i < p.n;) {
		uint32_t c = p.v[i++];

		if (c == '*' && i < p.n && p.v[i] == '*') {
			i++;
			add_dirs(&p, &i, &g);
		} else if (c == '*') {
			add(&g, TOKEN_NAME_STAR, 0);
		} else if (c == '?') {
			add(&g, TOKEN_NAME_CHAR, 0);
		} else if (c == '[') {
			if (!read_class(&p, &i, &g))
				return bad_pattern(pattern, e);
		} else if (c == '\\') {
			if (i == p.n)
				return bad_pattern(pattern, e);
			add(&g, TOKEN_CHAR, p.v[i++]);
		} else {
			add(&g, TOKEN_CHAR, c);
		}
	}
	*ret = g;
	g = (struct glob){0};
	return 0;
}

static bool in_class(const struct glob_token *t, uint32_t c)
{
	bool found = false;

	for (size_t i = 0; i < t->n_ranges; i++)
		found = found || (c >= t->ranges[i].first && c <= t->ranges[i].last);
	return found != t->negated;
}

/* Token i can come next, and those after it if it may stand for nothing. */
static void enter(const struct glob *g, bool *set, size_t i)
{
	while (!set[i]) {
		set[i] = true;
		if (i == g->n || g->tokens[i].kind < TOKEN_STAR)
			return;
		i++;
	}
}

/* What can come next after c, if token i could come before it. */
static void follow(const struct glob *g, size_t i, uint32_t c, bool *next)
{
	const struct glob_token *t = &g->tokens[i];

	switch (t->kind) {
	case TOKEN_CHAR:
		if (c == t->c)
			enter(g, next, i + 1);
		break;
	case TOKEN_ANY:
		enter(g, next, i + 1);
		break;
	case TOKEN_NAME_CHAR:
		if (c != '/')
			enter(g, next, i + 1);
		break;
	case TOKEN_CLASS:
		if (in_class(t, c))
			enter(g, next, i + 1);
		break;
	case TOKEN_STAR:
		enter(g, next, i);
		break;
	case TOKEN_NAME_STAR:
		if (c != '/')
			enter(g, next, i);
		break;
	case TOKEN_DIRS:
		next[i] = true;
		if (c == '/')
			enter(g, next, i + 1);
		break;
	}
}

/*
 * Follows the text until stop() is true of a place where the pattern can end; returns that place.
 * longest: the last such place.
 */
static size_t run(const struct glob *g, const struct glob_text *text, size_t from, bool longest,
		  bool (*stop)(const struct glob_text *text, size_t at))
{
	bool *now = xcalloc(2 * (g->n + 1), sizeof(bool)), *next = now + g->n + 1, *memory = now;
	size_t found = GLOB_NONE;
	bool alive = true;

	enter(g, now, 0);
	for (size_t at = from; alive; at++) {
		bool *swap = now;

		if (now[g->n] && stop(text, at))
			found = at;
		if (at == text->n || (found != GLOB_NONE && !longest))
			break;
		alive = false;
		memset(next, 0, g->n + 1);
		for (size_t i = 0; i < g->n; i++)
			if (now[i]) {
				follow(g, i, text->v[at], next);
				alive = true;
			}
		now = next;
		next = swap;
	}
	free(memory);
	return found;
}

static bool anywhere(const struct glob_text *text, size_t at)
{
	(void)text;
	(void)at;
	return true;
}

static bool component_end(const struct glob_text *text, size_t at)
{
	return at == text->n || text->v[at] == '/';
}

size_t glob_prefix(const struct glob *g, const struct glob_text *text, size_t from, bool longest)
{
	return run(g, text, from, longest, anywhere);
}

bool glob_matches_path(const struct glob *g, const struct glob_text *text)
{
	return run(g, text, 0, false, component_end) != GLOB_NONE;
}
