/*
 * devcontainer.c - from devcontainer.json to settings.
 *
 * Accepts all valid JSON: what has no equivalent in sandbox is listed as left out.
 */
#include "image/document/devcontainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "image/document/json_read.h"
#include "image/document/jsonc.h"

void devcontainer_clear(struct devcontainer *d)
{
	strv_clear(&d->settings);
	strv_clear(&d->left);
}

static void leave(struct devcontainer *d, const char *what, const char *why)
{
	cleanup_free char *line = xasprintf("%s: %s", what, why);
	char quoted[512];

	strv_push(&d->left, err_quote(quoted, sizeof(quoted), line));
}

/* Can sandbox.ini contain it, with those control characters? */
static bool fits(const char *value, const char *allowed)
{
	if (!*value)
		return false;
	for (; *value; value++)
		if (((unsigned char)*value < ' ' && !strchr(allowed, *value)) || *value == 0x7f)
			return false;
	return true;
}

static void add(struct devcontainer *d, const char *section, const char *key, const char *value,
		const char *what)
{
	if (!fits(value, streq(section, "hooks") ? "\t\n" : "\t") || !fits(key, "")) {
		leave(d, what, "sandbox.ini can hold no control characters");
		return;
	}
	strv_push(&d->settings, section);
	strv_push(&d->settings, key);
	strv_push(&d->settings, value);
}

/*
 * ${containerEnv:NAME} becomes $NAME, ${localWorkspaceFolder} the project's directory; a dollar
 * sign in an [env] value is doubled. False: it refers to something unknown.
 */
static bool expand(const char *value, bool env, struct buf *out)
{
	static const char local[] = "${localWorkspaceFolder}", container[] = "${containerEnv:";

	while (*value) {
		if (starts_with(value, local) && !env) {
			buf_addch(out, '.');
			value += strlen(local);
		} else if (starts_with(value, container) && env) {
			size_t n = strcspn(value += strlen(container), "}:");

			buf_addf(out, "${%.*s}", (int)n, value);
			if (value[n] != '}')
				return false;
			value += n + 1;
		} else if (starts_with(value, "${")) {
			return false;
		} else {
			if (*value == '$' && env)
				buf_addch(out, '$');
			buf_addch(out, *value++);
		}
	}
	return true;
}

static void take_env(struct devcontainer *d, const char *what, const json_t *value)
{
	json_t *object = (json_t *)value;

	for (void *it = json_object_iter(object); it; it = json_object_iter_next(object, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *text = json_object_iter_value(it);
		cleanup_free char *name = xasprintf("%s.%s", what, key);
		cleanup_buf struct buf expanded = BUF_INIT;

		if (!json_is_string(text) || !expand(json_string_value(text), true, &expanded))
			leave(d, name, "it depends on the host, or is not text");
		else if (expanded.len)
			add(d, "env", key, expanded.data, name);
	}
}

/* From "source=...,target=...,type=..." or an object with these members. */
struct mount {
	char *source, *target, *type;
};

static void mount_clear(struct mount *m)
{
	free(m->source);
	free(m->target);
	free(m->type);
}

static char **mount_member(struct mount *m, const char *key)
{
	if (streq(key, "source") || streq(key, "src"))
		return &m->source;
	if (streq(key, "target") || streq(key, "dst") || streq(key, "destination"))
		return &m->target;
	return streq(key, "type") ? &m->type : NULL;
}

static void mount_from_text(const char *text, struct mount *m)
{
	cleanup_free char *copy = xstrdup(text);
	char *rest = copy, *part;

	while ((part = strsep(&rest, ","))) {
		char *value = strchr(part, '='), **to;

		if (!value)
			continue;
		*value++ = '\0';
		to = mount_member(m, part);
		if (!to)
			continue;
		free(*to);
		*to = xstrdup(value);
	}
}

static void mount_from_object(const json_t *o, struct mount *m)
{
	m->source = xstrdup(json_string_value(json_object_get(o, "source")));
	m->target = xstrdup(json_string_value(json_object_get(o, "target")));
	m->type = xstrdup(json_string_value(json_object_get(o, "type")));
}

/* The part of a volume's name that a cache's name can contain. */
static char *cache_name(const char *volume)
{
	char *name = xasprintf("cache:%.50s", volume);

	for (char *c = name + strlen("cache:"); *c; c++)
		if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
		      (*c >= '0' && *c <= '9') || strchr("._-", *c)))
			*c = '-';
	return name;
}

static void take_mount(struct devcontainer *d, const json_t *value)
{
	__attribute__((cleanup(mount_clear))) struct mount m = {0};
	cleanup_buf struct buf source = BUF_INIT;
	cleanup_free char *cache = NULL;

	if (json_is_string(value))
		mount_from_text(json_string_value(value), &m);
	else if (json_is_object(value))
		mount_from_object(value, &m);
	if (!m.target || (!m.source && !(m.type && streq(m.type, "tmpfs")))) {
		leave(d, "mounts", "one without source or target");
	} else if (m.type && streq(m.type, "tmpfs")) {
		add(d, "mounts", m.target, "tmpfs", m.target);
	} else if (m.type && streq(m.type, "volume")) {
		cache = cache_name(m.source);
		add(d, "mounts", m.target, cache, m.target);
	} else if (expand(m.source, false, &source) && source.len) {
		add(d, "mounts", m.target, source.data, m.target);
	} else {
		leave(d, m.target, "its source depends on the host");
	}
}

static void take_mounts(struct devcontainer *d, const char *what, const json_t *value)
{
	(void)what;
	for (size_t i = 0; i < json_array_size(value); i++)
		take_mount(d, json_array_get(value, i));
}

