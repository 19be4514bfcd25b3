/*
 * compose_values.c - values of a compose file that have several forms.
 *
 * Of a directory above the project only the project is mounted: what else is there is nobody's
 * business.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/proc.h"
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

void compose_volume_clear(struct compose_volume *v)
{
	free(v->source);
	free(v->target);
	free(v->size);
	*v = (struct compose_volume){0};
}

/* "~" is the host's home, anything else relative to the file. */
static char *host_path(const struct node *at, const char *path)
{
	cleanup_free char *home = NULL;
	cleanup_user struct user u = {0};

	if (path[0] != '~' || (path[1] && path[1] != '/'))
		return path_normalize(at->dir, path);
	user_self(&u);
	home = user_home(&u);
	return path_normalize(home, path[1] ? path + 2 : ".");
}

static void set_source(const struct node *at, const char *source, struct compose_volume *v)
{
	bool path = strchr("./~", *source) && *source;

	v->kind = path ? VOLUME_BIND : VOLUME_NAMED;
	v->source = path ? host_path(at, source) : *source ? xstrdup(source) : NULL;
}

/* [SOURCE:]TARGET[:OPTION,OPTION] */
static void read_short(const struct node *n, struct compose_volume *v)
{
	cleanup_free char *copy = xstrdup(n->text);
	char *rest = copy, *first = strsep(&rest, ":"), *target = strsep(&rest, ":"), *option;

	if (!target) {
		v->target = xstrdup(first);
		return;
	}
	set_source(n, first, v);
	v->target = xstrdup(target);
	while ((option = strsep(&rest, ",")))
		v->read_only |= streq(option, "ro");
}

static void read_long(const struct node *n, struct compose_volume *v)
{
	const char *type = node_text(n, "type"), *source = node_text(n, "source");
	const char *target = node_text(n, "target");
	const char *size = node_text(node_get(n, "tmpfs"), "size");

	source = source ? source : node_text(n, "src");
	target = target ? target : node_text(n, "dst");
	target = target ? target : node_text(n, "destination");
	if (type && streq(type, "tmpfs")) {
		v->kind = VOLUME_TMPFS;
		v->size = xstrdup(size);
	} else if (type && streq(type, "bind")) {
		v->kind = VOLUME_BIND;
		v->source = source ? host_path(n, source) : NULL;
	} else if (type && !streq(type, "volume")) {
		v->kind = VOLUME_OTHER;
	} else {
		v->source = source && *source ? xstrdup(source) : NULL;
	}
	v->target = xstrdup(target);
	v->read_only = compose_is_true(node_get(n, "read_only")) ||
		       compose_is_true(node_get(n, "readonly"));
}

const char *compose_volume_parse(const struct node *n, struct compose_volume *ret)
{
	cleanup_compose_volume struct compose_volume v = {0};

	if (n->kind == NODE_TEXT)
		read_short(n, &v);
	else if (n->kind == NODE_MAP)
		read_long(n, &v);
	if (v.kind == VOLUME_OTHER)
		return "its type is unknown";
	if (!v.target || v.target[0] != '/')
		return "it has no absolute target";
	if (v.kind == VOLUME_BIND && !v.source)
		return "it has no source";
	if (v.source && streq(path_basename(v.source), "docker.sock"))
		return "whoever has the socket of Docker is root on this machine";
	*ret = v;
	v = (struct compose_volume){0};
	return NULL;
}

bool compose_volume_read(struct composing *cs, const struct node *n, struct compose_volume *ret)
{
	const char *why = compose_volume_parse(n, ret);
	const char *shown = n->text ? n->text : node_text(n, "target");
	struct said_at at = compose_at(n);

	if (why)
		resolution_note(cs->resolution, &at, "the volume '%s' is left out: %s",
				shown ? shown : "", why);
	return !why;
}

char *compose_project_in(const struct composing *cs, const struct node *n,
			 const struct compose_volume *v)
{
	const char *project = cs->resolution->project;
	cleanup_free char *real = v->kind == VOLUME_BIND ? realpath(v->source, NULL) : NULL;
	cleanup_free char *all = NULL, *inside = NULL;
	struct said_at at;

	if (!real || !path_is_beneath(project, real))
		return NULL;
	all = xasprintf("%s/%s", v->target, project + (streq(real, "/") ? 1 : strlen(real)));
	inside = path_normalize("/", all);
	if (n && !streq(real, project)) {
		at = compose_at(n);
		resolution_note(cs->resolution, &at, "of '%s' only the project is mounted, at '%s'",
				v->source, inside);
	}
	return take_ptr(inside);
}

bool compose_is_there(struct composing *cs, const struct node *n, const struct compose_volume *v)
{
	struct said_at at = compose_at(n);

	if (resolution_look(cs->resolution, v->source))
		return true;
	resolution_note(cs->resolution, &at, "nothing is mounted at '%s': there is no '%s'",
			v->target, v->source);
	return false;
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
