/*
 * policy.c - what no project may have.
 *
 * Nothing overrides it: neither a project nor a variable, which a project's .envrc could set. The
 * machine's and the user's file both count; each can only add.
 */
#include "config/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config/mounts.h"
#include "config/ports.h"
#include "config/schema.h"
#include "config/value.h"
#include "config/xdg.h"

#define SYSTEM_CONF "/etc/sandbox/sandbox.conf"

#define MOUNTS "mounts"	      /* directories outside the project */
#define CACHES "caches"	      /* denies other lines of [mounts] */
#define PUBLIC "public-ports" /* denies those lines of [ports] that other machines can reach */

/* The words that can be denied: those of the rows, each once, and one that has no key. */
static void find_words(struct strv *out)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		cleanup_strv struct strv words = {0};

		if (schema_keys[i].deny)
			value_words(schema_keys[i].deny, &words);
		for (size_t j = 0; j < words.n; j++)
			if (!strv_has(out, words.v[j]))
				strv_push(out, words.v[j]);
	}
	strv_push(out, POLICY_SOCKETS);
}

static int check_word(const char *word, struct err *e)
{
	cleanup_strv struct strv words = {0};
	const char *near;

	find_words(&words);
	if (strv_has(&words, word))
		return 0;
	near = nearest_word(word, (const char *const *)words.v);
	return err_set(e, ERR_USAGE, "'%s' cannot be denied%s%s%s", word,
		       near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* Keys whose value is added to the settings of each project. */
static const struct {
	const char *key;
	enum schema_id id;
} added[] = {
	{"protect", KEY_PROTECT},
	{"network-default", KEY_NETWORK_DEFAULT},
	{"network-deny", KEY_NETWORK_DENY},
};

/* N_KEYS: it is none of them. */
static enum schema_id find_added(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(added); i++)
		if (streq(added[i].key, key))
			return added[i].id;
	return N_KEYS;
}

static int check_added(enum schema_id id, const char *value, struct err *e)
{
	const struct schema_key *row = &schema_keys[id];

	/* Nobody needs a policy to open what a project has closed. */
	if (row->closed && !schema_is_closed(row, value))
		return err_set(e, ERR_USAGE, "expected '%s'", row->closed);
	return schema_check(row->section, row->key, value, &row, e);
}

int policy_check(const struct ini_entry *entry, struct err *e)
{
	cleanup_strv struct strv words = {0};
	enum schema_id id;
	int r = 0;

	if (!entry->key)
		return 0;
	id = find_added(entry->key);
	if (id != N_KEYS)
		return check_added(id, entry->value, e);
	if (!streq(entry->key, "deny"))
		return err_set(e, ERR_USAGE,
			       "unknown key '%s' in [policy]: there are 'deny', 'protect', "
			       "'network-default' and 'network-deny'",
			       entry->key);
	value_words(entry->value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = check_word(words.v[i], e);
	return r;
}

static int refuse(const struct setting *st, const char *where, struct err *e)
{
	const char *section = schema_is_main(st->row) ? "" : st->section;

	return err_set(e, EACCES, "%s: the policy of %s denies '%s%s%s%s = %s'", st->source, where,
		       *section ? "[" : "", section, *section ? "] " : "", st->key, st->value);
}

static bool is_outside(const struct settings *s, const char *path)
{
	cleanup_free char *real = realpath(path, NULL);

	return !real || !path_is_beneath(real, s->project_dir);
}

static int has_public_port(const struct setting *st, struct err *e)
{
	cleanup_free struct port_setting *v = NULL;
	size_t n = 0;
	int r = settings_ports_of(st, &v, &n, e);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = port_value_is_public(&v[i].value);
	return r;
}

/*
 * Mounting a part of the project itself is allowed; caches have their own word. Every entry counts,
 * also one whose target a later entry takes over. A directory used as the root is treated as a
 * mounted one. For a list, every source counts; an empty one does not reset it.
 */
static int asks_for(const struct settings *s, size_t i, const char *word, struct err *e)
{
	const struct setting *st = &s->v[i];
	const struct mount_source *m;

	if (st->variables && schema_is_denied(&schema_keys[KEY_SECRETS], word))
		return 1; /* a token of the host, in a variable */
	if (!schema_is_denied(st->row, word))
		return 0;
	if (setting_is(st, KEY_IMAGE)) {
		cleanup_free char *folder = mounts_image_folder(st->value, s->project_dir);

		return folder && is_outside(s, folder);
	}
	if (setting_is(st, KEY_MOUNTS)) {
		if (settings_mount(s, i, &m, e) < 0)
			return -e->code;
		return streq(word, CACHES) ? m->value.kind == MOUNT_SETTING_CACHE : m->outside;
	}
	if (setting_is(st, KEY_PORTS) && streq(word, PUBLIC))
		return has_public_port(st, e);
	if (setting_is(st, KEY_USER))
		return settings_user_is_root(st->value);
	return !schema_is_main(st->row) || (*st->value && !schema_is_closed(st->row, st->value));
}

/* Closes the keys that no source sets, since their built-in value may open something. */
static void close_keys(struct settings *s, const char *word, const char *where)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct schema_key *row = &schema_keys[i];
		struct setting closed = setting_of((enum schema_id)i, schema_closed(row), where);

		closed.users_file = true;
		if (closed.value && schema_is_denied(row, word) &&
		    !settings_find(s, (enum schema_id)i))
			settings_add(s, &closed);
	}
}