static void take_ports(struct devcontainer *d, const char *what, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *port = json_array_get(value, i);
		const char *string = json_string_value(port);
		cleanup_free char *text = string ? xstrdup(string)
						 : xasprintf("%lld",
							     (long long)json_integer_value(port));

		if (json_is_integer(port) || (string && !string[strspn(string, "0123456789")]))
			add(d, "ports", text, text, what);
		else
			leave(d, what, "one of another service");
	}
}

static void add_quoted(struct buf *b, const char *word)
{
	buf_addstr(b, b->len ? " '" : "'");
	for (; *word; word++)
		if (*word == '\'')
			buf_addstr(b, "'\\''");
		else
			buf_addch(b, *word);
	buf_addch(b, '\'');
}

/* A command: a line for a shell, or words. */
static bool command_text(const json_t *value, struct buf *out)
{
	if (json_is_string(value))
		buf_addstr(out, json_string_value(value));
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *word = json_string_value(json_array_get(value, i));

		if (!word)
			return false;
		add_quoted(out, word);
	}
	return out->len > 0;
}

/* Wraps a command in its own shell, so that its exit ends only that. */
static void add_shell(struct buf *text, const char *command)
{
	buf_addf(text, "%ssh -c", text->len ? " && " : "");
	add_quoted(text, command);
}

/* Parallel commands run one after the other; the first failure ends them. */
static void take_command(struct devcontainer *d, const char *what, const json_t *value,
			 const char *hook)
{
	cleanup_buf struct buf text = BUF_INIT;
	json_t *several = json_is_object(value) ? (json_t *)value : NULL;

	for (void *it = json_object_iter(several); it; it = json_object_iter_next(several, it)) {
		cleanup_buf struct buf one = BUF_INIT;

		if (command_text(json_object_iter_value(it), &one))
			add_shell(&text, one.data);
		else
			leave(d, what, "one of its commands is not a command");
	}
	if (text.len || (!several && command_text(value, &text)))
		add(d, "hooks", hook, text.data, what);
	else if (!several)
		leave(d, what, "it is not a command");
}

static void take_create(struct devcontainer *d, const char *what, const json_t *value)
{
	take_command(d, what, value, "create");
}

static void take_start(struct devcontainer *d, const char *what, const json_t *value)
{
	take_command(d, what, value, "start");
}

static void take_attach(struct devcontainer *d, const char *what, const json_t *value)
{
	take_command(d, what, value, "enter");
}

static void take_text(struct devcontainer *d, const char *what, const json_t *value,
		      const char *key)
{
	const char *text = json_string_value(value);

	if (text && !strstr(text, "${"))
		add(d, "sandbox", key, text, what);
	else
		leave(d, what, "it depends on the host, or is not text");
}

static void take_image(struct devcontainer *d, const char *what, const json_t *value)
{
	take_text(d, what, value, "image");
}

static void take_workspace(struct devcontainer *d, const char *what, const json_t *value)
{
	take_text(d, what, value, "project");
}

/* Files made in the box belong to the caller in any case; root is the only other user possible. */
static void take_user(struct devcontainer *d, const char *what, const json_t *value)
{
	const char *user = json_string_value(value);

	if (user && streq(user, "root"))
		add(d, "sandbox", "root", "yes", what);
	else
		leave(d, what, "in the box you are yourself");
}

static void take_name(struct devcontainer *d, const char *what, const json_t *value)
{
	(void)d;
	(void)what;
	(void)value;
}

static const struct {
	const char *key;
	void (*take)(struct devcontainer *d, const char *what, const json_t *value);
} known[] = {
	{"name", take_name}, /* for people; the directory has a name */
	{"$schema", take_name},
	{"image", take_image},
	{"containerEnv", take_env},
	{"remoteEnv", take_env},
	{"mounts", take_mounts},
	{"forwardPorts", take_ports},
	{"workspaceFolder", take_workspace},
	{"remoteUser", take_user},
	{"containerUser", take_user},
	{"onCreateCommand", take_create},
	{"updateContentCommand", take_create},
	{"postCreateCommand", take_create},
	{"postStartCommand", take_start},
	{"postAttachCommand", take_attach},
};

/* Advice on what people may look for. */
static const char *advice(const char *key)
{
	if (streq(key, "features"))
		return "write what they install into [packages] or [run]";
	if (streq(key, "build") || streq(key, "dockerFile"))
		return "build the image elsewhere and name it, or write [packages] and [run]";
	if (streq(key, "dockerComposeFile"))
		return "services are not read";
	if (streq(key, "customizations"))
		return "settings of editors are not ours";
	if (streq(key, "runArgs") || streq(key, "privileged") || streq(key, "capAdd"))
		return "options of another program";
	return "sandbox has no word for it";
}

static void take(struct devcontainer *d, const char *key, const json_t *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (streq(known[i].key, key)) {
			known[i].take(d, key, value);
			return;
		}
	leave(d, key, advice(key));
}

int devcontainer_parse(const char *text, size_t len, const char *name, struct devcontainer *ret,
		       struct err *e)
{
	cleanup_buf struct buf plain = BUF_INIT;
	cleanup_json json_t *root = NULL;
	int r;

	jsonc_strip(text, len, &plain);
	r = json_read(plain.data, plain.len, name, &root, e);
	if (r < 0)
		return r;
	for (void *it = json_object_iter(root); it; it = json_object_iter_next(root, it))
		take(ret, json_object_iter_key(it), json_object_iter_value(it));
	return 0;
}
