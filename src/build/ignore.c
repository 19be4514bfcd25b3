/*
 * ignore.c - reads .dockerignore, and compares paths with it.
 */
#include "build/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "build/glob.h"

#define SPECIAL "*?[]\\"

struct ignore_pattern {
	size_t line;
	bool exception; /* '!' */
	char *plain;	/* without special characters */
	/*
	 * The most frequent others, which need no glob: NAME or *END, as the first component of a
	 * path, or with a leading "**" and slash as any of them.
	 */
	char *name;
	bool is_end, anywhere;
	struct glob glob; /* if there is neither */
};

void ignore_clear(struct ignore *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->v[i].plain);
		free(g->v[i].name);
		glob_clear(&g->v[i].glob);
	}
	free(g->v);
	*g = (struct ignore){0};
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(const char **s, size_t *len)
{
	while (*len && is_blank((*s)[*len - 1]))
		--*len;
	while (*len && is_blank(**s)) {
		++*s;
		--*len;
	}
}

/* Without "." and "x/.." components, double slashes, and slashes at both ends. */
static char *clean(const char *s, size_t len)
{
	cleanup_free char *copy = xstrndup(s, len);
	cleanup_strv struct strv parts = {0};
	char *rest = copy, *part;

	while ((part = strsep(&rest, "/"))) {
		if (!*part || streq(part, "."))
			continue;
		if (streq(part, "..") && parts.n && !streq(parts.v[parts.n - 1], "..")) {
			free(parts.v[--parts.n]);
			parts.v[parts.n] = NULL;
		} else if (!streq(part, "..") || *s != '/') {
			strv_push(&parts, part);
		}
	}
	return strv_join(&parts, "/");
}

/* Is it one of those that need no glob? */
static bool read_name(const char *pattern, struct ignore_pattern *p)
{
	bool anywhere = starts_with(pattern, "**/"), is_end;

	pattern += anywhere ? 3 : 0;
	is_end = *pattern == '*';
	pattern += is_end;
	if (strpbrk(pattern, SPECIAL "/") || (!anywhere && !is_end) || !*pattern)
		return false;
	p->name = xstrdup(pattern);
	p->is_end = is_end;
	p->anywhere = anywhere;
	return true;
}

static int add(struct ignore *g, const char *s, size_t len, size_t line, struct err *e)
{
	struct ignore_pattern p = {.line = line};
	cleanup_free char *pattern = NULL;

	trim(&s, &len);
	if (!len)
		return 0;
	p.exception = *s == '!';
	s += p.exception;
	len -= p.exception;
	trim(&s, &len);
	pattern = clean(s, len);
	if (p.exception && !*pattern)
		return err_set(e, ERR_USAGE, "'!' without a pattern; expected !PATTERN");
	if (!*pattern) /* the context itself, which is never left out */
		return 0;
	if (!strpbrk(pattern, SPECIAL))
		p.plain = take_ptr(pattern);
	else if (!read_name(pattern, &p) && glob_path(pattern, &p.glob, e) < 0)
		return -e->code;
	g->has_exceptions = g->has_exceptions || p.exception;
	g->v[g->n++] = p;
	return 0;
}

int ignore_add(struct ignore *g, const char *pattern, struct err *e)
{
	g->v = xrealloc(g->v, g->n + 1, sizeof(*g->v));
	return add(g, pattern, strlen(pattern), 0, e);
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

int ignore_parse(const char *text, size_t len, const char *name, struct ignore *ret, struct err *e)
{
	cleanup_ignore struct ignore g = {.v = xcalloc(count_lines(text, len), sizeof(*g.v))};
	const char *at = text, *end = text + len;
	size_t line = 1;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	for (; at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((newline ? newline : end) - at);
		int r = 0;

		if (memchr(at, '\0', n))
			r = err_set(e, ERR_USAGE, "a NUL byte; a pattern is text");
		else if (*at != '#')
			r = add(&g, at, n, line, e);
		if (r < 0)
			return err_add(e, "%s:%zu", name, line);
		at += n + 1;
	}
	*ret = g;
	g = (struct ignore){0};
	return 0;
}

static bool name_matches(const struct ignore_pattern *p, const char *path)
{
	size_t len = strlen(p->name);

	do {
		size_t n = strcspn(path, "/");

		if (p->is_end ? n >= len && memcmp(path + n - len, p->name, len) == 0
			      : n == len && memcmp(path, p->name, len) == 0)
			return true;
		path += n + (path[n] == '/');
	} while (p->anywhere && *path);
	return false;
}

/* Does the pattern match the path, or a directory that it is in? text is read when it is needed. */
static bool matches(const struct ignore_pattern *p, const char *path, struct glob_text *text)
{
	size_t n;

	if (p->plain) {
		n = strlen(p->plain);
		return strncmp(path, p->plain, n) == 0 && (!path[n] || path[n] == '/');
	}
	if (p->name)
		return name_matches(p, path);
	if (!text->v)
		glob_text_read(path, text);
	return glob_matches_path(&p->glob, text);
}

bool ignore_matches(const struct ignore *g, const char *path, size_t *ret_line)
{
	cleanup_glob_text struct glob_text text = {0};
	bool ignored = false;
	size_t line = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->v[i].exception == ignored && matches(&g->v[i], path, &text)) {
			ignored = !ignored;
			line = g->v[i].line;
		}
	if (ret_line)
		*ret_line = line;
	return ignored;
}