/* No key has the word POLICY_SOCKETS; grant/kernel.c checks it. */
static int deny(struct settings *s, const char *word, const char *where, struct err *e)
{
	/* A pointer file in the project is enough to ask for these. */
	s->no_repository |= streq(word, MOUNTS);
	if ((s->devcontainer_build.n || s->service_builds.n) &&
	    schema_is_denied(&schema_keys[KEY_RUN], word))
		return err_set(e, EACCES, "%s: the policy of %s denies 'build', whose steps run",
			       s->devcontainer, where);
	if (settings_lend_agent(s) && schema_is_denied(&schema_keys[KEY_SSH_AGENT], word))
		return err_set(e, EACCES, "%s: the policy of %s denies 'ssh' of 'build'",
			       s->devcontainer, where);
	for (size_t i = 0; i < s->n; i++) {
		int r = asks_for(s, i, word, e);

		if (r != 0)
			return r < 0 ? r : refuse(&s->v[i], where, e);
	}
	close_keys(s, word, where);
	if (schema_is_denied(&schema_keys[KEY_NETWORK], word) && !s->network_denied)
		s->network_denied = xstrdup(where);
	return 0;
}

static int apply_entry(struct settings *s, const struct ini_entry *entry, const char *where,
		       struct err *e)
{
	cleanup_strv struct strv words = {0};
	enum schema_id id;
	int r = policy_check(entry, e);

	if (r < 0 || !entry->key)
		return r < 0 ? err_add(e, "%s", where) : 0;
	id = find_added(entry->key);
	if (id != N_KEYS) {
		struct setting more = setting_of(id, entry->value, where);

		more.users_file = true;
		settings_add(s, &more);
		return 0;
	}
	value_words(entry->value, &words);
	for (size_t i = 0; r == 0 && i < words.n; i++)
		r = deny(s, words.v[i], where, e);
	return r;
}

static int apply_file(struct settings *s, const char *path, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	char link;
	int r = ini_read(path, path, false, NULL, &ini, e);

	/* Whoever made the symlink wanted a policy. */
	if (r == -ENOENT)
		return readlink(path, &link, 1) == 1
			       ? err_set(e, ERR_USAGE,
					 "'%s' is a symlink to a file that does not exist", path)
			       : 0;
	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		cleanup_free char *where = xasprintf("%s:%u", path, ini.v[i].line);

		/* A typo in the name must not disable the policy. */
		if (streq(ini.v[i].section, "policy"))
			r = apply_entry(s, &ini.v[i], where, e);
		else if (!schema_is_of_conf(ini.v[i].section))
			r = err_set(e, ERR_USAGE, "%s: unknown section [%s]", where,
				    ini.v[i].section);
	}
	return r;
}

int policy_apply(struct settings *s, struct err *e)
{
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	int r = apply_file(s, SYSTEM_CONF, e);

	return r < 0 ? r : apply_file(s, user, e);
}

static int find_denied(const char *path, const char *word, char **ret_where, struct err *e)
{
	cleanup_ini struct ini ini = {0};
	int r = ini_read(path, path, false, NULL, &ini, e);

	for (size_t i = 0; r == 0 && i < ini.n; i++) {
		cleanup_strv struct strv words = {0};

		if (!streq(ini.v[i].section, "policy") || !ini.v[i].key ||
		    !streq(ini.v[i].key, "deny"))
			continue;
		value_words(ini.v[i].value, &words);
		for (size_t w = 0; w < words.n && !*ret_where; w++)
			if (streq(words.v[w], word))
				*ret_where = xasprintf("%s:%u", path, ini.v[i].line);
	}
	return r == -ENOENT ? 0 : r;
}

int policy_denies(const char *word, char **ret_where, struct err *e)
{
	cleanup_free char *dir = xdg_config_dir(), *user = path_join(dir, "sandbox.conf");
	cleanup_free char *where = NULL;
	int r = find_denied(SYSTEM_CONF, word, &where, e);

	if (r == 0 && !where)
		r = find_denied(user, word, &where, e);
	if (r == 0)
		*ret_where = take_ptr(where);
	return r;
}
