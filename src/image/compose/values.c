/*
 * values.c - see values.h; compose-spec, "Interpolation" and "Syntax" of env_file.
 */
#include "image/compose/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define DEPTH_MAX    16
#define EXPANDED_MAX (64u << 10) /* of one text */
#define ALL_MAX	     (4u << 20)

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_NEXT  NAME_FIRST "0123456789"

void values_clear(struct values *v)
{
	strv_clear(&v->unset);
}

static const char *get(const struct node *map, const char *name, struct strv *names)
{
	const struct node *n = node_get(map, name);

	if (!n || !n->text)
		return NULL;
	for (size_t i = 0; names && i < n->names.n; i++)
		if (!strv_has(names, n->names.v[i]))
			strv_push(names, n->names.v[i]);
	return n->text;
}

const char *values_get(const struct values *v, const char *name, struct strv *names)
{
	bool tells = false;
	const char *value = v->host ? v->host(v->arg, name, &tells) : NULL;

	if (value && *value && tells && names && !strv_has(names, name))
		strv_push(names, name);
	if (!value)
		value = get(v->file, name, names);
	return value ? value : get(v->here, name, names);
}

static size_t name_len(const char *text)
{
	return strchr(NAME_FIRST, *text) && *text ? strspn(text, NAME_NEXT) : 0;
}

/* The end of what "${" begins: its brace, with those of variables within; NULL: there is none. */
static const char *closing(const char *text)
{
	unsigned int open = 1;

	for (; *text; text++) {
		if (text[0] == '$' && text[1] == '{') {
			open++;
			text++;
		} else if (*text == '}' && --open == 0) {
			return text;
		}
	}
	return NULL;
}

static int expand(struct values *v, const char *text, unsigned int depth, struct buf *out,
		  struct strv *names, struct err *e);

/* What follows the name: "", or an operator with its word. */
static int expand_operator(struct values *v, const char *name, const char *rest, unsigned int depth,
			   struct buf *out, struct strv *names, struct err *e)
{
	bool colon = *rest == ':';
	const char *value = values_get(v, name, names), *word = rest + colon + 1;
	bool has = value && (*value || !colon);
	cleanup_buf struct buf why = BUF_INIT;

	switch (rest[colon]) {
	case '-':
		if (!has)
			return expand(v, word, depth, out, names, e);
		break;
	case '+':
		return has ? expand(v, word, depth, out, names, e) : 0;
	case '?':
		if (has)
			break;
		if (expand(v, word, depth, &why, names, e) < 0)
			return -e->code;
		return err_set(e, ERR_USAGE, "the variable %s is needed%s%s", name,
			       why.len ? ": " : "", why.data);
	default:
		return err_set(e, ERR_USAGE,
			       "'${%s%s}' is no variable: expected ${NAME}, ${NAME:-default}, or "
			       "$$ for a dollar sign",
			       name, rest);
	}
	buf_addstr(out, value);
	return 0;
}

static void expand_plain(struct values *v, const char *name, struct buf *out, struct strv *names)
{
	const char *value = values_get(v, name, names);

	if (value)
		buf_addstr(out, value);
	else if (!strv_has(&v->unset, name))
		strv_push(&v->unset, name);
}

static int expand_braces(struct values *v, const char *text, size_t len, unsigned int depth,
			 struct buf *out, struct strv *names, struct err *e)
{
	cleanup_free char *inside = xstrndup(text, len);
	size_t n = name_len(inside);
	cleanup_free char *name = xstrndup(inside, n);

	if (!n)
		return err_set(e, ERR_USAGE, "'${%s}' is no variable: $$ is a dollar sign", inside);
	if (inside[n])
		return expand_operator(v, name, inside + n, depth, out, names, e);
	expand_plain(v, name, out, names);
	return 0;
}

static int expand(struct values *v, const char *text, unsigned int depth, struct buf *out,
		  struct strv *names, struct err *e)
{
	if (depth > DEPTH_MAX)
		return err_set(e, ERR_USAGE, "variables are nested deeper than %d", DEPTH_MAX);
	while (*text) {
		size_t n = strcspn(text, "$");
		const char *end;

		buf_add(out, text, n);
		if (out->len > EXPANDED_MAX)
			return err_set(e, ERR_USAGE, "variables make it longer than %u bytes",
				       EXPANDED_MAX);
		text += n;
		if (!*text)
			break;
		n = name_len(++text);
		if (*text == '$') {
			buf_addch(out, '$');
			text++;
		} else if (*text == '{') {
			end = closing(text + 1);
			if (!end)
				return err_set(e, ERR_USAGE, "'$%s' has no '}'", text);
			if (expand_braces(v, text + 1, (size_t)(end - text - 1), depth + 1, out,
					  names, e) < 0)
				return -e->code;
			text = end + 1;
		} else if (n) {
			cleanup_free char *name = xstrndup(text, n);

			expand_plain(v, name, out, names);
			text += n;
		} else { /* as compose does: $(date), $1 */
			buf_addch(out, '$');
		}
	}
	return 0;
}

