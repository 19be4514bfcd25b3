/*
 * conf.c - sandbox.conf: the system's, then the user's, which overrides single values and appends
 * to lists.
 *
 * Owns the keys of [images] and [registry HOST]. Refuses unknown ones, with file and line.
 */
#include "image/name/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/ini.h"
#include "config/policy.h"
#include "config/value.h"
#include "config/xdg.h"
#include "image/name/registry_name.h"

#define SYSTEM_CONF  "/etc/sandbox/sandbox.conf"
#define PARALLEL_MAX 16

static const char registry_prefix[] = "registry ";

void image_conf_clear(struct image_conf *c)
{
	free(c->registry);
	strv_clear(&c->stores);
	for (size_t i = 0; i < c->n_registries; i++) {
		free(c->registries[i].host);
		strv_clear(&c->registries[i].mirrors);
	}
	free(c->registries);
	settings_clear(&c->settings);
	*c = (struct image_conf){0};
}

static int expected(struct err *e, const char *what)
{
	return err_set(e, ERR_USAGE, "expected %s", what);
}

/* A host as in references; the full grammar is checked when a name is parsed. */
static bool host_ok(const char *host)
{
	return *host && *host != '-' && !ends_with(host, ":") &&
	       !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-:[]")];
}

static int set_registry(struct image_conf *c, const char *value, struct err *e)
{
	cleanup_registry_name struct registry_name name;

	registry_name_parse(value, &name);
	if (!host_ok(name.host) || name.path)
		return expected(e, "a registry's host[:port], such as docker.io");
	free(c->registry);
	c->registry = take_ptr(name.host);
	return 0;
}

static int set_stores(struct image_conf *c, const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		if (words.v[i][0] != '/')
			return expected(e, "absolute paths of stores");
		strv_push(&c->stores, words.v[i]);
	}
	return 0;
}

static int set_parallel(struct image_conf *c, const char *value, struct err *e)
{
	unsigned long n;

	if (!value_number(value, 1, PARALLEL_MAX, &n))
		return expected(e, "a number of layers at once, 1 to 16");
	c->parallel = (long)n;
	return 0;
}

static int set_max_size(struct image_conf *c, const char *value, struct err *e)
{
	unsigned long long n;

	if (!value_size(value, &n) || !n)
		return expected(e, "a size such as 64G");
	c->max_size = n;
	return 0;
}

static int set_max_entries(struct image_conf *c, const char *value, struct err *e)
{
	unsigned long n;

	if (!value_number(value, 1, UINT32_MAX, &n))
		return expected(e, "a number of files");
	c->max_entries = n;
	return 0;
}

static int set_stall_timeout(struct image_conf *c, const char *value, struct err *e)
{
	long ms;

	if (!value_duration(value, &ms) || ms < 1000 || ms > 3600000)
		return expected(e, "a time such as 60s, 1s to 1h");
	c->stall_seconds = ms / 1000;
	return 0;
}

/* With the built-in value, if it is the same everywhere. */
static const struct {
	const char *key, *value;
	int (*set)(struct image_conf *c, const char *value, struct err *e);
} image_keys[] = {
	{"registry", IMAGE_CONF_REGISTRY, set_registry},
	{"stores", NULL, set_stores},
	{"parallel", NULL, set_parallel},
	{"max-size", "64G", set_max_size},
	{"max-entries", "4000000", set_max_entries},
	{"stall-timeout", "60s", set_stall_timeout},
};

/* Keys that accumulate over files; the others are replaced. */
static bool is_list(const char *key)
{
	return streq(key, "stores") || streq(key, "mirror") || streq(key, "deny") ||
	       streq(key, "protect");
}

