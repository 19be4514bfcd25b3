/*
 * conf.c - sandbox.conf: the system's, then the user's, which overrides single values and adds to
 * lists.
 *
 * Owns the keys of [images] and [registry HOST]. Refuses what it does not know, with file and line.
 */
#include "image/conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/ini.h"
#include "config/value.h"
#include "config/xdg.h"

#define SYSTEM_CONF	"/etc/sandbox/sandbox.conf"
#define DEFAULT_SIZE	(UINT64_C(64) << 30)
#define DEFAULT_ENTRIES 4000000
#define PARALLEL_MAX	16

void image_conf_clear(struct image_conf *c)
{
	free(c->registry);
	strv_clear(&c->stores);
	for (size_t i = 0; i < c->n_registries; i++) {
		free(c->registries[i].host);
		strv_clear(&c->registries[i].mirrors);
	}
	free(c->registries);
	*c = (struct image_conf){0};
}

static int expected(struct err *e, const char *what)
{
	return err_set(e, ERR_USAGE, "expected %s", what);
}

/* A host as references have them; the grammar itself is checked where a name is parsed. */
static bool host_ok(const char *host)
{
	return *host && *host != '-' &&
	       !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789.-:[]")];
}

static int set_registry(struct image_conf *c, const char *value, struct err *e)
{
	if (!host_ok(value))
		return expected(e, "a registry's host[:port], such as docker.io");
	free(c->registry);
	c->registry = xstrdup(value);
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

static const struct {
	const char *key;
	int (*set)(struct image_conf *c, const char *value, struct err *e);
} image_keys[] = {
	{"registry", set_registry}, {"stores", set_stores},	      {"parallel", set_parallel},
	{"max-size", set_max_size}, {"max-entries", set_max_entries},
};

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
		if (streq(c->registries[i].host, host))
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

static int add_mirrors(struct registry_conf *r, const char *value, struct err *e)
{
	cleanup_strv struct strv words = {0};

	value_words(value, &words);
	for (size_t i = 0; i < words.n; i++) {
		cleanup_free char *host = xstrndup(words.v[i], strcspn(words.v[i], "/"));

		if (!host_ok(host) || strstr(words.v[i], "..") || strpbrk(words.v[i], "?#@\\%"))
			return expected(e, "mirrors of the form host[:port][/prefix]");
		strv_push(&r->mirrors, words.v[i]);
	}
	return 0;
}

static int set_registry_key(struct image_conf *c, const char *host, const struct ini_entry *entry,
			    struct err *e)
{
	struct registry_conf *r = add_registry(c, host);

	if (streq(entry->key, "mirror"))
		return add_mirrors(r, entry->value, e);
	if (!streq(entry->key, "insecure"))
		return err_set(e, ERR_USAGE,
			       "unknown key '%s' in [registry %s]: there are 'mirror' and "
			       "'insecure'",
			       entry->key, host);
	return value_bool(entry->value, &r->insecure) ? 0 : expected(e, "yes or no");
}

static int take_entry(struct image_conf *c, const struct ini_entry *entry, struct err *e)
{
	static const char registry[] = "registry ";
	const char *host = entry->section + strlen(registry);

	if (starts_with(entry->section, registry)) {
		if (!host_ok(host))
			return err_set(e, ERR_USAGE, "bad section [%s]: write [registry HOST]",
				       entry->section);
		return entry->key ? set_registry_key(c, host, entry, e) : 0;
	}
	if (!streq(entry->section, "images"))
		return err_set(e, ERR_USAGE,
			       "unknown section [%s]: sandbox.conf has [images] and "
			       "[registry HOST]",
			       entry->section);
	return entry->key ? set_image_key(c, entry, e) : 0;
}

static int load_file(struct image_conf *c, const char *path, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	int r = ini_read(path, path, false, &ini, e);

	if (r == -ENOENT)
		return 0;
	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		r = take_entry(c, &ini.v[i], e);
		if (r < 0)
			return err_add(e, "%s:%u", path, ini.v[i].line);
	}
	return r;
}

static long default_parallel(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 2 ? 2 : cores > 6 ? 6 : cores;
}

int image_conf_load(struct image_conf *ret, struct err *e)
{
	cleanup_image_conf struct image_conf c = {.registry = xstrdup("docker.io"),
						  .parallel = default_parallel(),
						  .max_size = DEFAULT_SIZE,
						  .max_entries = DEFAULT_ENTRIES};
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	int r = load_file(&c, SYSTEM_CONF, e);

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