int values_expand(struct values *v, const char *text, struct buf *out, struct strv *names,
		  struct err *e)
{
	size_t before = out->len;

	if (expand(v, text, 0, out, names, e) < 0)
		return -e->code;
	v->expanded += out->len - before;
	return v->expanded <= ALL_MAX
		       ? 0
		       : err_set(e, ERR_USAGE, "variables make all of it longer than %u bytes",
				 ALL_MAX);
}

/* A value in double quotes: \n, \t, \" and the like; the text ends at the quote. */
static void unescape(const char *text, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '\\' && i + 1 < len) {
			c = text[++i];
			if (c == '$') {
				buf_addstr(out, "$$");
				continue;
			}
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
		}
		buf_addch(out, c);
	}
}

/* The closing quote, which has no backslash before it; or NULL. */
static const char *end_quote(const char *text, char quote)
{
	for (; *text; text++) {
		if (*text == '\\' && quote == '"' && text[1])
			text++;
		else if (*text == quote)
			return text;
	}
	return NULL;
}

/* Without blanks at its end, and without a comment after a blank. */
static void cut_bare(char *text)
{
	char *end = text;

	for (char *c = text; *c; c++)
		if (*c == '#' && (c == text || c[-1] == ' ' || c[-1] == '\t')) {
			*c = '\0';
			break;
		}
	end = text + strlen(text);
	while (end > text && strchr(" \t\r", end[-1]))
		*--end = '\0';
}

/* Appends the value at *rest, and moves that behind it. */
static int read_value(struct values *v, const char **rest, struct buf *out, struct strv *names,
		      struct err *e)
{
	const char *text = *rest, quote = *text, *end = NULL;
	cleanup_buf struct buf plain = BUF_INIT;
	cleanup_free char *line = NULL;

	if (quote == '"' || quote == '\'')
		end = end_quote(text + 1, quote);
	if (end) {
		*rest = end + strcspn(end, "\n");
		if (quote == '"')
			unescape(text + 1, (size_t)(end - text - 1), &plain);
		else
			buf_add(out, text + 1, (size_t)(end - text - 1));
		return values_expand(v, plain.data, out, names, e);
	}
	line = xstrndup(text, strcspn(text, "\n"));
	*rest += strlen(line);
	cut_bare(line);
	return values_expand(v, line, out, names, e);
}

/* One variable, whose name is at *rest. */
static int read_variable(struct values *v, struct node_pool *pool, const char **rest,
			 const struct node *at, struct node *map, struct err *e)
{
	cleanup_buf struct buf value = BUF_INIT;
	cleanup_strv struct strv names = {0};
	cleanup_free char *name = NULL;
	const char *host = "";
	struct node *n;

	if (starts_with(*rest, "export ") || starts_with(*rest, "export\t"))
		*rest += strlen("export ") + strspn(*rest + strlen("export "), " \t");
	name = xstrndup(*rest, strcspn(*rest, "=:\n# \t\r"));
	if (!*name)
		return node_bad(at, e, "expected NAME=VALUE");
	*rest += strlen(name);
	*rest += strspn(*rest, " \t");
	if (**rest == '=' || **rest == ':') {
		*rest += 1 + strspn(*rest + 1, " \t");
		if (read_value(v, rest, &value, &names, e) < 0)
			return err_add(e, "%s:%u", at->file, at->line);
	} else {
		*rest += strcspn(*rest, "\n");
		host = values_get(v, name, &names);
		buf_addstr(&value, host ? host : "");
	}
	n = node_new_text(pool, value.data, at);
	for (size_t i = 0; i < names.n && n != &pool->none; i++)
		strv_push(&n->names, names.v[i]);
	if (host)
		node_set(pool, map, node_keep(pool, name), n);
	return 0;
}

static unsigned int lines_in(const char *from, const char *to)
{
	unsigned int n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

int values_read_file(struct values *v, struct node_pool *pool, const char *text,
		     const struct node *at, struct node *map, struct err *e)
{
	struct node here = {.file = at->file, .dir = at->dir, .line = 1};
	const char *rest = starts_with(text, "\xef\xbb\xbf") ? text + 3 : text, *from = rest;
	int r = 0;

	v->here = map;
	while (r == 0 && *(rest += strspn(rest, " \t\r\n"))) {
		here.line += lines_in(from, rest);
		from = rest;
		if (*rest == '#')
			rest += strcspn(rest, "\n");
		else
			r = read_variable(v, pool, &rest, &here, map, e);
	}
	v->here = NULL;
	if (r == 0 && pool->full)
		return node_bad(&here, e, "there is too much in it");
	return r;
}
