/*
 * compose_values.c - values of a compose file that have several forms.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/value.h"
#include "image/devcontainer/command.h"
#include "image/devcontainer/composing.h"

static void add_names(const struct strv *from, struct strv *to)
{
	for (size_t i = 0; from && i < from->n; i++)
		if (!strv_has(to, from->v[i]))
			strv_push(to, from->v[i]);
}

void compose_set(struct composing *cs, const struct node *at, const char *what, const char *section,
		 const char *key, const char *value, const struct strv *names)
{
	struct said_at said = compose_at(at);
	cleanup_strv struct strv all = {0};
	cleanup_free char *used = NULL;

	/* The value may be made of the parts of what was written there. */
	add_names(names, &all);
	add_names(&at->names, &all);
	for (size_t i = 0; i < at->n; i++)
		add_names(&at->v[i].value->names, &all);
	used = strv_join(&all, " ");
	resolution_set(cs->resolution, &said, what, section, key, value, used);
}

bool compose_is_true(const struct node *n)
{
	bool on = false;

	return n && n->text && value_bool(n->text, &on) && on;
}

char *compose_env_value(const char *text)
{
	cleanup_buf struct buf out = BUF_INIT;

	for (; *text; text++)
		buf_addstr(&out, *text == '$' ? "$$" : (char[]){*text, '\0'});
	return out.len ? buf_detach(&out) : xstrdup("");
}

static void read_env_file(struct composing *cs, const struct node *item, struct node *into)
{
	const struct node *path = item->kind == NODE_MAP ? node_get(item, "path") : item;
	const struct node *required = node_get(item, "required");
	struct said_at at = compose_at(item);
	cleanup_free char *file = NULL;
	struct err e;
	int r;

	if (!path || !path->text || !*path->text) {
		resolution_note(cs->resolution, &at, "env_file is left out: it names no file");
		return;
	}
	file = path_normalize(item->dir, path->text);
	r = compose_read_variables(&cs->compose, file, into, &e);
	if (r == -ENOENT && required && !compose_is_true(required))
		return;
	if (r < 0)
		resolution_note(cs->resolution, &at, "env_file '%s' is left out: %s", path->text,
				r == -ENOENT ? "it does not exist" : e.msg);
}

struct node *compose_environment(struct composing *cs, const struct node *service)
{
	struct node_pool *pool = &cs->compose.pool;
	const struct node *files = node_get(service, "env_file");
	const struct node *own = node_get(service, "environment");
	struct node *map = node_new(pool, NODE_MAP, service);

	for (size_t i = 0; files && i < files->n; i++)
		read_env_file(cs, files->v[i].value, map);
	for (size_t i = 0; own && own->kind == NODE_MAP && i < own->n; i++) {
		const char *name = own->v[i].key;
		struct node *value = own->v[i].value;

		/* Without a value it is the one that compose itself has. */
		if (value->kind == NODE_NULL) {
			cleanup_strv struct strv names = {0};
			const char *host = values_get(&cs->compose.values, name, &names);

			if (!host)
				continue;
			value = node_new_text(pool, host, value);
			for (size_t k = 0; k < names.n; k++)
				strv_push(&value->names, names.v[k]);
		}
		node_set(pool, map, name, value);
	}
	return map;
}

char *compose_port(struct composing *cs, const struct node *n)
{
	const char *target = node_text(n, "target"), *host = node_text(n, "published");
	const char *address = node_text(n, "host_ip"), *protocol = node_text(n, "protocol");
	struct said_at at = compose_at(n);
	bool six = address && strchr(address, ':') && *address != '[';

	if (n->kind == NODE_TEXT && *n->text)
		return xstrdup(n->text);
	if (!target) {
		resolution_note(cs->resolution, &at, "a port is left out: it has no target");
		return NULL;
	}
	return xasprintf("%s%s%s%s%s%s%s%s", six ? "[" : "", address ? address : "", six ? "]" : "",
			 address ? ":" : "", host ? host : "", host || address ? ":" : "", target,
			 protocol && streq(protocol, "udp") ? "/udp" : "");
}

/* As compose does: quotes and backslashes, and nothing else of a shell. False: a quote is open. */
static bool split_words(const char *text, struct strv *out)
{
	cleanup_buf struct buf word = BUF_INIT;
	bool any = false;
	char quote = '\0';

	for (; *text; text++) {
		if (quote && *text == quote) {
			quote = '\0';
		} else if (!quote && (*text == '\'' || *text == '"')) {
			quote = *text;
			any = true;
		} else if (*text == '\\' && text[1] &&
			   (!quote || (quote == '"' && strchr("\"\\$`", text[1])))) {
			buf_addch(&word, *++text);
			any = true;
		} else if (!quote && strchr(" \t\r\n", *text)) {
			if (any)
				strv_push(out, word.data);
			buf_reset(&word);
			any = false;
		} else {
			buf_addch(&word, *text);
			any = true;
		}
	}
	if (any)
		strv_push(out, word.data);
	return !quote;
}

char *compose_words(struct composing *cs, const char *key, const struct node *n)
{
	cleanup_strv struct strv words = {0};
	cleanup_buf struct buf out = BUF_INIT;
	struct said_at at = compose_at(n);
	bool good = n->kind == NODE_LIST || n->kind == NODE_TEXT;

	if (n->kind == NODE_TEXT)
		good = split_words(n->text, &words);
	for (size_t i = 0; n->kind == NODE_LIST && i < n->n; i++) {
		good &= n->v[i].value->kind == NODE_TEXT;
		strv_push(&words, n->v[i].value->text ? n->v[i].value->text : "");
	}
	if (!good) {
		resolution_note(cs->resolution, &at, "'%s' is left out: it is no command line",
				key);
		return NULL;
	}
	for (size_t i = 0; i < words.n; i++) {
		if (i)
			buf_addch(&out, ' ');
		command_add_quoted(&out, words.v[i]);
	}
	return out.len ? buf_detach(&out) : xstrdup("");
}

bool compose_duration(const char *text, unsigned long *ret_ms)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"ms", 1},	     {"us", 0.001}, {"ns", 0.000001},
		     {"h", 3600000}, {"m", 60000},  {"s", 1000}};
	double ms = 0;

	if (!*text)
		return false;
	while (*text) {
		char *end;
		double n = text[strspn(text, "0123456789.")] ? strtod(text, &end) : -1;
		size_t i = 0;

		if (n < 0 || !strchr("0123456789.", *text))
			return false;
		while (i < ARRAY_SIZE(units) && !starts_with(end, units[i].unit))
			i++;
		if (i == ARRAY_SIZE(units))
			return false;
		ms += n * units[i].ms;
		text = end + strlen(units[i].unit);
	}
	if (ms > 2000000000)
		return false;
	*ret_ms = (unsigned long)ms;
	return true;
}

const char *compose_user(struct composing *cs, const struct node *service)
{
	const char *user = node_text(service, "user");
	cleanup_free char *root = NULL;

	if (!user || !*user)
		return NULL;
	if (*user != ':')
		return user;
	root = xasprintf("0%s", user[1] ? user : "");
	return node_keep(&cs->compose.pool, root);
}