static void note_setting(struct image_conf *c, const char *section, const char *key,
			 const char *value, char *source)
{
	struct settings *s = &c->settings;
	struct setting st = {.section = xstrdup(section),
			     .key = xstrdup(key),
			     .value = xstrdup(value),
			     .source = source};

	for (char *p = st.value; (p = strchr(p, '\n')); p++)
		*p = ' ';
	for (size_t i = is_list(key) ? s->n : 0; i < s->n; i++) {
		if (!streq(s->v[i].key, key) || !streq(s->v[i].section, section))
			continue;
		free(s->v[i].section);
		free(s->v[i].key);
		free(s->v[i].value);
		free(s->v[i].source);
		s->v[i] = st;
		return;
	}
	s->v = xrealloc(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = st;
}

bool image_conf_has_key(const char *section, const char *key)
{
	if (starts_with(section, registry_prefix))
		return streq(key, "mirror") || streq(key, "insecure");
	if (streq(section, "policy"))
		return streq(key, "deny") || streq(key, "protect");
	for (size_t i = 0; streq(section, "images") && i < ARRAY_SIZE(image_keys); i++)
		if (streq(key, image_keys[i].key))
			return true;
	return false;
}

static int set_image_key(struct image_conf *c, const struct ini_entry *entry, struct err *e)
{
	const char *names[ARRAY_SIZE(image_keys) + 1] = {NULL}, *near;

	for (size_t i = 0; i < ARRAY_SIZE(image_keys); i++) {
		names[i] = image_keys[i].key;
		if (streq(entry->key, names[i]))
			return image_keys[i].set(c, entry->value, e);
	}
	near = nearest_word(entry->key, names);
	return err_set(e, ERR_USAGE, "unknown key '%s' in [images]%s%s%s", entry->key,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const struct registry_conf *image_conf_registry(const struct image_conf *c, const char *host)
{
	for (size_t i = 0; i < c->n_registries; i++)
		if (registry_name_same(c->registries[i].host, host))
			return &c->registries[i];
	return NULL;
}

static struct registry_conf *add_registry(struct image_conf *c, const char *host)
{
	struct registry_conf *r = (struct registry_conf *)image_conf_registry(c, host);

	if (r)
		return r;
	c->registries = xrealloc(c->registries, c->n_registries + 1, sizeof(*c->registries));
	r = &c->registries[c->n_registries++];
	*r = (struct registry_conf){.host = xstrdup(host)};
	return r;
}

static bool prefix_ok(const char *prefix)
{
	return !prefix ||
	       !(strstr(prefix, "..") || strstr(prefix, "//") || strpbrk(prefix, "?#@\\%"));
}

/* A mirror given with http:// is used without TLS, like an insecure one. */
static int add_mirrors(struct image_conf *c, const char *of, const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		cleanup_registry_name struct registry_name name;

		registry_name_parse(words.v[i], &name);
		if (!host_ok(name.host) || !prefix_ok(name.path))
			return expected(e, "mirrors of the form host[:port][/prefix]");
		if (strncasecmp(words.v[i], "http://", strlen("http://")) == 0)
			add_registry(c, name.host)->insecure = true;
		strv_push_take(&add_registry(c, of)->mirrors,
			       name.path ? xasprintf("%s/%s", name.host, name.path)
					 : xstrdup(name.host));
	}
	return 0;
}

static int set_registry_key(struct image_conf *c, const char *host, const struct ini_entry *entry,
			    struct err *e)
{
	if (streq(entry->key, "mirror"))
		return add_mirrors(c, host, entry->value, e);
	if (!streq(entry->key, "insecure"))
		return err_set(e, ERR_USAGE,
			       "unknown key '%s' in [registry %s]: there are 'mirror' and "
			       "'insecure'",
			       entry->key, host);
	return value_bool(entry->value, &add_registry(c, host)->insecure)
		       ? 0
		       : expected(e, "yes or no");
}

static int take_entry(struct image_conf *c, const struct ini_entry *entry, struct err *e)
{
	if (starts_with(entry->section, registry_prefix)) {
		cleanup_registry_name struct registry_name name;

		registry_name_parse(entry->section + strlen(registry_prefix), &name);
		if (!host_ok(name.host) || name.path)
			return err_set(e, ERR_USAGE, "bad section [%s]: write [registry HOST]",
				       entry->section);
		return entry->key ? set_registry_key(c, name.host, entry, e) : 0;
	}
	if (streq(entry->section, "policy"))
		return policy_check(entry, e);
	if (!streq(entry->section, "images"))
		return err_set(e, ERR_USAGE,
			       "unknown section [%s]: sandbox.conf has [images], "
			       "[registry HOST] and [policy]",
			       entry->section);
	return entry->key ? set_image_key(c, entry, e) : 0;
}

static int load_file(struct image_conf *c, const char *path, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	int r = ini_read(path, path, false, NULL, &ini, e);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		r = take_entry(c, &ini.v[i], e);
		if (r < 0)
			return err_add(e, "%s:%u", path, ini.v[i].line);
		if (ini.v[i].key)
			note_setting(c, ini.v[i].section, ini.v[i].key, ini.v[i].value,
				     xasprintf("%s:%u", path, ini.v[i].line));
	}
	return r;
}

/*
 * One system call: the launcher runs this too, and sysconf(3) would read /sys. Fails if there are
 * more processors than the set holds.
 */
static long default_parallel(void)
{
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : CPU_SETSIZE;

	return cores < 2 ? 2 : cores > 6 ? 6 : cores;
}

static int set_defaults(struct image_conf *c, struct err *e)
{
	int r = 0;

	c->parallel = default_parallel();
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(image_keys); i++) {
		if (!image_keys[i].value)
			continue;
		r = image_keys[i].set(c, image_keys[i].value, e);
		note_setting(c, "images", image_keys[i].key, image_keys[i].value,
			     xstrdup("built-in"));
	}
	return r;
}

int image_conf_load(struct image_conf *ret, struct err *e)
{
	cleanup_image_conf struct image_conf c = {0};
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	int r = set_defaults(&c, e);

	if (r == 0)
		r = load_file(&c, SYSTEM_CONF, e);
	if (r == 0)
		r = load_file(&c, user, e);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct image_conf){0};
	return 0;
}

bool image_conf_is_loopback(const char *host)
{
	cleanup_free char *name = xstrndup(host, strcspn(host, host[0] == '[' ? "]" : ":"));
	struct in_addr v4;

	if (inet_pton(AF_INET, name, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
	return streq(name, "localhost") || streq(name, "[::1");
}
